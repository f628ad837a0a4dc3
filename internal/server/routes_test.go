package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/server"
)

// tricks are spellings of a path by which it could be routed as one thing and
// let in as another (S07).
func tricks(path string) []string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return []string{
		path, path + "/", "/" + path, strings.ReplaceAll(path, "/", "//"), path + "//",
		"/v1" + path, "/v1/" + path, "/V1" + path, "/v1beta" + path, "/v1/v1" + path,
		path + "%2f", "/%2f" + first + "/" + rest, "/" + first + "%2f" + rest, "/" + first + "%2F" + rest, "/" + first + "%5c" + rest,
		"/." + path, path + "/.", path + "/..", "/x/.." + path, "/v1/../" + path, "/livez/.." + path, "/livez/%2e%2e" + path, path + "/../livez", path + "/%2e%2e/livez", path + "/..%2flivez",
		strings.ToUpper(path), "/" + url.PathEscape(first) + "/" + rest, path + "%00", path + ";x=1", path + "%20", path + "?x=/livez",
	}
}

// TestNoPathLetsAnybodyIn walks the route table (S06, S07): without a
// credential, no spelling of a path that is not public, by no method and no
// header that names another, reaches a provider or is answered well; and no
// spelling makes the gateway fail (E5).
func TestNoPathLetsAnybodyIn(t *testing.T) {
	var calls atomic.Int64
	provider := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer provider.Close()
	a, err := app.New(config.Defaults(), func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	asked := 0
	ask := func(method, target, override, body string) *httptest.ResponseRecorder {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+target, strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		r.RequestURI = target
		r.Header.Set("X-Portkey-Provider", "openai")
		r.Header.Set("X-Portkey-Custom-Host", provider.URL)
		if override != "" {
			r.Header.Set("X-HTTP-Method-Override", override)
			r.Header.Set("X-Original-URL", "/livez")
			r.Header.Set("X-Forwarded-Prefix", "/livez")
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		asked++
		return w
	}
	for _, route := range server.Routes() {
		if route.Public {
			continue
		}
		for _, target := range tricks(strings.ReplaceAll(route.Path, "*", "x")) {
			for _, method := range append([]string{"TRACE", "CONNECT", "OPTIONS", "PROPFIND", "post"}, server.Known...) {
				for _, override := range []string{"", "POST", "GET"} {
					w := ask(method, target, override, `{"model":"m","messages":[]}`)
					if w.Code < 400 || w.Code >= 500 && w.Code != http.StatusNotImplemented {
						t.Errorf("%s %s (override %q): %d %.200s", method, target, override, w.Code, w.Body)
					}
				}
			}
		}
	}
	if n := calls.Load(); n > 0 {
		t.Errorf("a provider was asked %d times", n)
	}
	if asked < 1000 {
		t.Errorf("only %d requests", asked)
	}
	t.Logf("%d requests", asked)
}

// TestPublicPathsAreExact: what needs nothing is what it says, under no other
// name, by no other method (S06).
func TestPublicPathsAreExact(t *testing.T) {
	a, err := app.New(config.Defaults(), func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	get := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost/", nil)
		r.URL.Path, r.RequestURI = path, path
		a.Handler().ServeHTTP(w, r)
		return w
	}
	var public []string
	for _, route := range server.Routes() {
		if route.Public {
			public = append(public, route.Path)
		}
	}
	if got := strings.Join(public, " "); got != "/ /livez /readyz /metrics" {
		t.Errorf("public are %s", got)
	}
	for _, path := range public {
		if w := get(http.MethodGet, path); w.Code != http.StatusOK || bytes.HasPrefix(w.Body.Bytes(), []byte("{")) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if w := get(http.MethodPost, path); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/livez/", "/LIVEZ", "/v1/livez", "/readyz/x", "/v1/readyz", "/livez%2f"} {
		if w := get(http.MethodGet, path); w.Code < 400 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestRouteWithoutClass keeps the gateway from starting (S06).
func TestRouteWithoutClass(t *testing.T) {
	defer func() {
		if p := recover(); p == nil {
			t.Error("it started")
		}
	}()
	server.Classed("/x")
}
