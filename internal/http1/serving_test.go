package http1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/http1"
)

// serving runs a server for a test.
func serving(t *testing.T, srv *http1.Server, handler http.HandlerFunc) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if srv.HeadTime == 0 {
		srv.HeadTime, srv.RestTime = patience, patience
	}
	if srv.IdleTime == 0 {
		srv.IdleTime = patience
	}
	srv.Handler, srv.HeadBytes = handler, 64<<10
	done := make(chan error)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := <-done; !errors.Is(err, http1.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
		until(t, func() bool { return srv.Connections() == 0 })
	})
	return l.Addr().String()
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited too long")
		}
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// talk says something on a connection of its own, and returns all that comes back.
func talk(t *testing.T, addr, text string) string {
	t.Helper()
	c := dial(t, addr)
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// TestServerAgainstNetHTTP is asked by Go's own client: bodies of every size and
// framing, both ways, over connections that are used again.
func TestServerAgainstNetHTTP(t *testing.T) {
	addr := serving(t, &http1.Server{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Got", fmt.Sprint(r.ContentLength, " ", r.Header.Get("X-Sent"), " ", r.Host, " ", r.URL.Path, " ", r.URL.RawQuery))
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch r.URL.RawQuery {
		case "length":
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = w.Write(body[:len(body)/2])
			_, _ = w.Write(body[len(body)/2:])
		case "flushed":
			for len(body) > 0 {
				n := min(len(body), 1+len(body)/3)
				_, _ = w.Write(body[:n])
				w.(http.Flusher).Flush()
				body = body[n:]
			}
		default:
			_, _ = w.Write(body)
		}
	})
	var dialled atomic.Int32
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
	defer client.CloseIdleConnections()
	for _, size := range []int{0, 1, 100, 4 << 10, 8<<10 - 1, 8 << 10, 64<<10 + 1, 3 << 20} {
		for _, way := range []string{"length", "flushed", "plain"} {
			for _, asked := range []string{"", "streamed", "expect"} {
				text := strings.Repeat("x", size)
				var body io.Reader = strings.NewReader(text)
				length := int64(size)
				if asked == "streamed" {
					body, length = io.NopCloser(body), -1
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/a?"+way, body)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("x-sent", "yes")
				if asked == "expect" {
					req.Header.Set("Expect", "100-continue")
				}
				resp, err := client.Do(req)
				if err != nil {
					t.Fatalf("%d %s %s: %v", size, way, asked, err)
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if want := fmt.Sprint(length, " yes ", addr, " /a ", way); err != nil || string(got) != text || resp.Header.Get("X-Got") != want || resp.Header.Get("Date") == "" {
					t.Errorf("%d %s %s: %d bytes, %v, %v", size, way, asked, len(got), resp.Header, err)
				}
				if way == "length" && resp.ContentLength != int64(size) {
					t.Errorf("%d: said to be %d", size, resp.ContentLength)
				}
			}
		}
	}
	if n := dialled.Load(); n != 1 {
		t.Errorf("%d connections, want one", n)
	}
}

// TestWire is what the answers look like.
func TestWire(t *testing.T) {
	addr := serving(t, &http1.Server{}, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
			_, _ = io.WriteString(w, "no body")
		case "/stream":
			_, _ = io.WriteString(w, "one")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "two")
		case "/cut":
			_, _ = io.WriteString(w, "one")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/short":
			h.Set("Content-Length", "10")
			_, _ = io.WriteString(w, "one")
		case "/long":
			h.Set("Content-Length", "2")
			if _, err := io.WriteString(w, "one"); !errors.Is(err, http.ErrContentLength) {
				t.Error(err)
			}
		case "/injected":
			h["X-A"], h["X B"] = []string{"a\r\nX-C: d"}, []string{"no name"}
		default:
			_, _ = io.WriteString(w, "hello")
		}
	})
	const tail = "\r\nHost: a\r\nConnection: close\r\n\r\n"
	for _, c := range []struct{ name, in, begin, end string }{
		{"plain", "GET / HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\nConnection: close\r\n\r\nhello"},
		{"HEAD", "HEAD / HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n\r\n"},
		{"no content", "GET /none HTTP/1.1" + tail, "HTTP/1.1 204 No Content\r\n", "GMT\r\nConnection: close\r\n\r\n"},
		{"stream", "GET /stream HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"},
		{"stream to HTTP/1.0", "GET /stream HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\n", "GMT\r\nConnection: close\r\n\r\nonetwo"},
		{"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\nConnection: close\r\n\r\nhello"},
		{"HTTP/1.0 that stays", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Connection: keep-alive\r\n\r\nhelloHTTP/1.1 200 OK\r\n"},
		{"cut", "GET /cut HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\n", "\r\n\r\n3\r\none\r\n"},
		{"too short", "GET /short HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\none"},
		{"too long", "GET /long HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\n", "\r\n\r\non"},
		{"injected", "GET /injected HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\nX-A: a  X-C: d\r\nDate", "\r\n\r\n"},
		{"malformed", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n\r\nmalformed request\n"},
		{"garbage", "\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n\r\nmalformed request\n"},
		{"large head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", "HTTP/1.1 431 ", "the headers are too large\n"},
		{"expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 417 ", "100-continue\n"},
		{"absolute", "GET http://b/ HTTP/1.1" + tail, "HTTP/1.1 200 OK\r\n", "\r\n\r\nhello"},
	} {
		out := talk(t, addr, c.in)
		if c.name == "HTTP/1.0 that stays" {
			out = out[:strings.LastIndex(out, "Date")]
		}
		if !strings.HasPrefix(out, c.begin) || !strings.HasSuffix(out, c.end) {
			t.Errorf("%s: %q", c.name, out)
		}
	}
}

// TestUnreadBody: a body that was not read is dropped if it is small, and ends
// the connection otherwise; the client reads its answer either way.
func TestUnreadBody(t *testing.T) {
	addr := serving(t, &http1.Server{RestTime: 50 * time.Millisecond, HeadTime: patience}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "no, thanks") })
	small, next := strings.Repeat("x", 10_000), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	for _, c := range []struct {
		name, in string
		answers  int
	}{
		{"small", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + small + next, 2},
		{"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n" + small + "\r\n0\r\n\r\n" + next, 1},
		{"large", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + strings.Repeat(small, 20), 1},
		{"that never comes", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", 1},
		{"that waits for our word", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n", 1},
	} {
		if out := talk(t, addr, c.in); strings.Count(out, "200 OK") != c.answers || strings.Contains(out, "100 Continue") {
			t.Errorf("%s: %q", c.name, out)
		}
	}
}

// TestClientGone is R11: the context of a request ends soon after its client has
// left, by FIN or RST, before and after the answer has begun; not before.
func TestClientGone(t *testing.T) {
	begun, ended := make(chan bool), make(chan error)
	addr := serving(t, &http1.Server{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/stream" {
			_, _ = io.WriteString(w, "one")
			_ = http.NewResponseController(w).Flush()
		}
		begun <- true
		select {
		case <-r.Context().Done():
			ended <- context.Cause(r.Context())
		case <-time.After(patience):
			ended <- nil
		}
	})
	for _, path := range []string{"/", "/stream"} {
		for _, reset := range []bool{false, true} {
			c := dial(t, addr)
			_, _ = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", path)
			<-begun
			select {
			case err := <-ended:
				t.Fatalf("%s: canceled while the client waits: %v", path, err)
			case <-time.After(250 * time.Millisecond):
			}
			if reset {
				_ = c.(*net.TCPConn).SetLinger(0)
			}
			_ = c.Close()
			left := time.Now()
			if err := <-ended; !errors.Is(err, context.Canceled) || time.Since(left) > time.Second {
				t.Errorf("%s, reset %v: %v after %s", path, reset, err, time.Since(left))
			}
		}
	}
}

// TestClocks: a head that does not come in time, and a connection nobody uses.
func TestClocks(t *testing.T) {
	addr := serving(t, &http1.Server{HeadTime: 100 * time.Millisecond, IdleTime: 100 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
	for _, in := range []string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"} {
		began := time.Now()
		out := talk(t, addr, in)
		if took := time.Since(began); took < 50*time.Millisecond || took > 5*time.Second || strings.Contains(out, "hello") != strings.HasSuffix(in, "\r\n\r\n") {
			t.Errorf("%q: %q after %s", in, out, took)
		}
	}
}

// TestLeave: requests under way, and those that are on their way already, are
// answered when a server stops; then their connections end.
func TestLeave(t *testing.T) {
	begun, go_ := make(chan bool), make(chan bool)
	srv := &http1.Server{}
	addr := serving(t, srv, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			begun <- true
			<-go_
		}
		_, _ = io.WriteString(w, "hello")
	})
	idle, slow, half := dial(t, addr), dial(t, addr), dial(t, addr)
	_, _ = io.WriteString(slow, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	<-begun
	_, _ = io.WriteString(half, "GET / HTTP/1.1\r\nHo")
	until(t, func() bool { return srv.Connections() == 3 })
	time.Sleep(20 * time.Millisecond) // the half is read
	stopped := make(chan error)
	go func() { stopped <- srv.Shutdown(t.Context()) }()
	if _, err := bufio.NewReader(idle).ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the idle connection: %v", err)
	}
	_, _ = io.WriteString(half, "st: a\r\n\r\n")
	close(go_)
	for _, c := range []net.Conn{half, slow} {
		if out, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(out), "Connection: close\r\n\r\nhello") {
			t.Errorf("%q %v", out, err)
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// TestCut: the cause of a stop reaches the requests under way.
func TestCut(t *testing.T) {
	begun, cause := make(chan bool), make(chan error)
	srv, why := &http1.Server{}, errors.New("it is over")
	addr := serving(t, srv, func(w http.ResponseWriter, r *http.Request) {
		begun <- true
		<-r.Context().Done()
		cause <- context.Cause(r.Context())
	})
	_, _ = io.WriteString(dial(t, addr), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-begun
	srv.Cut(why)
	if err := <-cause; !errors.Is(err, why) {
		t.Error(err)
	}
}

// TestHijack: a connection that was taken over is the handler's, with what came early.
func TestHijack(t *testing.T) {
	addr := serving(t, &http1.Server{}, func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		line, _ := rw.ReadString('\n')
		_, _ = io.WriteString(conn, "you said "+line)
	})
	if out := talk(t, addr, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\nearly\n"); out != "you said early\n" {
		t.Errorf("%q", out)
	}
}

// TestConns: connections beyond the limit wait, and are served when there is room.
func TestConns(t *testing.T) {
	var open, most atomic.Int64
	srv := &http1.Server{Conns: 2, Count: func(change int64) { most.Store(max(most.Load(), open.Add(change))) }}
	addr := serving(t, srv, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
	first, second := dial(t, addr), dial(t, addr)
	until(t, func() bool { return srv.Connections() == 2 })
	done := make(chan string)
	go func() { done <- talk(t, addr, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }()
	select {
	case out := <-done:
		t.Errorf("served beyond the limit: %q", out)
	case <-time.After(50 * time.Millisecond):
	}
	_ = first.Close()
	if out := <-done; !strings.HasSuffix(out, "hello") {
		t.Errorf("%q", out)
	}
	_ = second.Close()
	until(t, func() bool { return open.Load() == 0 })
	if most.Load() != 2 {
		t.Errorf("%d at once", most.Load())
	}
}

// TestHandlerPanics: others do not notice, and somebody is told.
func TestHandlerPanics(t *testing.T) {
	told := make(chan any, 1)
	addr := serving(t, &http1.Server{Panicked: func(v any) { told <- v }}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bug" {
			panic("a bug")
		}
		_, _ = io.WriteString(w, "hello")
	})
	if out := talk(t, addr, "GET /bug HTTP/1.1\r\nHost: a\r\n\r\n"); out != "" {
		t.Errorf("%q", out)
	}
	if v := <-told; v != "a bug" {
		t.Error(v)
	}
	if out := talk(t, addr, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.HasSuffix(out, "hello") {
		t.Errorf("%q", out)
	}
}

// TestReaderOutlivesHandler: a body is not read behind its request, whoever still
// holds it.
func TestReaderOutlivesHandler(t *testing.T) {
	read := make(chan error, 1)
	addr := serving(t, &http1.Server{}, func(w http.ResponseWriter, r *http.Request) {
		reading := make(chan bool)
		go func() {
			reading <- true
			_, err := io.ReadAll(r.Body)
			read <- err
		}()
		<-reading
		time.Sleep(20 * time.Millisecond)
		_, _ = io.WriteString(w, "early")
	})
	out := talk(t, addr, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
	if err := <-read; err == nil || !strings.HasSuffix(out, "Connection: close\r\n\r\nearly") {
		t.Errorf("%v %q", err, out)
	}
}

func BenchmarkServe(b *testing.B) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
	})
	ask := []byte("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer key\r\nx-portkey-provider: openai\r\nContent-Length: 300\r\n\r\n" + strings.Repeat("x", 300))
	for _, c := range []struct {
		name  string
		serve func(net.Listener) error
	}{
		{"ours", (&http1.Server{Handler: handler, HeadBytes: 64 << 10, IdleTime: patience, HeadTime: patience}).Serve},
		{"net", (&http.Server{Handler: handler, ReadHeaderTimeout: patience}).Serve},
	} {
		b.Run(c.name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			go func() { _ = c.serve(l) }()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			buf := make([]byte, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = conn.Write(ask)
				if _, err := conn.Read(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
