package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/cancel"
)

// session is one connection of a client's.
type session struct {
	server *Server
	nc     net.Conn
	wire   *wire // the same, for reading and writing
	remote string
	r      *bufio.Reader // over this session's Read; nil while nothing is to be read
	last   known         // the head of the last request
	header http.Header   // of answers, empty between two

	serving atomic.Pointer[cancel.Context] // of the request under way
	taken   bool                           // the handler has taken the connection over

	mu       sync.Mutex    // guards all below
	want     time.Time     // the deadline of reading
	within   time.Duration // the same, but counted from the next read; 0: it is not
	set      time.Time     // the one the connection has
	written  time.Time     // the deadline of writing that it has
	patience time.Duration // how far ahead that was
	reading  bool
	idle     bool // no byte of the next request has come
}

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readBuffer) }}

func newSession(s *Server, nc net.Conn) *session {
	return &session{server: s, nc: nc, wire: newWire(nc), remote: nc.RemoteAddr().String()}
}

// Read reads from the connection, by the deadline there is. A deadline is handed
// on only here: what is in the buffer already needs none.
func (c *session) Read(p []byte) (int, error) {
	c.mu.Lock()
	if c.reading = true; c.within > 0 {
		c.want, c.within = in(c.within), 0
	}
	c.setDeadline()
	c.mu.Unlock()
	n, err := c.wire.Read(p)
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
	return n, err
}

// setDeadline is called with mu held.
func (c *session) setDeadline() {
	if c.want != c.set {
		_ = c.nc.SetReadDeadline(c.want)
		c.set = c.want
	}
}

// readBy sets the deadline of all reading, also of a read under way.
func (c *session) readBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.within = 0
	if c.want = t; c.reading {
		c.setDeadline()
	}
}

// writeBy sets the deadline of all writing.
func (c *session) writeBy(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since(c.written, t, c.patience).Equal(c.written) {
		return nil
	}
	c.written, c.patience = t, time.Until(t)
	return c.nc.SetWriteDeadline(t)
}

// serve answers one request after the other.
func (c *session) serve() {
	defer func() {
		if !c.taken {
			_ = c.nc.Close()
		}
		c.release()
	}()
	for wait := c.server.HeadTime; ; wait = c.server.IdleTime {
		if !c.awaits(wait) {
			return
		}
		if !c.answer() {
			return
		}
	}
}

// awaits waits for the first byte of a request.
func (c *session) awaits(wait time.Duration) bool {
	c.acquire()
	c.mu.Lock()
	c.idle, c.want, c.within = true, since(c.set, in(wait), wait), 0
	c.mu.Unlock()
	if c.server.leaving.Load() {
		c.leave()
	}
	_, err := c.r.Peek(1)
	c.mu.Lock()
	c.idle, c.want, c.within = false, time.Time{}, c.server.HeadTime
	c.mu.Unlock()
	return err == nil
}

// in is a moment from now on; never, for 0.
func in(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// since is a deadline that a connection has already, if it does for the next one,
// of a wait: a busy connection moves it now and then, and not for each request.
func since(had, next time.Time, wait time.Duration) time.Time {
	if early := next.Sub(had); early >= 0 && early <= wait/64 && !next.IsZero() {
		return had
	}
	return next
}

// acquire gets a buffer to read through, and release gives it back: connections
// that stream or are done need none.
func (c *session) acquire() {
	if c.r == nil {
		c.r, _ = readers.Get().(*bufio.Reader)
		c.r.Reset(c)
	}
}

func (c *session) release() {
	if c.r != nil && !c.taken {
		c.r.Reset(nil)
		readers.Put(c.r)
		c.r = nil
	}
}

// turn is one request and its answer: one piece of memory for all of it, which is
// not used again, since a handler may leave somebody behind.
type turn struct {
	ctx  cancel.Context
	req  http.Request
	url  url.URL // of req
	body inbound // of req, if it has one
	w    response
}

// answer serves a request; it reports whether another may follow.
func (c *session) answer() (again bool) {
	t := new(turn)
	defer t.ctx.Cancel(context.Canceled)
	body, err := c.request(t)
	if err != nil {
		c.refuse(err)
		return false
	}
	c.readBy(time.Time{})
	c.serving.Store(&t.ctx)
	t.w = response{c: c, req: &t.req, body: body, keep: keeps(t.req.Header, t.req.ProtoMinor) && !c.server.leaving.Load()}
	whole := c.handle(&t.w, &t.req)
	c.serving.Store(nil)
	if c.taken {
		return false
	}
	t.w.drop()
	clear(c.header)
	if len(c.last.lines) == 0 {
		c.last.forget()
	}
	if body == nil {
		return whole && t.w.keep
	}
	return body.end() && whole && t.w.keep
}

// handle runs the handler; false means that the answer broke off.
func (c *session) handle(w *response, req *http.Request) (whole bool) {
	defer func() {
		if p := recover(); p != nil {
			whole = false
			if p != http.ErrAbortHandler && c.server.Panicked != nil { //nolint:errorlint // a sentinel that is panicked as it is
				c.server.Panicked(p)
			}
		}
	}()
	c.server.Handler.ServeHTTP(w, req)
	return c.taken || w.finish()
}

// lookAfter cancels the request whose client is not there any more.
func (c *session) lookAfter() {
	now := c.serving.Load()
	if now == nil || c.wire.raw == nil { // nobody can see whether the client is still there
		return
	}
	gone := false
	err := c.wire.raw.Control(func(fd uintptr) { gone = look(fd) == over })
	if gone || errors.Is(err, net.ErrClosed) {
		now.Cancel(context.Canceled)
	}
}

func (c *session) cut(cause error) {
	if now := c.serving.Load(); now != nil {
		now.Cancel(cause)
	}
}

// parting is how long a client has to send what is on its way already, when the
// server leaves.
const parting = 100 * time.Millisecond

// leave ends the wait for a request soon.
func (c *session) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.idle {
		return
	}
	if soon := in(parting); c.want.IsZero() || soon.Before(c.want) {
		c.want = soon
	}
	if c.reading {
		c.setDeadline()
	}
}

// refuse answers what is no request, and closes.
func (c *session) refuse(err error) {
	status, message := http.StatusBadRequest, "malformed request"
	var e *refusal
	switch {
	case errors.As(err, &e):
		status, message = e.status, e.message
	case errors.Is(err, errLargeHead):
		status, message = http.StatusRequestHeaderFieldsTooLarge, "the headers are too large"
	case errors.Is(err, ErrMalformed):
	default: // the client went away, or sends nothing more
		return
	}
	w := &response{c: c, req: &http.Request{Method: http.MethodGet, ProtoMinor: 1}}
	body := []byte(message + "\n")
	w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
	if c.server.Refusal != nil {
		var mediaType string
		mediaType, body = c.server.Refusal(status, message)
		w.Header()["Content-Type"] = []string{mediaType}
	}
	_ = c.writeBy(in(c.server.HeadTime))
	w.WriteHeader(status)
	_, _ = w.Write(body)
	w.finish()
	w.drop()
	c.linger()
}

// lingering is how long a connection is read from after its last answer, when
// the client may still be sending: a connection that is closed with something
// unread is reset, and then the client may never see the answer.
const lingering = 500 * time.Millisecond

func (c *session) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.readBy(time.Now().Add(lingering))
	_, _ = io.CopyN(io.Discard, c, maxRest)
}
