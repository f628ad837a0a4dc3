package http1_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sluice/internal/http1"
)

const patience = 10 * time.Second

// serveRaw answers every request with the number of its body bytes.
func serveRaw(t *testing.T) (dial func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http1.Server{HeadTime: patience, HeadBytes: 64 << 10, IdleTime: patience, RestTime: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, "got "+string(body))
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
}

// exchange sends bytes, in pieces or at once, and reads all that comes back.
func exchange(t *testing.T, c net.Conn, text string, oneByOne bool) string {
	t.Helper()
	var r io.Reader = strings.NewReader(text)
	if oneByOne {
		r = iotest.OneByteReader(r)
	}
	_, _ = io.Copy(c, r)
	_ = c.(*net.TCPConn).CloseWrite()
	out, _ := io.ReadAll(bufio.NewReader(c))
	return string(out)
}

func TestMalformedHeads(t *testing.T) {
	dial := serveRaw(t)
	long := strings.Repeat("x", 5000)
	for _, c := range []struct{ name, in string }{
		{"both framings", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"},
		{"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd"},
		{"a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd"},
		{"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\nabcd"},
		{"another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		{"two codings", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"space before the colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 4\r\n\r\nabcd"},
		{"folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"},
		{"bare LF", "GET / HTTP/1.1\nHost: a\n\n"},
		{"one bare LF", "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"},
		{"bare CR", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n"},
		{"NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\x002\r\n\r\n"},
		{"no host", "GET / HTTP/1.1\r\n\r\n"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
		{"odd host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
		{"version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
		{"no version", "GET /\r\nHost: a\r\n\r\n"},
		{"bare LF in a chunk line", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\nabcd\r\n0\r\n\r\n"},
		{"chunk size of 17 digits", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000004\r\nabcd\r\n0\r\n\r\n"},
		{"negative chunk size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n0\r\n\r\n"},
		{"long chunk extension", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;" + long + "\r\nabcd\r\n0\r\n\r\n"},
	} {
		for _, oneByOne := range []bool{false, true} {
			out := exchange(t, dial(), c.in, oneByOne)
			if strings.Contains(out, "200 OK") {
				t.Errorf("%s (byte by byte: %v): answered %q", c.name, oneByOne, out)
			}
		}
	}
}

func TestPlantedRequestIsNotAnswered(t *testing.T) {
	out := exchange(t, serveRaw(t)(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /planted HTTP/1.1\r\nHost: a\r\n\r\n", false)
	if !strings.HasPrefix(out, "HTTP/1.1 400") || strings.Contains(out, "200 OK") {
		t.Errorf("answered %q", out)
	}
}

func TestGoodRequestsPass(t *testing.T) {
	dial := serveRaw(t)
	in := "POST /a HTTP/1.1\r\nHost: localhost:8787\r\nContent-Length: 4\r\n\r\nabcd" +
		"POST /b HTTP/1.1\r\nHost: [::1]:8787\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nef\r\n3\r\nghi\r\n0\r\nX-Trailer: 1\r\n\r\n" +
		"GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	for _, oneByOne := range []bool{false, true} {
		out := exchange(t, dial(), in, oneByOne)
		for _, want := range []string{"got abcd", "got efghi"} {
			if !strings.Contains(out, want) {
				t.Errorf("byte by byte %v: %q lacks %q", oneByOne, out, want)
			}
		}
		if n := strings.Count(out, "200 OK"); n != 3 {
			t.Errorf("byte by byte %v: %d answers, want 3", oneByOne, n)
		}
	}
}
