package app_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// raw is a connection by which requests are sent one after the other.
type raw struct {
	net.Conn
	r *bufio.Reader
}

func connect(t *testing.T, p *process) *raw {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &raw{c, bufio.NewReader(c)}
}

func (c *raw) write(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Error(err)
	}
}

// answer reads the next answer with its whole body.
func (c *raw) answer(t *testing.T) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body)
}

// startStream begins a stream and waits for its first event.
func startStream(t *testing.T, p *process, words string) *bufio.Reader {
	t.Helper()
	body := bufio.NewReader(post(t, p.url, said(words), "x-portkey-provider", "mock").Body)
	event(t, body)
	return body
}

// TestDrain is R26 with 200 streams, half of which end by themselves. Those are
// whole; the others are cut as R20 wants it; and meanwhile /readyz says that the
// gateway goes, and answers close their connections.
func TestDrain(t *testing.T) {
	const streams, limit = 200, 3 * time.Second
	p := gateway(t, []string{"SLUICE_DRAIN_TIMEOUT=" + limit.String()}, "--mock")
	bodies := make([]*bufio.Reader, streams)
	var begun sync.WaitGroup
	for i := range bodies {
		words := "long 20 drip 50ms"
		if i%2 == 1 {
			words = "stall"
		}
		begun.Go(func() { bodies[i] = startStream(t, p, words) })
	}
	begun.Wait()
	health, plain := connect(t, p), connect(t, p) // before the listener is gone
	health.write(t, "GET /readyz HTTP/1.1\r\n")
	plain.write(t, "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-portkey-provider: mock\r\nContent-Length: 57\r\n\r\n"+
		`{"model":"m","messages":[{"role":"user","content":"hi"}]`)
	bodies = append(bodies, startStream(t, p, "long 20 drip 50ms")) // connections are taken in their order: by now those two are
	start := time.Now()
	p.signal(t)
	for { // until it no longer accepts
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		_ = c.Close()
	}
	health.write(t, "Host: localhost\r\n\r\n")
	if resp, text := health.answer(t); resp.StatusCode != http.StatusServiceUnavailable || !resp.Close || text != "draining\n" {
		t.Errorf("/readyz: %s, close %v, %s", resp.Status, resp.Close, text)
	}
	plain.write(t, "}")
	if resp, text := plain.answer(t); resp.StatusCode != http.StatusOK || !resp.Close {
		t.Errorf("a request under way: %s, close %v, %s", resp.Status, resp.Close, text)
	}
	for i, body := range bodies {
		text, err := io.ReadAll(body)
		if i%2 == 0 && (err != nil || !strings.HasSuffix(string(text), "data: [DONE]\n\n")) {
			t.Errorf("stream %d: %v\n%s", i, err, text)
		}
		if i%2 == 1 && (err == nil || strings.Contains(string(text), "[DONE]") || !strings.Contains(string(text), `"code":"upstream_stream_interrupted"`)) {
			t.Errorf("stream %d does not look cut: %v\n%s", i, err, text)
		}
	}
	if code := p.exit(t); code != 0 || p.errout.String() != "" {
		t.Errorf("exit code %d\n%s", code, &p.errout)
	}
	took := time.Since(start)
	if t.Logf("stopped %s after the signal", took); took > limit+2*time.Second {
		t.Errorf("it took %s", took)
	}
	if n := strings.Count(p.out.String(), `"msg":"request"`); n != len(bodies)+2 {
		t.Errorf("%d lines in the log, want one for each of %d requests", n, len(bodies)+2)
	}
}

// TestDrainCutsWhatHasNotBegun: a request whose provider has not answered gets
// 503 shutting_down at the limit, one that waits before a retry too, and no
// fallback starts (R26).
func TestDrainCutsWhatHasNotBegun(t *testing.T) {
	p := gateway(t, []string{"SLUICE_DRAIN_TIMEOUT=100ms"}, "--mock")
	head := "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
	var conns []*raw
	for _, header := range []string{
		`{"strategy":{"mode":"fallback"},"targets":[{"provider":"mock","override_params":{"model":"mock-hang"}},{"provider":"mock"}]}`,
		`{"provider":"mock","override_params":{"model":"mock-error-500"},"retry":{"attempts":5}}`,
	} {
		c := connect(t, p)
		c.write(t, head+"x-portkey-config: "+header+"\r\n\r\n2d\r\n"+`{"messages":[{"role":"user","content":"hi"}]}`+"\r\n0\r\n\r\n")
		conns = append(conns, c)
	}
	startStream(t, p, "stall") // by now the others are at work
	p.signal(t)
	for i, c := range conns {
		resp, text := c.answer(t)
		if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, `"code":"shutting_down"`) || resp.Header.Get("Retry-After") != "1" {
			t.Errorf("request %d: %s %s", i, resp.Status, text)
		}
	}
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestDrainClosesSockets: net/http no longer knows a connection that became a
// WebSocket; it goes on up to the limit and then hears why it ends (R26).
func TestDrainClosesSockets(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			kind, text, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, text) != nil {
				return
			}
		}
	}))
	defer provider.Close()
	p := gateway(t, []string{"SLUICE_DRAIN_TIMEOUT=500ms"})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, p.url+"/v1/realtime?model=m", &websocket.DialOptions{HTTPHeader: http.Header{
		"Authorization": {"Bearer k"}, "X-Portkey-Provider": {"openai"}, "X-Portkey-Custom-Host": {provider.URL + "/v1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	start := time.Now()
	p.signal(t)
	for end := start.Add(patience); ; { // until it no longer accepts
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		_ = c.Close()
		if time.Now().After(end) {
			t.Fatal("it still listens")
		}
	}
	if err := conn.Write(ctx, websocket.MessageText, []byte("still here")); err != nil {
		t.Error(err)
	}
	if _, text, err := conn.Read(ctx); err != nil || string(text) != "still here" {
		t.Errorf("while draining: %v %s", err, text)
	}
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the socket ended with %v", err)
	}
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(start); took < 500*time.Millisecond || took > 4*time.Second {
		t.Errorf("it took %s", took)
	}
}
