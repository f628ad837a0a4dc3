package http1_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sluice/internal/http1"
)

// said is a connection on which somebody sent just this.
type said struct {
	net.Conn
	r io.Reader
}

func (s said) Read(p []byte) (int, error)       { return s.r.Read(p) }
func (s said) Write(p []byte) (int, error)      { return len(p), nil }
func (s said) Close() error                     { return nil }
func (s said) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s said) SetReadDeadline(time.Time) error  { return nil }
func (s said) SetWriteDeadline(time.Time) error { return nil }

// once is a listener with one connection.
type once struct{ conn chan net.Conn }

func (o once) Accept() (net.Conn, error) {
	select {
	case c := <-o.conn:
		return c, nil
	default:
		return nil, net.ErrClosed
	}
}

func (o once) Close() error   { return nil }
func (o once) Addr() net.Addr { return &net.TCPAddr{} }

// understood are the requests that a server finds in what was sent, whole ones, with
// their headers at the end.
func understood(r io.Reader) (list []string) {
	srv := &http1.Server{HeadBytes: 64 << 10, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			list = append(list, fmt.Sprintf("%s %s %q %q", r.Method, r.RequestURI, body, r.Header))
		}
	})}
	l := once{make(chan net.Conn, 1)}
	l.conn <- said{r: r}
	_ = srv.Serve(l)
	for srv.Connections() > 0 {
		time.Sleep(10 * time.Microsecond)
	}
	return list
}

// again is most of a head that comes again.
const again = "POST / HTTP/1.1\r\nHost: a\r\nX: 1\r\nContent-Length: "

// FuzzRequest is S41 and S70: what a server makes of what a client sends does not
// depend on how it arrives, and is what everybody else would make of it.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.0\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
		again + "1\r\n\r\n." + again + "2\r\n\r\n.." + again + "0\r\nX: 2\r\n\r\n" + again + "\r\n\r\n", again + "1\r\n\r\n." + again + "1\n\n.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		list := understood(bytes.NewReader(in))
		if one := understood(iotest.OneByteReader(bytes.NewReader(in))); !slices.Equal(list, one) {
			t.Fatalf("at once %q, by the byte %q", list, one)
		}
		r := bufio.NewReader(bytes.NewReader(in))
		for _, mine := range list {
			req, err := http.ReadRequest(r)
			if err != nil {
				t.Fatalf("%s, but net/http: %v", mine, err)
			}
			body, err := io.ReadAll(req.Body)
			if theirs := fmt.Sprintf("%s %s %q", req.Method, req.RequestURI, body); err != nil || !strings.HasPrefix(mine, theirs+" map[") {
				t.Fatalf("%s is %s to net/http, %v", mine, theirs, err)
			}
		}
	})
}
