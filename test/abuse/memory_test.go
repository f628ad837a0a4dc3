package abuse_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sluice/internal/config"
)

// long is a body of some size in which every sixteen bytes tell whose it is.
func long(id, size int) string {
	mark := fmt.Sprintf("%07d:%07d,", id, size)
	return chat(strings.Repeat(mark, size/len(mark)), false)
}

// hasty is a provider that answers every second request while it still reads its
// body. It complains of bytes that are not those its client sent.
type hasty struct {
	net.Listener
	requests atomic.Int64
	wrong    chan string
}

func (p *hasty) serve() {
	for {
		conn, err := p.Accept()
		if err != nil {
			return
		}
		go p.answer(conn)
	}
}

func (p *hasty) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		early := p.requests.Add(1)%2 == 0
		const reply = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}`
		say := func() {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(reply), reply)
		}
		var body bytes.Buffer
		if early {
			_, _ = io.CopyN(&body, req.Body, 150_000)
			say()
		}
		_, err = io.Copy(&body, req.Body)
		p.check(body.String(), early)
		if err != nil {
			return
		}
		if !early {
			say()
		}
	}
}

// check compares a body, or the beginning of one that was broken off, with what
// its client sent.
func (p *hasty) check(body string, broken bool) {
	_, said, _ := strings.Cut(body, `"content":"`)
	var id, size int
	if n, _ := fmt.Sscanf(said, "%07d:%07d", &id, &size); n < 2 {
		if !broken {
			p.complain(body)
		}
		return
	}
	if want := long(id, size); body != want && (!broken || !strings.HasPrefix(want, body)) {
		p.complain(body)
	}
}

func (p *hasty) complain(body string) {
	select {
	case p.wrong <- body[:min(len(body), 200)]:
	default:
	}
}

// TestBodiesStayApart: the memory of large bodies is used again, but never while
// anybody still sends from it, however early the answer came.
func TestBodiesStayApart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	provider := &hasty{Listener: l, wrong: make(chan string, 1)}
	defer func() { _ = provider.Close() }()
	go provider.serve()
	door := within(t, config.Defaults())

	const clients, times = 8, 25
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range times {
				id := c*times + i
				size := 40_000 + id*997%10*90_000
				status, body, err := send(door, request("/v1/chat/completions", l.Addr().String(), "", long(id, size)))
				if err != nil || status != http.StatusOK || !strings.Contains(body, "hello") {
					t.Errorf("%d bytes: %d, %v, %.200s", size, status, err, body)
				}
			}
		})
	}
	all.Wait()
	select {
	case body := <-provider.wrong:
		t.Errorf("a provider got what its client did not send: %q", body)
	default:
	}
}
