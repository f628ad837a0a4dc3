package mockllm

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

const typeJSON = "application/json"

// ending is how the playing of a script ended.
type ending int

const (
	played ending = iota
	gone          // the client left
	broken        // the connection must be broken now
)

func (e ending) outcome() string {
	if e == gone {
		return Canceled
	}
	return Done
}

// player puts one answer on the wire, with the faults its cue asks for. It
// knows no wire format.
type player struct {
	w     http.ResponseWriter
	ctx   context.Context // lives as long as one request
	voice voice
	id    string // of the request
}

const errorPage = `<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>This page is made by the mock provider.</p></body></html>
`

func (p player) play(c cue, t turn, sp speaker) ending {
	if !p.wait(c.Latency) {
		return gone
	}
	if c.Status != 0 {
		return p.fail(failure{Status: c.Status})
	}
	switch c.Fault {
	case hang:
		<-p.ctx.Done()
		return gone
	case hangup:
		return broken
	case html:
		return p.send(http.StatusBadGateway, "text/html; charset=utf-8", []byte(errorPage))
	}
	if st, ok := sp.(streamer); ok && sp.ask().Stream {
		return p.stream(c, t, st)
	}
	return p.whole(c, t, sp)
}

// wait reports whether the client is still there after d.
func (p player) wait(d time.Duration) bool {
	if d <= 0 {
		return p.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// retryAfter is what a 429 asks for: short, so that tests need not wait long.
const retryAfter = 50 * time.Millisecond

func (p player) fail(f failure) ending {
	if f.Status == http.StatusTooManyRequests {
		p.w.Header().Set("Retry-After-Ms", strconv.FormatInt(retryAfter.Milliseconds(), 10))
	}
	f.RequestID = p.id
	status, contentType, body := p.voice.failure(f)
	return p.send(status, contentType, body)
}

func (p player) send(status int, contentType string, body []byte) ending {
	p.w.Header().Set("Content-Type", contentType)
	p.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	p.w.WriteHeader(status)
	if _, err := p.w.Write(body); err != nil { //nolint:gosec // repeating the request is what a mock is for
		return gone
	}
	return played
}

// whole answers without a stream.
func (p player) whole(c cue, t turn, sp speaker) ending {
	if c.Fault == late {
		return p.fail(failure{Status: http.StatusInternalServerError})
	}
	contentType, body := sp.answer(t)
	switch c.Fault {
	case garbage:
		return p.send(http.StatusOK, contentType, []byte("this is not JSON <<<"))
	case half:
		return p.send(http.StatusOK, contentType, body[:len(body)/2])
	case cut, stall:
		p.w.Header().Set("Content-Type", contentType)
		p.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if !p.frame(body[:len(body)/2]) {
			return gone
		}
		return p.stop(c.Fault)
	}
	return p.send(http.StatusOK, contentType, body)
}

// stop ends an answer before its end.
func (p player) stop(f faultKind) ending {
	if f == stall {
		<-p.ctx.Done()
		return gone
	}
	return broken
}

func (p player) stream(c cue, t turn, st streamer) ending {
	p.w.Header().Set("Content-Type", st.streamType())
	p.w.Header().Set("Cache-Control", "no-cache")
	sent := 0
	for frame := range st.events(t) {
		if sent > 0 && !p.wait(c.Pause) {
			return gone
		}
		if c.Fault == garbage {
			// No wire format survives this: text is no JSON any more, binary
			// frames fail their checksum.
			frame = bytes.ReplaceAll(frame, []byte("{"), []byte("<"))
		} else if c.Fault != none && sent >= c.After {
			return p.fault(c.Fault, st, frame)
		}
		if !p.frame(frame) {
			return gone
		}
		sent++
	}
	return played
}

// fault is what happens in a stream instead of its next frame.
func (p player) fault(f faultKind, st streamer, frame []byte) ending {
	switch f {
	case half:
		frame = frame[:len(frame)/2]
	case late:
		frame = st.lateFailure(failure{Status: http.StatusInternalServerError, RequestID: p.id})
	default:
		return p.stop(f)
	}
	if !p.frame(frame) {
		return gone
	}
	return played
}

// frame sends bytes at once and reports whether the client is still there.
func (p player) frame(b []byte) bool {
	if p.ctx.Err() != nil {
		return false
	}
	if _, err := p.w.Write(b); err != nil { //nolint:gosec // as in send
		return false
	}
	return http.NewResponseController(p.w).Flush() == nil
}
