package server

import (
	"io"
	"net/http"
	"time"

	"sluice/internal/llm"
)

// reserve is how many health checks and readers of figures have a place beyond
// the limit (R31).
const reserve = 16

// enter takes a place among the requests in flight, if there is one.
func (s *Server) enter(path string) bool {
	limit := s.Limits.InFlight
	if isReserved(path) {
		limit += reserve
	}
	for {
		n := s.inFlight.Load()
		if n >= limit {
			return false
		}
		if s.inFlight.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Load is how many requests are in flight, and how many bytes of bodies they hold.
func (s *Server) Load() (requests, bytes int64) { return s.inFlight.Load(), s.buffered.Load() }

// The limits that requests are shed by.
const (
	InFlight     = "in_flight"
	BufferBudget = "buffer_budget"
)

// shed refuses a request for want of room, which limit names.
func (v *visit) shed(limit string) {
	v.refuse(v.overloaded(limit))
}

// boundRest gives what was not read of a body its time: net/http reads some of
// it once we are done, and would wait for a silent client for ever. The
// connection's next request has clocks of its own.
func (v *visit) boundRest() {
	if v.r.Body != http.NoBody {
		_ = http.NewResponseController(v.w).SetReadDeadline(time.Now().Add(v.Limits.StallTime))
	}
}

func (v *visit) overloaded(limit string) *llm.Error {
	if v.Meter != nil {
		v.Meter.Shed(limit)
	}
	return &llm.Error{Kind: llm.Overloaded, Status: http.StatusServiceUnavailable, Message: "the gateway is at its limit of requests: try again in a moment"}
}

// drained is how much of an unread body is worth a connection.
const drained = 256 << 10

// early readies a refusal that does not wait for the request's body, as net/http
// would before it writes a head, and still keeps the connection: under load a
// new one for each refusal costs more than the refusals. Where that cannot be,
// for a body that is large, of unknown length or that waits for our word, it is
// false, and the connection is to be closed.
func (v *visit) early() bool {
	if v.r.Body == http.NoBody {
		return true
	}
	n := v.r.ContentLength
	return n >= 0 && n <= drained && v.r.Header.Get("Expect") == "" && http.NewResponseController(v.w).EnableFullDuplex() == nil
}

// drain drops the body behind a refusal. What is left of one that does not come
// must never be read as a request.
func (v *visit) drain() {
	if v.r.Body == http.NoBody {
		return
	}
	control := http.NewResponseController(v.w)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(v.Limits.StallTime))
	if _, err := io.Copy(io.Discard, v.r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = control.SetReadDeadline(time.Time{})
}
