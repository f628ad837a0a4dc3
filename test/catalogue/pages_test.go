package catalogue_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice/internal/mockllm"
	"sluice/internal/provider"
	"sluice/internal/provider/providertest"
	"sluice/providers"
)

var (
	headerLine = regexp.MustCompile(`-H "([^:]+): ([^"]*)"`)
	shellName  = regexp.MustCompile(`\$\([^)]*\)|\$[A-Z_]+`)
)

// TestPagesExamples runs the example of every provider's page as it stands there,
// with the fake provider in the vendor's place.
func TestPagesExamples(t *testing.T) {
	catalogue, err := provider.Load(providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	fake := mockllm.New(mockllm.Options{})
	defer fake.Close()
	upstream := httptest.NewServer(fake)
	defer upstream.Close()
	gateway := serve(t)
	var silent []string
	ran := 0
	for _, p := range catalogue.All() {
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", "providers", p.ID+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		_, rest, _ := strings.Cut(string(page), "```sh\ncurl http://127.0.0.1:8787")
		example, _, found := strings.Cut(rest, "\n```")
		if !found || !heard(p, example) {
			silent = append(silent, p.ID)
			continue
		}
		ran++
		t.Run(p.ID, func(t *testing.T) { run(t, p, gateway, upstream.URL, example) })
	}
	t.Logf("%d examples ran; the fake provider has no voice for %d: %v", ran, len(silent), silent)
	if ran < 170 || len(silent) > 50 {
		t.Errorf("%d examples ran, %d could not", ran, len(silent))
	}
}

// heard reports whether the fake provider understands what the example asks.
func heard(p *provider.Provider, example string) bool {
	for op, e := range p.Ops {
		path := map[string]string{"chat": "/v1/chat/completions", "complete": "/v1/completions", "embed": "/v1/embeddings"}[op.String()]
		if path != "" && strings.HasPrefix(example, path+" ") && slices.Contains(append([]string{"anthropic", "gemini", "bedrock", "bedrock-invoke"}, voices...), e.Dialect) {
			return true
		}
	}
	return false
}

func run(t *testing.T, p *provider.Provider, gateway, upstream, example string) {
	path, rest, _ := strings.Cut(example, " ")
	_, body, _ := strings.Cut(rest, "-d '")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gateway+path, strings.NewReader(strings.TrimSuffix(body, "'")))
	if err != nil {
		t.Fatal(err)
	}
	vars := providertest.Vars(p)
	for _, line := range headerLine.FindAllStringSubmatch(rest, -1) {
		name, value := line[1], shellName.ReplaceAllString(line[2], key)
		if strings.HasSuffix(name, "access-key-id") {
			value = "AKIDEXAMPLE0000000000"
		}
		for field, v := range p.Vars {
			if v.Header == name {
				value = vars[field]
			}
		}
		req.Header.Set(name, value)
	}
	if p.HostHeader != "" {
		req.Header.Del(p.HostHeader)
	}
	req.Header.Set("X-Portkey-Custom-Host", upstream)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Errorf("%d %.300s\n%s", resp.StatusCode, text, example)
	}
}
