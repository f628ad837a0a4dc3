package server

import (
	"net/http"

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

func (v *visit) overloaded(limit string) *llm.Error {
	if v.Meter != nil {
		v.Meter.Shed(limit)
	}
	return &llm.Error{Kind: llm.Overloaded, Status: http.StatusServiceUnavailable, Message: "the gateway is at its limit of requests: try again in a moment"}
}
