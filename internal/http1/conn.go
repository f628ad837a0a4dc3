package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"sluice/internal/cancel"
)

// conn is one connection, used by one request at a time.
type conn struct {
	t     *Transport
	at    origin
	nc    net.Conn
	raw   syscall.RawConn // of the TCP connection; nil: cannot be asked whether it lives
	r     *bufio.Reader
	since time.Time // idle since

	sent int // bytes of the request under way

	see  func(fd uintptr) // looks into the socket
	seen sight
}

// readBuffer is what an answer is read through. Streams of many small events fit
// several into it.
const readBuffer = 4 << 10

func newConn(t *Transport, at origin, nc net.Conn) *conn {
	w := newWire(nc)
	c := &conn{t: t, at: at, nc: w, raw: w.raw}
	c.see = func(fd uintptr) { c.seen = look(fd) }
	c.r = bufio.NewReaderSize(c.nc, readBuffer)
	return c
}

// secure puts TLS around the connection.
func (c *conn) secure(nc *tls.Conn) {
	c.nc = nc
	c.r.Reset(nc)
}

func (c *conn) close() { _ = c.nc.Close() }

// past is a deadline that makes every read and write under way return.
var past = time.Unix(1, 0)

// Ended makes whatever is waited for return.
func (c *conn) Ended(error) { _ = c.nc.SetDeadline(past) }

// exchange sends a request and reads the head of its answer, into a header that may
// be nil. A context that ends makes whatever is waited for return.
func (c *conn) exchange(req *http.Request, header http.Header) (*http.Response, error) {
	ctx := req.Context()
	c.sent = 0
	hold := cancel.Listen(ctx, c)
	sending, err := c.send(req)
	if err == nil {
		var resp *http.Response
		if resp, err = c.receive(req, header, hold, sending); err == nil {
			return resp, nil
		}
	}
	hold.Release()
	select {
	case wrote := <-sending: // why the answer could not come
		if wrote != nil {
			err = wrote
		}
	default:
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return nil, err
}

// atOnce is how large a body may be to be sent before the answer is looked for:
// what the sockets on the way hold anyway.
const atOnce = 64 << 10

var heads = sync.Pool{New: func() any { b := make([]byte, 0, 2<<10); return &b }}

// send writes the request. A body that is large, or of unknown length, goes out
// while the answer is waited for already: a provider may refuse it early. The
// channel tells how that went.
func (c *conn) send(req *http.Request) (sending chan error, err error) {
	buf, _ := heads.Get().(*[]byte)
	defer func() { *buf = (*buf)[:0]; heads.Put(buf) }()
	known, _ := req.Body.(*whole)
	*buf = appendHead(*buf, req)
	if req.Body == nil || req.Body == http.NoBody {
		return nil, c.write(*buf)
	}
	if known != nil && len(known.b) <= 8<<10 { // one write is cheaper than two
		*buf = append(*buf, known.b...)
		return nil, c.write(*buf)
	}
	head, rest := *buf, []byte(nil)
	if known != nil {
		head, rest = c.offer(head, known.b)
	}
	if err = c.write(head); err != nil {
		_ = req.Body.Close()
		return nil, err
	}
	if known != nil && len(rest) <= atOnce {
		return nil, c.write(rest)
	}
	return c.sendOn(req, known, rest), nil
}

// sendOn sends a body, or the rest of one that is known, beside whoever waits for
// the answer.
func (c *conn) sendOn(req *http.Request, known *whole, rest []byte) chan error {
	sending := make(chan error, 1)
	var use *Use
	if known != nil {
		use = known.use
	}
	use.begin()
	go func() {
		defer use.end()
		err := c.sendBody(req, rest)
		_ = req.Body.Close()
		if sending <- err; err != nil && !refused(err) {
			c.close() // nobody will get an answer to half a question
		}
	}()
	return sending
}

// refused reports whether the provider closed its end while a body was sent:
// its answer may be there all the same.
func refused(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

func (c *conn) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := c.nc.Write(b)
	c.sent += n
	return err
}

// offer writes what the socket takes of a request at once, most often all of it,
// and returns what is left.
func (c *conn) offer(head, body []byte) (restOfHead, restOfBody []byte) {
	if _, secure := c.nc.(*tls.Conn); secure || c.raw == nil {
		return head, body
	}
	n, some := 0, body[:min(len(body), mostAtOnce)]
	publish(head, some)
	_ = c.raw.Control(func(fd uintptr) { n = offer(fd, head, some) })
	c.sent += n
	if n < len(head) {
		return head[n:], body
	}
	return nil, body[n-len(head):]
}

// sendBody writes a body piece by piece, or the rest of one that is known: a
// provider that does not take one in time is given up.
func (c *conn) sendBody(req *http.Request, rest []byte) error {
	out := &stalling{c: c}
	switch {
	case rest != nil:
		_, err := out.Write(rest)
		return err
	case req.ContentLength >= 0:
		n, err := io.Copy(out, io.LimitReader(req.Body, req.ContentLength))
		if err == nil && n < req.ContentLength {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	buf := make([]byte, 16<<10)
	for {
		n, err := req.Body.Read(buf)
		if n > 0 {
			head := append(strconv.AppendInt(nil, int64(n), 16), "\r\n"...)
			if _, err := out.Write(append(append(head, buf[:n]...), "\r\n"...)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			_, err = out.Write([]byte("0\r\n\r\n"))
			return err
		}
		if err != nil {
			return err
		}
	}
}

// stalling writes with a deadline for each piece.
type stalling struct{ c *conn }

func (s *stalling) Write(p []byte) (n int, err error) {
	const piece = 64 << 10
	for n < len(p) && err == nil {
		if s.c.t.WriteStall > 0 {
			_ = s.c.nc.SetWriteDeadline(time.Now().Add(s.c.t.WriteStall))
		}
		var m int
		m, err = s.c.nc.Write(p[n:min(n+piece, len(p))])
		n += m
	}
	if s.c.t.WriteStall > 0 && err == nil {
		_ = s.c.nc.SetWriteDeadline(time.Time{})
	}
	return n, err
}

// receive reads the head of the answer and makes its body.
func (c *conn) receive(req *http.Request, header http.Header, hold cancel.Hold, sending chan error) (*http.Response, error) {
	h, err := c.head(header)
	for interim := 0; err == nil && h.status < 200; interim++ {
		if h.status == http.StatusSwitchingProtocols || interim == c.t.Interim {
			err = malformed("too many interim answers, or an upgrade nobody asked for")
			break
		}
		clear(h.header)
		h, err = c.head(h.header)
	}
	if err != nil {
		return nil, err
	}
	got := &struct { // one piece of memory
		body
		http.Response
	}{body: body{c: c, hold: hold, sending: sending, keep: h.keep, ctx: req.Context()}}
	b, resp := &got.body, &got.Response
	*resp = http.Response{
		Status: h.reason, StatusCode: h.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: h.minor,
		Header: h.header, ContentLength: -1, Body: b, Request: req,
	}
	switch {
	case req.Method == http.MethodHead, h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		resp.ContentLength = max(h.length, 0)
		b.left = 0
	case h.chunked:
		b.chunks = &chunks{r: c.r}
	case h.length >= 0:
		resp.ContentLength, b.left = h.length, h.length
	default: // to the end of the connection
		b.left, b.keep, b.untilClose = -1, false, true
	}
	if b.chunks == nil && b.left == 0 {
		b.finish()
		resp.Body = http.NoBody
	}
	return resp, nil
}

// alive reports whether an idle connection can be used: nothing came on it, and
// it was not closed.
func (c *conn) alive() bool {
	if c.r.Buffered() > 0 {
		return false
	}
	if c.raw == nil {
		return true
	}
	err := c.raw.Control(c.see)
	return err == nil && c.seen == silent
}

// timedOut is what a canceled wait looks like from inside.
func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
