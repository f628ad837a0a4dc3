package app_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/egress"
	"sluice/internal/jsonx"
	"sluice/internal/secret"
)

// TestExitCodes is R01: what cannot start says why, and soon.
func TestExitCodes(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, taken, _ := net.SplitHostPort(l.Addr().String())
	bad := file(t, "bad.yaml", "host: 127.0.0.1\nprot: 1\n")
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		want string
	}{
		{"bad file", nil, []string{"--config", bad}, 1, "sluice: " + bad + `:2: unknown key "prot" (did you mean port?)` + "\n"},
		{"bad file by its variable", []string{"SLUICE_CONFIG=" + bad}, nil, 1, "sluice: " + bad + `:2: unknown key "prot" (did you mean port?)` + "\n"},
		{"bad variable", []string{"SLUICE_DRAIN_TIMEOUT=soon"}, []string{"serve"}, 1, `sluice: SLUICE_DRAIN_TIMEOUT: "soon" is not a time: write it like 300ms, 5s or 2m` + "\n"},
		{"port in use", nil, []string{"--port=" + taken}, 2, "sluice: cannot listen: 127.0.0.1:" + taken + " is already in use (port: --port, SLUICE_PORT)\n"},
		{"port in use on a named address", nil, []string{"--host=127.0.0.1", "--port=" + taken}, 2, "sluice: cannot listen: 127.0.0.1:" + taken + " is already in use (port: --port, SLUICE_PORT)\n"},
		{"port of the mock in use", nil, []string{"mock", "--port=" + taken}, 2, "sluice: cannot listen: 127.0.0.1:" + taken + " is already in use\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			p := spawn(t, c.env, c.args...)
			code := p.exit(t)
			if took := time.Since(start); code != c.code || p.errout.String() != c.want || p.out.String() != "" || took > 2*time.Second {
				t.Errorf("exit code %d after %s\n%s%s\nwant %d\n%s", code, took, &p.out, &p.errout, c.code, c.want)
			}
		})
	}
}

// TestStopFinishesStreams is R26.
func TestStopFinishesStreams(t *testing.T) {
	p := gateway(t, nil, "--mock")
	resp := post(t, p.url, said("long 20 drip 20ms"), "x-portkey-provider", "mock")
	body := bufio.NewReader(resp.Body)
	event(t, body)
	p.signal(t)
	rest := new(strings.Builder)
	if _, err := body.WriteTo(rest); err != nil || !strings.HasSuffix(rest.String(), "data: [DONE]\n\n") {
		t.Errorf("the stream ended with %v:\n%s", err, rest)
	}
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, &p.errout)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
	if out := p.out.String(); strings.Count(out, `"msg":"request"`) != 1 {
		t.Errorf("the log lacks the request:\n%s", out)
	}
}

// TestStopCutsWhatTakesTooLong: past the drain limit a stream looks cut, and is
// in the log all the same.
func TestStopCutsWhatTakesTooLong(t *testing.T) {
	p := gateway(t, []string{"SLUICE_DRAIN_TIMEOUT=50ms"}, "--mock")
	resp := post(t, p.url, said("stall"), "x-portkey-provider", "mock")
	body := bufio.NewReader(resp.Body)
	event(t, body)
	p.signal(t)
	rest := new(strings.Builder)
	if _, err := body.WriteTo(rest); err == nil || strings.Contains(rest.String(), "[DONE]") {
		t.Errorf("the stream ended with %v:\n%s", err, rest)
	}
	if code := p.exit(t); code != 0 || p.errout.String() != "" {
		t.Errorf("exit code %d\n%s", code, &p.errout)
	}
	if out := p.out.String(); strings.Count(out, `"msg":"request"`) != 1 {
		t.Errorf("the log lacks the request:\n%s", out)
	}
}

func TestSecondSignalExitsAtOnce(t *testing.T) {
	p := gateway(t, nil, "--mock")
	resp := post(t, p.url, said("stall"), "x-portkey-provider", "mock")
	event(t, bufio.NewReader(resp.Body))
	p.signal(t)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // until it no longer accepts
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
		if time.Now().After(end) {
			t.Fatal("it still listens")
		}
	}
	start := time.Now()
	p.signal(t)
	if code := p.exit(t); code != 0 || time.Since(start) > 2*time.Second {
		t.Errorf("exit code %d after %s", code, time.Since(start))
	}
}

// TestWhatAnOperatorReads: where it listens, a line to try, then one JSON line a
// request, and nothing else (S51).
func TestWhatAnOperatorReads(t *testing.T) {
	p := gateway(t, nil, "--mock")
	for _, c := range []struct{ words, provider string }{{"hello", "mock"}, {"error 500", "mock"}, {"hello", "nobody"}, {"cut", "mock"}} {
		_, _ = all(post(t, p.url, said(c.words), "x-portkey-provider", c.provider))
	}
	p.signal(t)
	if code := p.exit(t); code != 0 || p.errout.String() != "" {
		t.Errorf("exit code %d\n%s", code, &p.errout)
	}
	lines := strings.Split(strings.TrimSuffix(p.out.String(), "\n"), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines:\n%s", len(lines), &p.out)
	}
	if !strings.HasPrefix(lines[0], "sluice ") || !strings.Contains(lines[0], "listens on "+p.url) || !strings.HasPrefix(lines[1], "try:    curl -N "+p.url+"/v1/chat/completions ") || !strings.Contains(lines[1], "x-portkey-provider: mock") {
		t.Errorf("it begins with\n%s\n%s", lines[0], lines[1])
	}
	for i, want := range []string{"200 mock m", "500 mock m upstream_error", "400 invalid_request", "200 mock m upstream_stream_interrupted"} {
		o, err := jsonx.Parse([]byte(lines[2+i]))
		if err != nil {
			t.Errorf("%v: %s", err, lines[2+i])
			continue
		}
		got := string(o.Get("status"))
		for _, name := range []string{"provider", "model", "error"} {
			if s, _ := jsonx.Text(o.Get(name)); s != "" {
				got += " " + s
			}
		}
		if got != want || o.Get("trace") == nil || o.Get("ms") == nil || string(o.Get("msg")) != `"request"` {
			t.Errorf("request %d: %s, want %s", i, lines[2+i], want)
		}
	}
}

// TestWarningOnAnOpenAddress is S20: one line, which names the setting; on
// loopback, the default, there is none.
func TestWarningOnAnOpenAddress(t *testing.T) {
	if out := gateway(t, nil).out.String(); strings.Contains(out, "warning:") || !strings.Contains(out, "http://127.0.0.1:") {
		t.Errorf("%s", out)
	}
	p := gateway(t, nil, "--host", "0.0.0.0")
	if out := p.out.String(); strings.Count(out, "warning:") != 1 || !strings.Contains(out, "SLUICE_HOST") {
		t.Errorf("%s", out)
	}
}

// TestNoSecretIsPrinted is S50: keys go in by every door there is, requests fail
// in many ways, and no output and no answer shows any of them.
func TestNoSecretIsPrinted(t *testing.T) {
	path := file(t, "sluice.yaml", "providers:\n  groq: {api_key: '${GROQ_KEY}'}\n  mistral-ai: {api_key: canary-file}\nconfigs:\n  prod: {provider: openai, api_key: canary-stored, custom_host: 'http://127.0.0.1:1'}\n")
	p := gateway(t, []string{"GROQ_KEY=canary-variable", "OPENAI_API_KEY=canary-environment"}, "--mock", "--config", path)
	const bearer = "Bearer canary-caller"
	closed := "http://127.0.0.1:1"
	var answers strings.Builder
	for _, headers := range [][]string{
		{"x-portkey-provider", "openai", "x-portkey-custom-host", closed},
		{"x-portkey-provider", "canary-as-a-provider-name"},
		{"x-portkey-config", "prod"},
		{"x-portkey-config", "canary-as-a-config-name"},
		{"x-portkey-config", `{"provider":"openai","api_key":"canary-config","custom_host":"` + closed + `"}`},
		{"x-portkey-config", `{"provider":"openai","api_key":"canary-config","retry":"canary-wrong"}`},
		{"x-portkey-config", `{"provider":"openai","api_key":["canary-config"]}`},
		{"x-portkey-config", `{"provider":"openai","api_key":"canary-cut`},
		{"x-portkey-config", `{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai"},{"provider":"groq"}]}`},
		{"x-portkey-provider", "groq", "x-portkey-custom-host", "http://canary:canary@127.0.0.1"},
		{"x-portkey-provider", "groq", "x-portkey-custom-host", closed, "x-portkey-request-timeout", "canary"},
		{"x-portkey-provider", "mock", "x-portkey-metadata", `canary`},
		{"x-portkey-provider", "mock", "x-api-key", "canary-other", "x-portkey-api-key", "canary-portkey", "cookie", "s=canary"},
	} {
		resp := post(t, p.url, said("error 401"), append(headers, "authorization", bearer)...)
		text, _ := all(resp)
		_, _ = fmt.Fprintln(&answers, resp.Status, resp.Header, text)
	}
	p.signal(t)
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, text := range []string{p.out.String(), p.errout.String(), answers.String()} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "canary") {
				t.Errorf("a secret is in %q", line)
			}
		}
	}
	if n := strings.Count(answers.String(), "\n"); n < 13 {
		t.Errorf("only %d answers", n)
	}
}

// TestMockAnswers: the first minute of a newcomer.
func TestMockAnswers(t *testing.T) {
	p := gateway(t, nil, "--mock")
	for _, headers := range [][]string{{"x-portkey-provider", "mock"}, {"x-portkey-config", `{"provider":"mock"}`}} {
		resp := post(t, p.url, said("hello there"), headers...)
		text, err := all(resp)
		if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("X-Portkey-Provider") != "mock" {
			t.Errorf("%v: %s %v", err, resp.Status, resp.Header)
		}
		if !strings.HasSuffix(text, "data: [DONE]\n\n") || strings.Count(text, "[DONE]") != 1 || !strings.Contains(text, "hello") {
			t.Errorf("%s", text)
		}
	}
}

// TestFirstLineWorks runs the curl line of the welcome with its own words.
func TestFirstLineWorks(t *testing.T) {
	p := gateway(t, nil, "--mock")
	_, line, _ := strings.Cut(p.out.String(), "try:    curl")
	_, body, ok := strings.Cut(line, " -d '")
	body, _, closed := strings.Cut(body, "'")
	if !ok || !closed {
		t.Fatalf("no body in %q", line)
	}
	if text, err := all(post(t, p.url, body, "x-portkey-provider", "mock")); err != nil || !strings.Contains(text, "[DONE]") {
		t.Errorf("%v: %s", err, text)
	}
}

// TestMockByItself stands in for a vendor behind a custom host.
func TestMockByItself(t *testing.T) {
	mock := spawn(t, nil, "mock", "--port", "0")
	mock.await(t, "listens on")
	host := listening.FindStringSubmatch(mock.out.String())[1]
	p := gateway(t, nil)
	text, err := all(post(t, p.url, said("hi"), "x-portkey-provider", "openai", "x-portkey-custom-host", host+"/v1", "authorization", "Bearer k"))
	if err != nil || !strings.HasSuffix(text, "data: [DONE]\n\n") {
		t.Errorf("%v: %s", err, text)
	}
	mock.signal(t)
	if code := mock.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	resp := post(t, p.url, said("hi"), "x-portkey-provider", "openai", "x-portkey-custom-host", p.url+"/v1", "authorization", "Bearer k")
	if text, _ := all(resp); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "forbidden_destination") {
		t.Errorf("its own address as a custom host: %s %s", resp.Status, text)
	}
}

// TestOperatorsKeys: those of the environment count on loopback and without a
// file only, where nobody else can spend them.
func TestOperatorsKeys(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"OPENAI_API_KEY": "k-env", "GROQ_API_KEY": "k-groq"}[name]
	}
	for _, c := range []struct {
		name         string
		change       func(*config.Config)
		openai, groq string
	}{
		{"loopback", func(*config.Config) {}, "k-env", "k-groq"},
		{"loopback by name", func(c *config.Config) { c.Host = "localhost" }, "k-env", "k-groq"},
		{"everybody can come", func(c *config.Config) { c.Host = "0.0.0.0" }, "", ""},
		{"a file", func(c *config.Config) { c.File = "sluice.yaml" }, "", ""},
		{"a file with a key, under an alias", func(c *config.Config) {
			c.File, c.Host = "sluice.yaml", "0.0.0.0"
			c.Keys["open-ai"] = secret.New("k-file")
		}, "k-file", ""},
	} {
		settings := config.Defaults()
		c.change(settings)
		a, err := app.New(settings, env, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		keys := a.Server.Gateway.Keys
		if keys["openai"].Reveal() != c.openai || keys["groq"].Reveal() != c.groq {
			t.Errorf("%s: %q and %q, want %q and %q", c.name, keys["openai"].Reveal(), keys["groq"].Reveal(), c.openai, c.groq)
		}
		a.Close()
	}
}

// TestTrustedByDefault is S12: this machine, as long as nobody else can ask.
func TestTrustedByDefault(t *testing.T) {
	for _, c := range []struct {
		name             string
		host             string
		set              bool
		trusted          string
		localhost, other bool // may they be named
	}{
		{"loopback", "", false, "", true, false},
		{"everybody can come", "0.0.0.0", false, "", false, false},
		{"a list", "0.0.0.0", true, "10.0.0.1", false, true},
		{"an empty list", "", true, "", false, false},
	} {
		settings := config.Defaults()
		settings.Host, settings.TrustedSet, settings.TrustedHosts = c.host, c.set, c.trusted
		a, err := app.New(settings, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for text, want := range map[string]bool{"http://localhost:1": c.localhost, "http://10.0.0.1": c.other} {
			u, err := egress.ParseURL(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Egress.CheckURL(u) == nil; got != want {
				t.Errorf("%s: %s allowed: %v, want %v", c.name, text, got, want)
			}
		}
		a.Close()
	}
}
