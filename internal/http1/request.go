package http1

import (
	"bufio"
	"cmp"
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
func (c *session) request(t *turn) (*inbound, error) {
	k := &c.last
	if !k.repeated(c.r) {
		text, err := readHead(c.r, c.server.HeadBytes, "")
		if err != nil {
			return nil, err
		}
		if err := k.read(text, c.server.HeadBytes); err != nil {
			return nil, err
		}
	}
	t.req, t.url = *k.req.WithContext(&t.ctx), k.url
	t.req.URL, t.req.RemoteAddr = &t.url, c.remote
	has, err := c.inbound(t)
	if err != nil || !has {
		return nil, err
	}
	t.req.Body = &t.body
	return &t.body, nil
}

// read reads the head of a request from its text.
func (k *known) read(text string, most int) error {
	k.forget()
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		return malformed("a bare line feed")
	}
	line, rest := cutLine(text)
	k.req.ProtoMajor, k.req.Body = 1, http.NoBody
	if err := k.requestLine(line); err != nil {
		return err
	}
	var err error
	if k.req.Header, err = fields(k.req.Header, rest, most); err != nil {
		return err
	}
	k.remember(text)
	return k.host()
}

// requestLine reads "POST /v1/chat/completions HTTP/1.1".
func (k *known) requestLine(line string) error {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || !isToken(method) || !IsValue(line) {
		return malformed("no request line")
	}
	req := &k.req
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
		k.url = url.URL{Host: target}
		return nil
	}
	address, err := url.ParseRequestURI(target)
	if err != nil {
		return malformed("no request target")
	}
	k.url = *address
	return nil
}

// host wants exactly one, of characters that names, addresses and ports have.
func (k *known) host() error {
	hosts := k.req.Header["Host"]
	if len(hosts) != 1 {
		return malformed("no Host, or several")
	}
	for _, c := range []byte(hosts[0]) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("-._:[]%", c) < 0 {
			return malformed("a Host that is none")
		}
	}
	delete(k.req.Header, "Host")
	k.req.Host = cmp.Or(k.url.Host, hosts[0])
	return nil
}

// inbound finds out where the body ends (RFC 9112, 6.3), strictly.
func (c *session) inbound(t *turn) (has bool, err error) {
	req, b := &t.req, &t.body
	coding, length := req.Header["Transfer-Encoding"], req.Header["Content-Length"]
	if len(coding)+len(length) > 1 {
		return false, malformed("a body that ends in two ways")
	}
	b.c, b.r = c, c.r
	switch {
	case len(coding) == 1:
		if !strings.EqualFold(coding[0], "chunked") {
			return false, malformed("a transfer coding other than chunked")
		}
		delete(req.Header, "Transfer-Encoding")
		c.last.lines = c.last.lines[:0] // its header is no longer what its lines say
		req.TransferEncoding, req.ContentLength = []string{"chunked"}, -1
		b.chunks = &chunks{r: c.r}
	case len(length) == 1:
		n, err := strconv.ParseUint(length[0], 10, 63)
		if err != nil || len(length[0]) > 18 {
			return false, malformed("Content-Length is no number")
		}
		req.ContentLength, b.left = int64(n), int64(n)
	}
	if b.chunks == nil && b.left == 0 {
		return false, nil
	}
	switch expect := First(req.Header, "Expect"); {
	case strings.EqualFold(expect, "100-continue"):
		b.asks = req.ProtoMinor == 1
	case expect != "":
		return false, &refusal{http.StatusExpectationFailed, "the only expectation that can be met is 100-continue"}
	}
	return true, nil
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
