package server_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/server"
)

// said is a connection on which somebody sent just this.
type said struct {
	net.Conn
	r io.Reader
}

func (s said) Read(p []byte) (int, error) { return s.r.Read(p) }
func (s said) Close() error               { return nil }

// once is a listener with one connection.
type once struct {
	net.Listener
	conn net.Conn
}

func (o once) Accept() (net.Conn, error) { return o.conn, nil }

func strict(t *testing.T, r io.Reader) net.Conn {
	t.Helper()
	conn, err := server.Listener(once{conn: said{r: r}}).Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// FuzzHead is S41 and S70: the verdict on what a client sends does not depend on
// how it arrives, and what passes can be read in one way only.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.0\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, wholeErr := io.ReadAll(strict(t, bytes.NewReader(in)))
		_, byteErr := io.ReadAll(strict(t, iotest.OneByteReader(bytes.NewReader(in))))
		if (wholeErr == nil) != (byteErr == nil) {
			t.Fatalf("at once %v, by the byte %v", wholeErr, byteErr)
		}
		if wholeErr != nil {
			return
		}
		if !bytes.Equal(whole, in) {
			t.Fatalf("%q became %q", in, whole)
		}
		r := bufio.NewReader(bytes.NewReader(whole))
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if len(req.TransferEncoding) > 0 && req.Header.Get("Content-Length") != "" || len(req.Header["Content-Length"]) > 1 {
				t.Fatalf("two framings: %v %v", req.TransferEncoding, req.Header)
			}
			if req.ProtoMajor != 1 || req.Host == "" && !strings.Contains(string(in), "Host:") && !strings.Contains(strings.ToLower(string(in)), "host:") {
				t.Fatalf("HTTP/%d without a host", req.ProtoMajor)
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				return
			}
		}
	})
}
