package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/internal/llm"
)

// answer writes a provider's answer.
func (v *visit) answer(a *llm.Answer) {
	v.origin, v.usage = a.Origin, a.Usage
	v.asArray(a)
	h := v.w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	v.mark(h, a.Body)
	if len(a.NotCarried) > 0 {
		h.Set("X-Sluice-Not-Carried", list(a.NotCarried))
	}
	if a.Stream != nil {
		v.stream(a)
		return
	}
	v.write(a.Body, v.head(a.Status))
}

// mark sets the headers that every answer from a target has (contract, §4), and
// the length of a body that is known; nil: it is not.
func (v *visit) mark(h http.Header, body []byte) {
	said := []string{v.trace, v.origin.Provider, v.origin.Path, strconv.Itoa(v.origin.Retries), ""} // one piece of memory for all
	h["X-Portkey-Trace-Id"] = said[0:1:1]
	h["X-Portkey-Provider"] = said[1:2:2]
	h["X-Portkey-Last-Used-Option-Index"] = said[2:3:3]
	h["X-Portkey-Retry-Attempt-Count"] = said[3:4:4]
	h["X-Portkey-Cache-Status"] = uncached
	if body != nil {
		said[4] = strconv.Itoa(len(body))
		h["Content-Length"] = said[4:5:5]
	}
	v.warn(h)
}

var uncached = []string{"DISABLED"}

func (v *visit) warn(h http.Header) {
	if len(v.warnings) > 0 {
		h.Set("X-Sluice-Warning", list(v.warnings))
	}
}

// list joins texts into a header value of printable ASCII and bounded length.
func list(texts []string) string {
	joined := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.Join(texts, ", "))
	return joined[:min(len(joined), 2<<10)]
}

func (v *visit) head(status int) (now time.Time) {
	now = time.Now()
	v.status = status
	v.first = now.Sub(v.start)
	v.w.WriteHeader(status)
	return now
}

// write gives a client that does not read its time, and no more.
func (v *visit) write(b []byte, now time.Time) bool {
	_ = http.NewResponseController(v.w).SetWriteDeadline(now.Add(v.Limits.WriteStall))
	if _, err := v.w.Write(b); err != nil {
		v.outcome = "canceled"
		return false
	}
	return true
}

// stream passes frames on until the stream ends. Every batch of events that
// has arrived is flushed at once (R22); reading waits for the client (R23).
func (v *visit) stream(a *llm.Answer) {
	defer func() { _ = a.Stream.Close() }()
	control := http.NewResponseController(v.w)
	if a.Events {
		h := v.w.Header()
		h["Cache-Control"] = []string{"no-store"}
		h["X-Accel-Buffering"] = []string{"no"}
	}
	v.head(a.Status)
	var deadline time.Time
	for {
		frame, err := a.Stream.Next()
		if err != nil {
			v.usage, _ = a.Stream.Facts()
			if errors.Is(err, io.EOF) {
				return
			}
			v.cut(a, err)
		}
		if now := time.Now(); now.Add(v.Limits.WriteStall - time.Second).After(deadline) {
			deadline = now.Add(v.Limits.WriteStall)
			_ = control.SetWriteDeadline(deadline)
		}
		if _, err = v.w.Write(frame.Raw); err == nil && !frame.More {
			err = control.Flush()
		}
		if err != nil {
			v.usage, _ = a.Stream.Facts()
			v.outcome = "canceled"
			panic(http.ErrAbortHandler)
		}
	}
}

// cut ends a stream that failed: an error event where events travel, no end
// mark, and a connection that breaks off (R20).
func (v *visit) cut(a *llm.Answer, err error) {
	v.err = err
	var e *llm.Error
	if errors.As(err, &e) && e.Kind == llm.Canceled {
		v.outcome = "canceled"
		panic(http.ErrAbortHandler)
	}
	v.outcome = "interrupted"
	if e != nil && a.Events {
		e.Origin = a.Origin
		frame := e.Frame
		if frame == nil {
			frame = v.door.AppendErrorFrame(nil, e)
		}
		if v.write(frame, time.Now()) {
			_ = http.NewResponseController(v.w).Flush()
		}
	}
	panic(http.ErrAbortHandler)
}

// refuse writes a failure, ours or a provider's, as the whole answer.
func (v *visit) refuse(err error) {
	v.err = err
	var e *llm.Error
	if !errors.As(err, &e) {
		v.Log.Error("unexpected error", "error", err)
		e = &llm.Error{Kind: llm.Internal, Status: http.StatusInternalServerError, Message: "internal error"}
	}
	if e.Kind == llm.Canceled {
		v.outcome = "canceled"
		v.status = 499 // for the log; nobody reads the answer
		panic(http.ErrAbortHandler)
	}
	h := v.w.Header()
	for name, values := range e.Header {
		h[name] = values
	}
	v.origin = e.Origin
	if e.Path != "" {
		v.mark(h, nil)
	} else {
		h["X-Portkey-Trace-Id"] = []string{v.trace}
		v.warn(h)
	}
	if e.Kind == llm.NotSupported && e.Path != "" || e.Kind == llm.Internal {
		h["X-Portkey-Gateway-Exception"] = []string{"true"}
	}
	if e.Kind == llm.Overloaded || e.Kind == llm.ShuttingDown {
		h["Retry-After"] = []string{"1"}
	}
	body := e.Body
	if e.Kind != llm.UpstreamStatus || e.Message == "" || body == nil {
		body = v.door.EncodeError(e)
	}
	v.json(e.Status, body)
}

// Refusal is the answer to what is no request at all, in the words of OpenAI's
// API: whose client it is nobody knows.
func (s *Server) Refusal(status int, message string) (mediaType string, body []byte) {
	e := &llm.Error{Kind: llm.InvalidRequest, Status: status, Message: message}
	return "application/json", s.openai.EncodeError(e)
}

// json writes a body of our own, or one that passes for it.
func (v *visit) json(status int, body []byte) {
	h := v.w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Cache-Control"] = []string{"no-store"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["X-Portkey-Trace-Id"] = []string{v.trace}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	v.write(body, v.head(status))
}

func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
