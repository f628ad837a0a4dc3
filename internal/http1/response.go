package http1

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// response writes one answer. What a handler writes is kept until it is much,
// until it is flushed, or until the handler returns, so that whoever has read an
// answer finds it in the log; it goes out with the head, if that is still here, in
// one piece.
type response struct {
	c    *session
	req  *http.Request
	body *inbound // of the request; nil: it has none
	keep bool     // the connection may be used again
	err  error

	status  int   // 0: no head yet
	bare    bool  // there is no body, whatever is written
	framed  bool  // the head is complete
	chunked bool  // how the body is framed, if it has no length: else to the connection's end
	left    int64 // of the length that was said; -1: none was

	out  *[]byte // goes out as it is: the head, and a body with a length; nil: nothing
	wait *[]byte // behind room for a chunk's size: a body that is not framed yet; nil: nothing
}

const (
	kept = 8 << 10       // bytes of a body that are kept before they are sent
	room = 8 + len(crlf) // for the size of a chunk
	crlf = "\r\n"
)

// buffers have a size most answers fit in.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

func grab(b **[]byte, size int) {
	if *b == nil {
		*b, _ = buffers.Get().(*[]byte)
		**b = (**b)[:size]
	}
}

func drop(b **[]byte) {
	if *b == nil {
		return
	}
	if cap(**b) <= 4*kept {
		buffers.Put(*b)
	}
	*b = nil
}

// Header is what the head will have. It is the connection's: nobody may keep it.
func (w *response) Header() http.Header {
	if w.c.header == nil {
		w.c.header = make(http.Header, 12)
	}
	return w.c.header
}

// WriteHeader begins the answer. From then on the header has no effect.
func (w *response) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	if status < 200 || status > 999 {
		panic(fmt.Sprintf("http1: a status of %d", status))
	}
	w.status, w.left = status, -1
	w.bare = w.req.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
	w.keep = w.keep && (w.body == nil || w.body.readable()) && !w.c.server.leaving.Load()
	w.begin()
	if w.left >= 0 || w.bare {
		w.frame()
	}
}

// begin writes the head, but for how the body is framed.
func (w *response) begin() {
	grab(&w.out, 0)
	b := append(strconv.AppendInt(append(*w.out, "HTTP/1.1 "...), int64(w.status), 10), ' ')
	b = append(append(b, http.StatusText(w.status)...), crlf...)
	for name, values := range w.c.header {
		switch name {
		case "Connection":
			w.keep = w.keep && keeps(w.c.header, 1)
		case "Content-Length":
			if n, err := strconv.ParseInt(First(w.c.header, name), 10, 64); err == nil && n >= 0 && w.status != http.StatusNoContent {
				w.left = n
			}
		case "Transfer-Encoding", "Date":
		default:
			for _, v := range values {
				b = appendField(b, name, v)
			}
		}
	}
	*w.out = append(append(append(b, "Date: "...), date()...), crlf...)
}

// appendField writes a line of a head. Whatever could end it becomes a space.
func appendField(b []byte, name, value string) []byte {
	if !isToken(name) {
		return b
	}
	b = append(append(b, name...), ": "...)
	at := len(b)
	b = append(b, value...)
	if !IsValue(value) {
		for i, c := range b[at:] {
			if isControl(c) {
				b[at+i] = ' '
			}
		}
	}
	return append(b, crlf...)
}

// frame completes the head: it is known how the body ends.
func (w *response) frame() {
	b := *w.out
	switch {
	case w.left >= 0:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), w.left, 10), crlf...)
	case w.bare:
	case w.req.ProtoMinor == 0:
		w.keep = false
	default:
		w.chunked = true
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case !w.keep:
		b = append(b, "Connection: close\r\n"...)
	case w.req.ProtoMinor == 0:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	*w.out, w.framed = append(b, crlf...), true
}

// stamp is a second, and how it is written.
type stamp struct {
	second int64
	text   string
}

var today atomic.Pointer[stamp]

// date is the time now as heads have it.
func date() string {
	now := time.Now()
	s := today.Load()
	if s == nil || s.second != now.Unix() {
		s = &stamp{now.Unix(), now.UTC().Format(http.TimeFormat)}
		today.Store(s)
	}
	return s.text
}

// Write adds to the body.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case w.err != nil:
		return 0, w.err
	case w.bare:
		return len(p), nil
	case w.framed && !w.chunked:
		return w.plain(p)
	}
	grab(&w.wait, room)
	if *w.wait = append(*w.wait, p...); len(*w.wait) > kept {
		return len(p), w.send(false)
	}
	return len(p), nil
}

// plain writes a body that needs no frame.
func (w *response) plain(p []byte) (n int, err error) {
	over := w.left >= 0 && int64(len(p)) > w.left
	if over {
		p = p[:w.left]
	}
	if w.left >= 0 {
		w.left -= int64(len(p))
	}
	if grab(&w.out, 0); len(*w.out)+len(p) <= kept {
		*w.out = append(*w.out, p...)
	} else {
		pieces := net.Buffers{*w.out, p}
		_, w.err = pieces.WriteTo(w.c.nc)
		err = w.err
		drop(&w.out)
	}
	if over && err == nil {
		err = http.ErrContentLength
	}
	return len(p), err
}

// send sends what is there; last: there is nothing more to come.
func (w *response) send(last bool) error {
	if w.err != nil {
		return w.err
	}
	if !w.framed {
		w.frame()
	}
	b := w.chunk(last)
	if w.out != nil {
		*w.out = append(*w.out, b...)
		b = *w.out
	}
	if len(b) > 0 {
		_, w.err = w.c.wire.Write(b)
	}
	drop(&w.out)
	drop(&w.wait)
	return w.err
}

// chunk makes one of what waits, or takes it as it is.
func (w *response) chunk(last bool) (b []byte) {
	at := room
	if w.wait == nil && (!last || !w.chunked) {
		return nil
	}
	grab(&w.wait, room)
	b = *w.wait
	if w.chunked && len(b) > room {
		var digits [16]byte
		size := strconv.AppendUint(digits[:0], uint64(len(b)-room), 16)
		at -= len(crlf) + len(size)
		copy(b[at:], size)
		copy(b[room-len(crlf):], crlf)
		b = append(b, crlf...)
	}
	if w.chunked && last {
		b = append(b, "0\r\n\r\n"...)
	}
	*w.wait = b
	return b[at:]
}

// Flush sends what was written so far.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError does the same, and says how it went.
func (w *response) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.c.r != nil && w.c.r.Buffered() == 0 && (w.body == nil || w.body.done()) { // a stream needs no buffer to read through
		w.c.release()
		w.c.last.lines = nil // nor what its head is compared with
	}
	return w.send(false)
}

// finish ends the answer. False means that it is not whole.
func (w *response) finish() bool {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.framed {
		if w.left = 0; w.wait != nil {
			w.left = int64(len(*w.wait) - room)
		}
		w.frame()
		w.left = 0
	}
	return w.send(true) == nil && w.left <= 0
}

// drop gives the buffers back.
func (w *response) drop() {
	drop(&w.out)
	drop(&w.wait)
}

// SetReadDeadline bounds the reading of the request's body.
func (w *response) SetReadDeadline(t time.Time) error {
	w.c.readBy(t)
	return nil
}

// SetWriteDeadline bounds all writing, until the next one is set.
func (w *response) SetWriteDeadline(t time.Time) error { return w.c.writeBy(t) }

// EnableFullDuplex changes nothing: it is always so.
func (w *response) EnableFullDuplex() error { return nil }

// Hijack hands the connection over, with what was read of it too early.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.status != 0 || w.c.taken {
		return nil, nil, errors.New("http1: the answer has begun, or the connection was taken over before")
	}
	w.c.taken = true
	w.c.readBy(time.Time{})
	w.c.acquire()
	return w.c.nc, bufio.NewReadWriter(w.c.r, bufio.NewWriter(w.c.nc)), w.c.nc.SetDeadline(time.Time{})
}
