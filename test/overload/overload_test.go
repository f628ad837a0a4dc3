// Package overload_test does to a gateway what nobody should: many idle
// connections, more requests than it has room for. The gateway runs in this
// process, on loopback only. Bounds are generous; what was measured is logged.
// Start with TestIdleConnections.
package overload_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/app"
	"sluice/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const reply = `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`

// provider answers at once, unless a model is asked for that waits.
type provider struct {
	*httptest.Server
	waiting chan struct{} // one token for each request that waits
	letGo   chan struct{}
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{waiting: make(chan struct{}, 1024), letGo: make(chan struct{})}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"waits"`) {
			p.waiting <- struct{}{}
			select {
			case <-p.letGo:
			case <-r.Context().Done():
			}
		}
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(p.Close)
	return p
}

// start runs a gateway and returns its address.
func start(t *testing.T, yaml string) string {
	t.Helper()
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1", true
	if err := c.Parse("sluice.yaml", []byte(yaml), func(string) string { return "" }); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, served := a.HTTPServer(), make(chan struct{})
	go func() {
		_ = srv.Serve(l)
		close(served)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
		a.Close()
	})
	return l.Addr().String()
}

// chat is a request for a model, as bytes.
func chat(addr, upstream, model string) string {
	body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hi"}]}`, model)
	return fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: %s\r\nAuthorization: Bearer sk-x\r\nContent-Length: %d\r\n\r\n%s", addr, upstream, len(body), body)
}

func connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(context.Background(), "tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// ask sends a request and reads the whole answer.
func ask(conn net.Conn, text string) (status int, body string, err error) {
	if _, err := io.WriteString(conn, text); err != nil {
		return 0, "", err
	}
	return receive(conn)
}

func receive(conn net.Conn) (status int, body string, err error) {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// median of good requests, one after the other, on one connection.
func median(t *testing.T, addr, upstream string) time.Duration {
	t.Helper()
	conn := connect(t, addr)
	defer func() { _ = conn.Close() }()
	var took []time.Duration
	for range 101 {
		begun := time.Now()
		status, body, err := ask(conn, chat(addr, upstream, "m"))
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %v %s", status, err, body)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// TestOverload is R31: beyond the limit the answer is 503 at once, though the
// body was not sent; health and figures have places of their own; those who
// were in are answered.
func TestOverload(t *testing.T) {
	const limit = 8
	p := newProvider(t)
	addr := start(t, fmt.Sprintf("max_inflight: %d", limit))
	var inside sync.WaitGroup
	for range limit {
		inside.Go(func() {
			conn := connect(t, addr)
			defer func() { _ = conn.Close() }()
			if status, body, err := ask(conn, chat(addr, p.URL, "waits")); status != http.StatusOK {
				t.Errorf("who was in got %d %v %s", status, err, body)
			}
		})
		<-p.waiting
	}
	slowest := time.Duration(0)
	for _, framing := range []string{"Content-Length: 100000", "Content-Length: 400000", "Transfer-Encoding: chunked", "Content-Length: 0"} {
		conn := connect(t, addr)
		head := fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nx-portkey-provider: openai\r\n%s\r\n\r\n", addr, framing)
		begun := time.Now()
		status, body, err := ask(conn, head)
		took := time.Since(begun)
		if slowest = max(slowest, took); status != http.StatusServiceUnavailable || !strings.Contains(body, `"overloaded"`) || err != nil {
			t.Errorf("%s: %d %v %s", framing, status, err, body)
		}
		if took > time.Second { // the rule says 10 ms; a busy machine may take longer, a wait for the body 30 s
			t.Errorf("%s: refused after %s", framing, took)
		}
		_ = conn.Close()
	}
	t.Logf("refused within %s", slowest)
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		conn := connect(t, addr)
		status, body, err := ask(conn, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, addr))
		if status != http.StatusOK || err != nil {
			t.Errorf("%s: %d %v", path, status, err)
		}
		if path == "/metrics" && !strings.Contains(body, `sluice_shed_requests_total{limit="in_flight"} 4`) {
			t.Errorf("the refused are not counted:\n%s", body)
		}
		_ = conn.Close()
	}
	close(p.letGo)
	inside.Wait()
}

// TestConnectionsAreBounded is R32: one connection too many waits until another
// is closed.
func TestConnectionsAreBounded(t *testing.T) {
	const limit = 3
	addr := start(t, fmt.Sprintf("max_connections: %d", limit))
	get := func(conn net.Conn, path string) (string, error) {
		status, body, err := ask(conn, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, addr))
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return body, err
	}
	var conns []net.Conn
	for range limit {
		conns = append(conns, connect(t, addr))
		if _, err := get(conns[len(conns)-1], "/livez"); err != nil {
			t.Fatal(err)
		}
	}
	page, err := get(conns[0], "/metrics")
	for _, line := range []string{"held", "limit"} {
		if want := fmt.Sprintf(`sluice_bounded_%s{name="client_connections",unit="connections"} %d`, line, limit); !strings.Contains(page, want) {
			t.Errorf("%v: no %s in\n%s", err, want, page)
		}
	}
	late := connect(t, addr)
	_ = late.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := get(late, "/livez"); err == nil {
		t.Error("one too many was served")
	}
	_ = late.SetDeadline(time.Now().Add(10 * time.Second))
	_ = conns[0].Close()
	if status, _, err := receive(late); status != http.StatusOK {
		t.Errorf("when there is room: %d %v", status, err)
	}
	for _, conn := range append(conns, late) {
		_ = conn.Close()
	}
}

// TestRefusedKeepsTheConnection: a refusal does not wait for the body, the
// connection goes on behind it, and what is left of a body that never comes is
// not read as a request.
func TestRefusedKeepsTheConnection(t *testing.T) {
	p := newProvider(t)
	addr := start(t, "max_inflight: 1\nbody_stall_timeout: 100ms")
	var inside sync.WaitGroup
	inside.Go(func() {
		conn := connect(t, addr)
		defer func() { _ = conn.Close() }()
		_, _, _ = ask(conn, chat(addr, p.URL, "waits"))
	})
	<-p.waiting
	head, body, _ := strings.Cut(chat(addr, p.URL, "m"), "\r\n\r\n")
	whole, torn := connect(t, addr), connect(t, addr)
	for _, conn := range []net.Conn{whole, torn} {
		if status, _, err := ask(conn, head+"\r\n\r\n"); status != http.StatusServiceUnavailable || err != nil {
			t.Fatalf("%d %v", status, err)
		}
	}
	_, _ = io.WriteString(torn, "GET /")
	if status, text, err := receive(torn); err == nil {
		t.Errorf("a torn body was answered: %d %s", status, text)
	}
	fresh := connect(t, addr) // whole's own time may be over on a slow machine
	if status, _, err := ask(fresh, head+"\r\n\r\n"+body); status != http.StatusServiceUnavailable || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	close(p.letGo)
	inside.Wait()
	if status, text, err := ask(fresh, chat(addr, p.URL, "m")); status != http.StatusOK || err != nil {
		t.Errorf("the next request on the connection: %d %v %s", status, err, text)
	}
	for _, conn := range []net.Conn{whole, torn, fresh} {
		_ = conn.Close()
	}
}
