// Package catalogue_test sends a plain and a streamed chat through the whole
// gateway to the fake provider, once for every vendor of the catalogue that
// speaks OpenAI's format: what arrives there has the vendor's path and the
// vendor's kind of credential.
package catalogue_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/llm"
	"sluice/internal/mockllm"
	"sluice/internal/provider"
	"sluice/internal/provider/providertest"
	"sluice/providers"
)

const key = "sk-catalogue-test"

// voices are the dialects in which the fake provider answers at any address.
var voices = []string{"openai", "mistral", "cohere"}

func TestChatThroughEveryProvider(t *testing.T) {
	catalogue, err := provider.Load(providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	fake := mockllm.New(mockllm.Options{})
	defer fake.Close()
	upstream := httptest.NewServer(fake)
	defer upstream.Close()
	gateway := serve(t)

	asked := 0
	for _, p := range catalogue.All() {
		if e, ok := p.Ops[llm.Chat]; !ok || !slices.Contains(voices, e.Dialect) {
			continue // the fake provider has no voice for it yet; providertest holds its address
		}
		asked++
		t.Run(p.ID, func(t *testing.T) {
			v := visitor{t: t, gateway: gateway, upstream: upstream.URL, fake: fake, p: p}
			v.chat(false)
			v.chat(true)
		})
	}
	if asked < 150 {
		t.Errorf("only %d providers were asked", asked)
	}
}

func serve(t *testing.T) string {
	t.Helper()
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1", true
	a, err := app.New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	a.Egress.Own(netip.MustParseAddrPort(srv.Listener.Addr().String()))
	t.Cleanup(func() { srv.Close(); a.Close() })
	return srv.URL
}

type visitor struct {
	t        *testing.T
	gateway  string
	upstream string
	fake     *mockllm.Server
	p        *provider.Provider
}

func (v *visitor) chat(stream bool) {
	v.t.Helper()
	body := `{"model":"any","messages":[{"role":"developer","content":"be kind"},{"role":"user","content":"hello there"}],"max_completion_tokens":20}`
	if stream {
		body = strings.Replace(body, "{", `{"stream":true,`, 1)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.gateway+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("X-Portkey-Provider", v.p.ID)
	req.Header.Set("X-Portkey-Custom-Host", v.upstream+"/base")
	vars := providertest.Vars(v.p)
	for name, value := range vars {
		req.Header.Set(v.p.Vars[name].Header, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(text), "hello there") && !stream {
		v.t.Fatalf("stream %v: status %d, %v: %.300s", stream, resp.StatusCode, err, text)
	}
	if stream && !strings.HasSuffix(string(text), "data: [DONE]\n\n") {
		v.t.Errorf("the stream has no end: %.300s", text)
	}
	if got := resp.Header.Get("X-Portkey-Provider"); got != v.p.ID {
		v.t.Errorf("answered by %q", got)
	}
	v.arrived(vars)
}

// arrived looks at what the fake provider got last.
func (v *visitor) arrived(vars map[string]string) {
	v.t.Helper()
	all := v.fake.Requests()
	last := all[len(all)-1]
	want, err := v.p.URL(llm.Chat, "", v.upstream+"/base", vars, "any")
	if err != nil {
		v.t.Fatal(err)
	}
	escaped, _, _ := strings.Cut(strings.TrimPrefix(want, v.upstream), "?")
	path, err := url.PathUnescape(escaped)
	if err != nil {
		v.t.Fatal(err)
	}
	if last.Path != path {
		v.t.Errorf("path %s, want %s", last.Path, path)
	}
	if name, value := v.p.Auth.Header(key); name != "" && last.Header.Get(name) != value {
		v.t.Errorf("header %s is %q, want %q", name, last.Header.Get(name), value)
	}
	if name, _ := v.p.Auth.Header(key); !strings.EqualFold(name, "Authorization") && last.Header.Get("Authorization") != "" {
		v.t.Error("Authorization was sent to a vendor that takes another header")
	}
	if q := v.p.Quirks; q.DeveloperRole != "" && strings.Contains(last.Body, `"developer"`) {
		v.t.Errorf("role developer was sent: %s", last.Body)
	}
}
