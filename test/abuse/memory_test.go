package abuse_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

// echo is a provider of both dialects that answers with what it was asked, and in
// a header with the key it was sent. Every third request of a mark it fails first.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, said, _ := strings.Cut(string(body), "mark ")
	mark, _, _ := strings.Cut(said, ".")
	w.Header().Set("X-Request-Id", "for "+r.Header.Get("Authorization")+r.Header.Get("X-Api-Key"))
	if strings.HasSuffix(mark, "3") && strings.HasSuffix(r.URL.Path, "/fails/chat/completions") {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"error":{"message":"not for `+mark+`"}}`)
		return
	}
	text := strings.Repeat("answer "+mark+". ", 1+len(mark)*20)
	if strings.HasSuffix(r.URL.Path, "/messages") {
		_, _ = io.WriteString(w, `{"id":"id `+mark+`","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"`+text+`"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`)
		return
	}
	_, _ = io.WriteString(w, `{"id":"id `+mark+`","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"`+text+`"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`)
}

// TestVisitsStayApart: the memory of a visit is used again by others, of other
// clients, but none of them finds anything in it.
func TestVisitsStayApart(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		echo(w, r)
	}))
	defer provider.Close()
	door := within(t, config.Defaults())
	configs := []string{
		`{"provider":"openai","api_key":"KEY","custom_host":"%s/v1"}`,
		`{"provider":"anthropic","api_key":"KEY","custom_host":"%s/v1"}`,
		`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"other","custom_host":"%[1]s/fails"},{"provider":"anthropic","api_key":"KEY","custom_host":"%[1]s/v1"}]}`,
	}
	client := &http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	ask := func(c, i int) error {
		key, trace := fmt.Sprintf("key-of-%d", c), fmt.Sprintf("trace-%d-%d", c, i)
		mark := fmt.Sprintf("%0*d-%d", 1+i%7, c, i)
		body := chat("mark "+mark+". "+strings.Repeat("x", i*37%500), false)
		req, err := http.NewRequest(http.MethodPost, "http://"+door+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Portkey-Trace-Id", trace)
		text := fmt.Sprintf(strings.ReplaceAll(configs[(c+i)%len(configs)], "KEY", key), provider.URL)
		req.Header.Set("X-Portkey-Config", text)
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		got, err := io.ReadAll(resp.Body)
		whose := resp.Header.Get("X-Request-Id")
		sent := whose == "for "+key || whose == "for Bearer "+key || strings.Contains(text, "other") && whose == "for Bearer other"
		want := `"content":"` + strings.Repeat("answer "+mark+". ", 1+len(mark)*20) + `"`
		if err != nil || resp.StatusCode != http.StatusOK || !sent || resp.Header.Get("X-Portkey-Trace-Id") != trace ||
			!strings.Contains(string(got), want) || !strings.Contains(string(got), `"id":"id `+mark+`"`) {
			return fmt.Errorf("%s: %d, %v, %v, %.300s", mark, resp.StatusCode, err, resp.Header, got)
		}
		return nil
	}
	const clients, times = 8, 60
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range times {
				if err := ask(c, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
