package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/internal/app"
	"sluice/internal/config"
)

// fragile is a client connection whose writes panic from a moment on.
type fragile struct {
	http.ResponseWriter
	left  *atomic.Int64
	wrote chan<- struct{}
}

func (f fragile) Unwrap() http.ResponseWriter { return f.ResponseWriter }

func (f fragile) Write(p []byte) (int, error) {
	if f.left.Add(-1) < 0 {
		panic("a bug, while an answer was written")
	}
	defer func() { f.wrote <- struct{}{} }()
	return f.ResponseWriter.Write(p)
}

// TestPanic is R03: a bug in one request is that client's internal_error, or a
// cut answer when it has begun, and nobody else's business.
func TestPanic(t *testing.T) {
	wrote := make(chan struct{}, 16)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "text/event-stream")
			for range 3 {
				_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"a"}}]}`+"\n\n")
				_ = http.NewResponseController(w).Flush()
				select { // the next one when this one was passed on
				case <-wrote:
				case <-r.Context().Done():
				}
			}
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}`)
	}))
	defer provider.Close()
	var log strings.Builder
	a, err := app.New(config.Defaults(), func(string) string { return "" }, slog.New(slog.NewTextHandler(&log, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	a.Server.Gateway.Walker.Random = func() float64 { panic("a bug, before the answer") }
	var writes atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.Handler().ServeHTTP(fragile{w, &writes, wrote}, r)
	}))
	defer srv.Close()
	ask := func(config, body string) (*http.Response, string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Portkey-Config", config)
		resp, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		return resp, string(text), err
	}
	const plain, streamed = `{"model":"m","messages":[]}`, `{"model":"m","messages":[],"stream":true}`
	target := `{"provider":"openai","api_key":"k","custom_host":"` + provider.URL + `"}`

	writes.Store(1000)
	resp, text, _ := ask(`{"strategy":{"mode":"loadbalance"},"targets":[`+target+`,`+target+`]}`, plain)
	if resp.StatusCode != http.StatusInternalServerError || !strings.Contains(text, `"code":"internal_error"`) || strings.Contains(text, "bug") || resp.Header.Get("X-Portkey-Trace-Id") == "" {
		t.Errorf("%s %s", resp.Status, text)
	}
	<-wrote
	writes.Store(1)
	resp, text, err = ask(target, streamed)
	if resp.StatusCode != http.StatusOK || err == nil || strings.Contains(text, "[DONE]") {
		t.Errorf("an answer under way: %s %v %s", resp.Status, err, text)
	}
	writes.Store(1000)
	if resp, text, err = ask(target, plain); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the next request: %s %v %s", resp.Status, err, text)
	}
	if n := strings.Count(log.String(), "level=ERROR msg=panic"); n != 2 {
		t.Errorf("%d panics in the log:\n%s", n, &log)
	}
}
