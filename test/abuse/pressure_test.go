package abuse_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/app"
	"sluice/internal/config"
)

// within runs a gateway inside of this process, and returns its address.
func within(t *testing.T, c *config.Config) (addr string) {
	t.Helper()
	a, err := app.New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := a.HTTPServer()
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String()
}

// TestBackPressure is R23: a provider that would send a gigabyte gets rid of no
// more than the buffers of the network hold while the client does not read, and
// loses its connection when the client has not read for too long.
func TestBackPressure(t *testing.T) {
	const whole, most = 1 << 30, 64 << 20
	var sent atomic.Int64
	gone := make(chan time.Time, 1)
	event := []byte(`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"` + strings.Repeat("x", 60<<10) + "\"}}]}\n\n")
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for sent.Load() < whole {
			n, err := w.Write(event)
			sent.Add(int64(n))
			if err != nil {
				break
			}
		}
		gone <- time.Now()
	}))
	defer provider.Close()
	c := config.Defaults()
	c.Limits.WriteStall = 2 * time.Second
	conn, err := net.Dial("tcp", within(t, c))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	text := request("/v1/chat/completions", strings.TrimPrefix(provider.URL, "http://"), "", chat("hi", true))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	select {
	case at := <-gone:
		if took := at.Sub(began); took < c.Limits.WriteStall || sent.Load() > most {
			t.Errorf("%d MiB in %s", sent.Load()>>20, took)
		}
		t.Logf("%d MiB were sent before the client was given up on", sent.Load()>>20)
	case <-time.After(patience):
		t.Errorf("the provider still sends, %d MiB so far", sent.Load()>>20)
	}
}
