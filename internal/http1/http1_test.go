package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func transport(t *testing.T) *http1.Transport {
	t.Helper()
	var d net.Dialer
	tr := &http1.Transport{
		Dial: d.DialContext, Handshake: 5 * time.Second, HeadBytes: 64 << 10, HeadCount: 100, Interim: 3,
		WriteStall: 5 * time.Second, IdleTime: time.Minute, IdlePerHost: 8, IdleTotal: 16,
		Other: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true},
		TLS:   &tls.Config{InsecureSkipVerify: true},
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func request(t *testing.T, method, url string, body io.ReadCloser, length int64) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Body, req.ContentLength = body, length
	return req
}

func post(t *testing.T, url, body string) *http.Request {
	t.Helper()
	req := request(t, http.MethodPost, url, http1.Body([]byte(body), nil), int64(len(body)))
	req.GetBody = func() (io.ReadCloser, error) { return http1.Body([]byte(body), nil), nil }
	return req
}

// TestAgainstNetHTTP talks to Go's own server: bodies of every size and framing,
// both ways, over plain and TLS connections that are used again.
func TestAgainstNetHTTP(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Got", fmt.Sprint(len(body), " ", r.ContentLength, " ", r.Header.Get("X-Sent"), " ", r.Host != ""))
		w.Header().Add("X-Many", "a")
		w.Header().Add("X-Many", "b")
		if r.URL.Query().Has("chunked") {
			for len(body) > 0 {
				n := min(len(body), 1+len(body)/3)
				_, _ = w.Write(body[:n])
				w.(http.Flusher).Flush()
				body = body[n:]
			}
			return
		}
		_, _ = w.Write(body)
	})
	plain := httptest.NewServer(handler)
	defer plain.Close()
	secure := httptest.NewTLSServer(handler)
	defer secure.Close()
	tr := transport(t)
	for _, base := range []string{plain.URL, secure.URL} {
		for _, size := range []int{0, 1, 100, 8 << 10, 64 << 10, 64<<10 + 1, 3 << 20} {
			for _, query := range []string{"", "?chunked=1"} {
				for _, streamed := range []bool{false, true} {
					text := strings.Repeat("x", size)
					req := post(t, base+"/a%2Fb"+query, text)
					if streamed {
						req = request(t, http.MethodPost, base+"/"+query, io.NopCloser(strings.NewReader(text)), -1)
					}
					req.Header.Set("X-Sent", "yes")
					resp, err := tr.RoundTrip(req)
					if err != nil {
						t.Fatalf("%s %d %s %v: %v", base, size, query, streamed, err)
					}
					got, err := io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					length := int64(size)
					if streamed {
						length = -1
					}
					if want := fmt.Sprint(size, " ", length, " yes true"); err != nil || string(got) != text || resp.Header.Get("X-Got") != want || len(resp.Header["X-Many"]) != 2 {
						t.Errorf("%d %s %v: %d bytes, %v, %v", size, query, streamed, len(got), resp.Header, err)
					}
				}
			}
		}
	}
}

// raw answers every request on every connection with the same bytes; then it
// closes the connection, unless it shall stay.
func raw(t *testing.T, answer string, stay bool) (url string, conns *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	conns = &atomic.Int32{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer func() { _ = c.Close() }()
				r := bufio.NewReader(c)
				for {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					_, _ = io.WriteString(c, answer)
					if !stay {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String(), conns
}

// TestAnswers: R25 and R21 at the level of bytes.
func TestAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name, answer string
		body         string
		fails        bool
	}{
		{"length", ok + "Content-Length: 5\r\n\r\nhello", "hello", false},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "hi", false},
		{"line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "hi", false},
		{"to the end", ok + "\r\nhello", "hello", false},
		{"old", "HTTP/1.0 200 OK\r\n\r\nhello", "hello", false},
		{"chunks", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-T: 1\r\n\r\n", "hello", false},
		{"interim", "HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi", "hi", false},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", "", false},
		{"empty values", ok + "X-Empty:\r\nContent-Length: 2\r\n\r\nhi", "hi", false},
		{"surplus", ok + "Content-Length: 2\r\n\r\nhi and more", "hi", false},

		{"too short", ok + "Content-Length: 9\r\n\r\nhello", "", true},
		{"chunk too short", ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhello", "", true},
		{"chunk too long", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", "", true},
		{"no last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", "", true},
		{"chunk without a size", ok + "Transfer-Encoding: chunked\r\n\r\n\r\n", "", true},
		{"negative chunk", ok + "Transfer-Encoding: chunked\r\n\r\n-2\r\nhe\r\n0\r\n\r\n", "", true},
		{"huge chunk", ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "", true},
		{"chunk lines with a bare line feed", ok + "Transfer-Encoding: chunked\r\n\r\n2\nhe\n0\n\n", "", true},
		{"endless extensions", ok + "Transfer-Encoding: chunked\r\n\r\n2;" + strings.Repeat("x", 5000) + "\r\nhe\r\n0\r\n\r\n", "", true},
		{"endless trailers", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: y\r\n", 2000) + "\r\n", "", true},
		{"both framings", ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "", true},
		{"two lengths", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "", true},
		{"a list of lengths", ok + "Content-Length: 2, 2\r\n\r\nhi", "", true},
		{"signed length", ok + "Content-Length: +2\r\n\r\nhi", "", true},
		{"negative length", ok + "Content-Length: -2\r\n\r\nhi", "", true},
		{"another coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "", true},
		{"space before the colon", ok + "X-A : b\r\nContent-Length: 2\r\n\r\nhi", "", true},
		{"folded line", ok + "X-A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi", "", true},
		{"control character", ok + "X-A: b\x00c\r\nContent-Length: 2\r\n\r\nhi", "", true},
		{"bare carriage return", ok + "X-A: b\rc\r\nContent-Length: 2\r\n\r\nhi", "", true},
		{"no name", ok + ": b\r\nContent-Length: 2\r\n\r\nhi", "", true},
		{"another version", "HTTP/2.0 200 OK\r\n\r\n", "", true},
		{"no status", "HTTP/1.1 abc\r\n\r\n", "", true},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "", true},
		{"unsolicited upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "", true},
		{"interim without end", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 50), "", true},
		{"large head", ok + strings.Repeat("X-A: "+strings.Repeat("y", 1000)+"\r\n", 99), "", true},
		{"many headers", ok + strings.Repeat("X-A: y\r\n", 200) + "\r\n", "", true},
		{"nothing", "", "", true},
		{"half a head", "HTTP/1.1 200 O", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := raw(t, c.answer, false)
			tr := transport(t)
			resp, err := tr.RoundTrip(post(t, url, "{}"))
			var body []byte
			if err == nil {
				body, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if (err != nil) != c.fails || !c.fails && string(body) != c.body {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}

// TestReuse: a connection is used again after an answer that was read, and not
// after one that was not, that had more behind it, or that said so.
func TestReuse(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
	for _, c := range []struct {
		name, answer string
		read         bool
		conns        int32
	}{
		{"read", ok + "\r\nhi", true, 1},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", true, 1},
		{"not read", ok + "\r\nhi", false, 3},
		{"surplus", ok + "\r\nhi!", true, 3},
		{"closing", ok + "Connection: close\r\n\r\nhi", true, 3},
		{"old", strings.Replace(ok, "1.1", "1.0", 1) + "\r\nhi", true, 3},
	} {
		url, conns := raw(t, c.answer, true)
		tr := transport(t)
		for range 3 {
			resp, err := tr.RoundTrip(post(t, url, "{}"))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if c.read {
				_, _ = io.ReadAll(resp.Body)
			}
			_ = resp.Body.Close()
		}
		if got := conns.Load(); got != c.conns {
			t.Errorf("%s: %d connections, want %d", c.name, got, c.conns)
		}
	}
}

// TestStale: a connection the provider closed in the meantime is not used, and
// the request is not lost with it (R14).
func TestStale(t *testing.T) {
	url, conns := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false)
	tr := transport(t)
	for range 5 {
		resp, err := tr.RoundTrip(post(t, url, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		time.Sleep(5 * time.Millisecond) // for the other end's closing to arrive
	}
	if conns.Load() != 5 {
		t.Errorf("%d connections", conns.Load())
	}
}

// TestCancel: R11, whatever is waited for ends with the context, and says why.
func TestCancel(t *testing.T) {
	why := errors.New("the reason")
	for name, answer := range map[string]string{
		"before the head": "", "in the head": "HTTP/1.1 200 OK\r\n", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", "in a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhe",
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			go func() {
				defer close(gone)
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer func() { _ = c.Close() }()
				_, _ = io.WriteString(c, answer)
				_, _ = io.Copy(io.Discard, c) // until the other end closes
			}()
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(30*time.Millisecond, func() { cancel(why) })
			resp, err := transport(t).RoundTrip(post(t, "http://"+l.Addr().String(), "{}").WithContext(ctx))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if !errors.Is(err, why) {
				t.Errorf("ended with %v", err)
			}
			select {
			case <-gone:
			case <-time.After(time.Second):
				t.Error("the provider still holds the connection after a second")
			}
		})
	}
}

// TestEarlyAnswer: a provider may refuse a large body before it has read it.
func TestEarlyAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
		time.Sleep(50 * time.Millisecond)
		_ = c.Close()
	}()
	resp, err := transport(t).RoundTrip(post(t, "http://"+l.Addr().String(), strings.Repeat("x", 32<<20)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != 413 || string(body) != "no" || err != nil {
		t.Errorf("%d %q %v", resp.StatusCode, body, err)
	}
}

// TestUse: memory that a body is sent from is in use beyond an early answer, until
// its connection is given up, and for ever where another client sends.
func TestUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			req, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return
			}
			if req.ContentLength < 100 {
				_, _ = io.Copy(io.Discard, req.Body)
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}()
	tr := transport(t)
	for _, size := range []int{10, 32 << 20} {
		tr.CloseIdleConnections() // the provider hears one request on each
		var use http1.Use
		resp, err := tr.RoundTrip(request(t, http.MethodPost, "http://"+l.Addr().String(), http1.Body(make([]byte, size), &use), int64(size)))
		if err != nil {
			t.Fatal(err)
		}
		if small := size == 10; use.Over() != small {
			t.Errorf("%d bytes: over %v", size, use.Over())
		}
		_, _ = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		for end := time.Now().Add(10 * time.Second); !use.Over(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d bytes are still in use", size)
			}
		}
	}
	var use http1.Use
	req := request(t, http.MethodPost, "other://host", http1.Body([]byte("{}"), &use), 2)
	if resp, err := tr.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
		t.Error("answered")
	}
	if use.Over() || req.GetBody == nil {
		t.Error("the other client's use has an end, or it cannot send twice")
	}
}

// TestBrokenBody: a request body that cannot be read ends the request with its
// own reason.
func TestBrokenBody(t *testing.T) {
	why := errors.New("the client went away")
	url, _ := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true)
	body := io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 1000)), errReader{why}))
	if resp, err := transport(t).RoundTrip(request(t, http.MethodPost, url, body, -1)); !errors.Is(err, why) {
		t.Errorf("%v %v", resp, err)
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// TestHTTP2Only: an origin that does not speak HTTP/1 is asked by the other
// transport, from then on at once.
func TestHTTP2Only(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	srv.EnableHTTP2 = true
	var only *tls.Config
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c := only.Clone()
		if !slices.Contains(hello.SupportedProtos, "h2") { // Go's own server would make do without
			c.NextProtos = []string{"none"}
		}
		return c, nil
	}}
	srv.StartTLS()
	defer srv.Close()
	only = &tls.Config{Certificates: srv.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}
	tr := transport(t)
	for range 2 {
		resp, err := tr.RoundTrip(post(t, srv.URL, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(body) != "HTTP/2.0" {
			t.Errorf("spoke %s", body)
		}
	}
}

// TestIdle: idle connections have bounds, and go when they are dropped.
func TestIdle(t *testing.T) {
	url, conns := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true)
	tr := transport(t)
	tr.IdlePerHost = 2
	var open []*http.Response
	for range 4 {
		resp, err := tr.RoundTrip(post(t, url, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, resp)
	}
	for _, resp := range open {
		_, _ = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if held, lost := tr.Idle(); held != 2 || lost != 2 { // reliability rules, R32
		t.Errorf("%d are idle, %d were closed for want of room; want 2 and 2", held, lost)
	}
	for range 3 {
		resp, err := tr.RoundTrip(post(t, url, "{}"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(resp.Body)
	}
	if conns.Load() != 4 {
		t.Errorf("%d connections, want 4", conns.Load())
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		near, far := net.Pipe()
		tr := &http1.Transport{
			Dial:      func(context.Context, string, string) (net.Conn, error) { return near, nil },
			HeadBytes: 4 << 10, HeadCount: 50, Interim: 2, IdleTime: time.Minute,
		}
		go func() {
			r := bufio.NewReader(far)
			if req, err := http.ReadRequest(r); err == nil {
				_, _ = io.Copy(io.Discard, req.Body)
				_, _ = far.Write(answer)
			}
			_ = far.Close()
		}()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://a.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Body, req.ContentLength = http1.Body([]byte("{}"), nil), 2
		if resp, err := tr.RoundTrip(req); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
			_ = resp.Body.Close()
		}
		_ = near.Close()
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1000)) }))
	defer srv.Close()
	var d net.Dialer
	for name, tr := range map[string]http.RoundTripper{
		"ours": &http1.Transport{Dial: d.DialContext, HeadBytes: 64 << 10, HeadCount: 100, IdleTime: time.Minute, IdlePerHost: 8, IdleTotal: 8},
		"net":  &http.Transport{},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			body := []byte(`{"model":"m"}`)
			for b.Loop() {
				req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL, nil)
				req.Body, req.ContentLength = http1.Body(body, nil), int64(len(body))
				resp, err := tr.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			tr.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		})
	}
}
