package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// refusal is a request that is answered here.
type refusal struct {
	status  int
	message string
}

func (e *refusal) Error() string { return e.message }

// request reads a head (RFC 9112, S41). The body is nil if there is none.
func (c *session) request(ctx context.Context, text string) (*http.Request, *inbound, error) {
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		return nil, nil, malformed("a bare line feed")
	}
	line, rest := cutLine(text)
	req := (&http.Request{ProtoMajor: 1, RemoteAddr: c.remote, Body: http.NoBody}).WithContext(ctx)
	if err := c.requestLine(req, line); err != nil {
		return nil, nil, err
	}
	var err error
	if req.Header, err = fields(c.asked, rest, c.server.HeadBytes); err != nil {
		return nil, nil, err
	}
	c.asked = req.Header
	if err := host(req); err != nil {
		return nil, nil, err
	}
	body, err := c.inbound(req)
	if body != nil {
		req.Body = body
	}
	return req, body, err
}

// requestLine reads "POST /v1/chat/completions HTTP/1.1".
func (c *session) requestLine(req *http.Request, line string) error {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || !isToken(method) || !IsValue(line) {
		return malformed("no request line")
	}
	switch version {
	case "HTTP/1.1":
		req.ProtoMinor = 1
	case "HTTP/1.0":
	default:
		return malformed("a version other than 1.0 and 1.1")
	}
	req.Method, req.RequestURI, req.Proto = method, target, version
	if method == http.MethodConnect && !strings.HasPrefix(target, "/") { // the target is an authority
		address, err := url.ParseRequestURI("http://" + target)
		if err != nil || address.Host != target {
			return malformed("no authority to connect to")
		}
		req.URL = &url.URL{Host: target}
		return nil
	}
	if target != c.target || target == "" {
		own := strings.Clone(target) // without the rest of the head
		address, err := url.ParseRequestURI(own)
		if err != nil {
			return malformed("no request target")
		}
		c.target, c.url = own, *address
	}
	address := c.url
	req.URL = &address
	return nil
}

// host wants exactly one, of characters that names, addresses and ports have.
func host(req *http.Request) error {
	hosts := req.Header["Host"]
	if len(hosts) != 1 {
		return malformed("no Host, or several")
	}
	for _, c := range []byte(hosts[0]) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("-._:[]%", c) < 0 {
			return malformed("a Host that is none")
		}
	}
	delete(req.Header, "Host")
	if req.Host = req.URL.Host; req.Host == "" {
		req.Host = hosts[0]
	}
	return nil
}

// inbound finds out where the body ends (RFC 9112, 6.3), strictly.
func (c *session) inbound(req *http.Request) (*inbound, error) {
	coding, length := req.Header["Transfer-Encoding"], req.Header["Content-Length"]
	if len(coding)+len(length) > 1 {
		return nil, malformed("a body that ends in two ways")
	}
	b := &inbound{c: c, r: c.r}
	switch {
	case len(coding) == 1:
		if !strings.EqualFold(coding[0], "chunked") {
			return nil, malformed("a transfer coding other than chunked")
		}
		delete(req.Header, "Transfer-Encoding")
		req.TransferEncoding, req.ContentLength = []string{"chunked"}, -1
		b.chunks = &chunks{r: c.r}
	case len(length) == 1:
		n, err := strconv.ParseUint(length[0], 10, 63)
		if err != nil || len(length[0]) > 18 {
			return nil, malformed("Content-Length is no number")
		}
		req.ContentLength, b.left = int64(n), int64(n)
	}
	if b.chunks == nil && b.left == 0 {
		return nil, nil
	}
	switch expect := First(req.Header, "Expect"); {
	case strings.EqualFold(expect, "100-continue"):
		b.asks = req.ProtoMinor == 1
	case expect != "":
		return nil, &refusal{http.StatusExpectationFailed, "the only expectation that can be met is 100-continue"}
	}
	return b, nil
}

// inbound is a request's body.
type inbound struct {
	c *session

	mu     sync.Mutex // guards all below: who reads may be another than who answers
	r      *bufio.Reader
	chunks *chunks // nil: it has a length
	left   int64
	asks   bool // the client waits for our word before it sends (RFC 9110, 10.1.1)
	err    error
}

var errBodyClosed = errors.New("http1: the request is over, its body cannot be read any more")

// Read reads what has arrived.
func (b *inbound) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, b.err
	}
	if b.asks {
		b.asks = false
		_ = b.c.writeBy(in(b.c.server.HeadTime))
		if _, err := io.WriteString(b.c.nc, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			b.err = err
			return 0, err
		}
	}
	if b.chunks != nil {
		n, err = b.chunks.Read(p)
	} else {
		n, err = b.r.Read(p[:min(int64(len(p)), b.left)])
		if b.left -= int64(n); b.left == 0 && err == nil {
			err = io.EOF
		} else {
			err = torn(err)
		}
	}
	b.err = err
	return n, err
}

// Close does nothing: the server ends the body.
func (b *inbound) Close() error { return nil }

// maxRest is how much of an unread body is worth a connection.
const maxRest = 256 << 10

// readable reports whether the connection can be used again once the rest was
// read. While somebody reads it is not known.
func (b *inbound) readable() bool {
	if !b.mu.TryLock() {
		return false
	}
	defer b.mu.Unlock()
	return errors.Is(b.err, io.EOF) || b.err == nil && !b.asks && b.chunks == nil && b.left <= maxRest
}

// done reports whether all was read.
func (b *inbound) done() bool {
	if !b.mu.TryLock() {
		return false
	}
	defer b.mu.Unlock()
	return errors.Is(b.err, io.EOF)
}

// end is called after the answer: it drops what was not read, and reports whether
// the connection stands before the next request. A reader that is still at work
// is stopped.
func (b *inbound) end() bool {
	c, patience := b.c, b.c.server.RestTime
	if !b.mu.TryLock() {
		c.readBy(past)
		b.mu.Lock()
	}
	defer b.mu.Unlock()
	state := b.err
	b.err = errBodyClosed
	switch {
	case errors.Is(state, io.EOF):
		return true
	case state != nil:
		return false
	case b.asks || b.chunks != nil || b.left > maxRest:
		c.linger()
		return false
	}
	c.readBy(in(patience))
	n, err := io.CopyN(io.Discard, b.r, b.left)
	b.left -= n
	c.readBy(time.Time{})
	return err == nil
}
