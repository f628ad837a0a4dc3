package app

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/config"
)

// open counts the connections a provider has.
type open struct {
	mu    sync.Mutex // guards conns
	conns map[net.Conn]bool
}

func (o *open) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.conns)
}

func (o *open) track(c net.Conn, state http.ConnState) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch state {
	case http.StateNew:
		o.conns[c] = true
	case http.StateClosed, http.StateHijacked:
		delete(o.conns, c)
	}
}

// becomes waits until the provider has n connections.
func (o *open) becomes(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); o.count() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the provider has %d connections, want %d", o.count(), n)
		}
	}
}

// TestLastRequestClosesTheOld is R27: a request that began before a reload ends
// as it began, and then nothing of the old gateway is left, its idle
// connections to providers neither.
func TestLastRequestClosesTheOld(t *testing.T) {
	release := make(chan struct{})
	conns := &open{conns: map[net.Conn]bool{}}
	provider := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/v1/wait" {
			<-release
		}
		_, _ = io.WriteString(w, `{"object":"list","data":[]}`)
	}))
	provider.Config.ConnState = conns.track
	provider.Start()
	defer provider.Close()
	settings := func() (*config.Config, error) {
		c := config.Defaults()
		c.Default = []byte(`{"provider":"openai","api_key":"k","custom_host":"` + provider.URL + `/v1"}`)
		return c, nil
	}
	c, _ := settings()
	a, err := New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(a, nil, nil)
	s.load = settings
	get := func(path string) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1"+path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "list") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var waiting sync.WaitGroup
	waiting.Go(func() { get("/wait") })
	conns.becomes(t, 1)
	get("/files")
	conns.becomes(t, 2)
	old := s.now.Load()
	s.reload()
	if s.now.Load() == old || s.app().legacy != old.legacy {
		t.Fatal("it was not exchanged, or does not go on where the old one was")
	}
	if was, is := old.Server.Gateway.Walker, s.app().Server.Gateway.Walker; is.Health != was.Health || is.Budget != was.Budget || is.Observer != was.Observer {
		t.Error("what was known of targets is forgotten")
	}
	get("/files") // over a connection of its own
	conns.becomes(t, 3)
	if n := old.users.Load(); n != 1 {
		t.Errorf("the old one has %d users, want the waiting request", n)
	}
	close(release)
	waiting.Wait()
	conns.becomes(t, 1)
	if old.enter() {
		t.Error("a closed one was entered")
	}
	s.close()
	conns.becomes(t, 0)
}
