package abuse_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestBodiesBeyondTheLimit is section 1: 256 MiB where 64 MiB is the limit, told
// in advance or in chunks, to eight doors at once. It is refused while it is
// read, and the memory for all bodies together has a bound (R31).
func TestBodiesBeyondTheLimit(t *testing.T) {
	const whole = 256 << 20
	p := start(t, []string{"SLUICE_BUFFER_BUDGET_BYTES=128MiB"}, "serve")
	mock := start(t, nil, "mock")
	p.healthy(t, mock)
	before := p.vitals(t)
	head := "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nx-portkey-provider: openai\r\n"
	if status, body, err := send(p.addr, fmt.Sprintf("%sContent-Length: %d\r\n\r\n{", head, whole)); err != nil || status != http.StatusRequestEntityTooLarge {
		t.Errorf("told in advance: %d %v %s", status, err, body)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			sent, status := stuff(t, p.addr, head, whole)
			if status != http.StatusRequestEntityTooLarge && status != http.StatusServiceUnavailable && status != 0 { // 0: a reset overtook the answer
				t.Errorf("in chunks: %d after %d MiB", status, sent>>20)
			}
			if sent > 100<<20 {
				t.Errorf("%d MiB of a body were taken", sent>>20)
			}
		})
	}
	wait.Wait()
	p.healthy(t, mock)
	await(t, "the memory to be given back", func() bool { return p.vitals(t).goroutines <= before.goroutines+moreGoroutines })
}

// stuff sends a JSON text without end in chunks until nobody takes it.
func stuff(t *testing.T, addr, head string, most int) (sent, status int) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return 0, 0
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, head+"Transfer-Encoding: chunked\r\n\r\n6\r\n{\"a\":\"\r\n"); err != nil {
		t.Error(err)
	}
	answer := make(chan int, 1)
	go func() {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			answer <- 0
			return
		}
		_ = resp.Body.Close()
		answer <- resp.StatusCode
	}()
	piece := "100000\r\n" + strings.Repeat("a", 1<<20) + "\r\n"
	for sent < most {
		if _, err := io.WriteString(conn, piece); err != nil {
			break
		}
		sent += 1 << 20
		select {
		case status = <-answer:
			return sent, status
		default:
		}
	}
	return sent, <-answer
}

// TestSlowClients is section 1: hundreds of clients that drip their heads or
// their bodies, or do not read, hold nobody else up, and are given up on.
func TestSlowClients(t *testing.T) {
	const clients = 200
	mock := start(t, nil, "mock")
	p := start(t, []string{"SLUICE_READ_HEADER_TIMEOUT=1s", "SLUICE_BODY_STALL_TIMEOUT=1s", "SLUICE_WRITE_STALL_TIMEOUT=1s", "SLUICE_KEEP_ALIVE_TIMEOUT=1s"}, "serve")
	p.healthy(t, mock)
	before := p.vitals(t)
	texts := []string{
		"",
		"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-A: ",
		half(request("/v1/chat/completions", mock.addr, "", chat("hello", false))),
		strings.TrimSuffix(request("/v1/chat/completions", mock.addr, "", chat("hello", false)), "}]}"),
		"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", // and then nothing
	}
	conns := make([]net.Conn, clients)
	for i := range conns {
		conn, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		text := texts[i%len(texts)]
		if i%40 == 0 { // nobody reads it, and no buffer holds it
			text = request("/v1/chat/completions", mock.addr, "", chat("long 99999", true))
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	for range 20 { // while they hang
		began := time.Now()
		p.healthy(t, mock)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("others wait %s", took)
		}
	}
	p.settles(t, "gateway", before)
	await(t, "the slow clients to be given up on", func() bool { return p.vitals(t).goroutines <= before.goroutines+12 })
	mock.settles(t, "provider", vitals{goroutines: 6, kib: 64 << 10})
}
