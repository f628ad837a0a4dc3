package server

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"sluice/internal/dialect"
	"sluice/internal/gateway"
	"sluice/internal/http1"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Options are what a Server is made of.
type Options struct {
	Gateway        *gateway.Gateway
	Dialects       func(name string) (*dialect.Dialect, bool)
	Limits         Limits
	AllowedHosts   []string // beside those nobody can rebind (S21)
	AllowedOrigins []string // pages that may open sockets (S23)
	Hop            string   // our own hop token (S15)
	Log            *slog.Logger
	Version        string
	Shared         *Shared               // what it goes on counting; nil: it begins anew
	Meter          Meter                 // nil: nobody counts
	Metrics        func(b []byte) []byte // appends the page at /metrics; nil: there is none (S54)
}

// Meter counts requests. Its words are bounded: operations, catalogue ids,
// outcomes and the names of limits.
type Meter interface {
	Request(op, provider, outcome string, firstByte, total time.Duration)
	Shed(limit string)
}

// Shared is what one Server hands to the next that takes its place: both are at
// work for a while, and the limits hold for their requests together (R27).
type Shared struct {
	inFlight atomic.Int64
	buffered atomic.Int64
	draining atomic.Bool
}

// Limits bound what a client may send (reliability rules, section 1).
type Limits struct {
	BodyBytes    int64 // of a JSON request
	UploadBytes  int64 // of any other
	BufferBytes  int64 // JSON bodies of all requests together
	InFlight     int64
	BodyTime     time.Duration // for the whole body
	StallTime    time.Duration // without a byte of it
	WriteStall   time.Duration // a client that does not read
	HeaderBytes  int           // one header
	HeadersBytes int           // all headers
	HeaderCount  int
	LineBytes    int // the request line
}

// Server answers HTTP requests.
type Server struct {
	Options
	*Shared
	openai  *dialect.Dialect
	lists   modelLists
	journal Journal // what Log writes to, if it is one
}

// New makes a Server.
func New(o Options) *Server {
	classed(table)
	door, _ := o.Dialects("openai")
	if o.Shared == nil {
		o.Shared = &Shared{}
	}
	s := &Server{Options: o, Shared: o.Shared, openai: door, lists: newModelLists(o.Gateway.Compiler.Catalogue)}
	if o.Log != nil {
		s.journal, _ = o.Log.Handler().(Journal)
	}
	return s
}

// Drain makes /readyz say that no new requests are wanted.
func (s *Server) Drain() { s.draining.Store(true) }

// visit is one HTTP request being answered.
type visit struct {
	*Server
	w     http.ResponseWriter
	r     *http.Request
	trace string
	start time.Time
	first time.Duration // until the head of the answer; 0: there is none

	op       llm.Op
	door     *dialect.Dialect // what the client speaks
	path     string           // normalised, behind /v1
	status   int
	origin   llm.Origin
	model    string
	streamed bool // asked for in the address
	upgrade  bool // to a WebSocket

	deployment string // of Azure's, which is the model where the body names none
	served     bool   // it is for a provider
	asked      gateway.Exchange
	object     jsonx.Object // the body
	held       int64        // bytes counted in Server.buffered
	attempts   int
	usage      *llm.Usage
	outcome    string
	warnings   []string
	err        error

	room room
	free bool // nobody looks at the room, nor at anything else of the visit, any more
}

// ServeHTTP answers one request. A panic stays within it (R03).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, _ := visits.Get().(*visit)
	v.Server, v.w, v.r, v.start, v.door, v.trace = s, w, r, time.Now(), s.openai, traceID(r.Header)
	v.answered()
	if v.free {
		v.leave()
	}
}

// answered answers the request and writes its line.
func (v *visit) answered() {
	defer v.log()
	defer v.recover()
	if !v.enter(v.r.URL.Path) {
		v.shed(InFlight)
		return
	}
	defer v.inFlight.Add(-1)
	v.route()
}

func (v *visit) recover() {
	p := recover()
	if p == nil {
		return
	}
	aborted := p == http.ErrAbortHandler //nolint:errorlint // a sentinel that is panicked as it is
	if !aborted {
		v.Log.Error("panic", "value", p, "stack", string(debug.Stack()))
		if v.status == 0 {
			v.refuse(&llm.Error{Kind: llm.Internal, Status: http.StatusInternalServerError, Message: "internal error"})
			return
		}
		v.outcome = "panic" // an answer is under way: it must look cut (R20)
	}
	v.log()
	panic(http.ErrAbortHandler)
}

// traceID is the caller's, if it is one, or a new one: clients repeat a failed
// call whose answer has none (S45; SDK routes, portkey-ai).
func traceID(h http.Header) string {
	id := http1.First(h, "X-Portkey-Trace-Id")
	if len(id) < 1 || len(id) > 128 {
		return newTraceID()
	}
	for _, c := range []byte(id) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != ':' && c != '-' {
			return newTraceID()
		}
	}
	return id
}

// newTraceID is 26 letters and digits. It must be unlike all others, but may be
// guessed: nothing is granted to who knows it.
func newTraceID() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" // of five bits each
	var id [26]byte
	var bits uint64
	for i := range id {
		if i%12 == 0 {
			bits = rand.Uint64()
		}
		id[i] = letters[bits%32]
		bits /= 32
	}
	return string(id[:])
}

// log writes the one line of a request, once.
func (v *visit) log() {
	if v.trace == "" {
		return
	}
	now := time.Now()
	l := Line{
		Time: now, Method: v.r.Method, Path: v.r.URL.Path, Status: v.status, Provider: v.origin.Provider, Target: v.origin.Path,
		Model: v.model[:min(len(v.model), 128)], Attempts: v.attempts, Usage: v.usage, Outcome: v.outcome, Took: now.Sub(v.start), Trace: v.trace,
	}
	e, failed := errors.AsType[*llm.Error](v.err)
	if failed {
		_, l.Error = e.Kind.Words()
		if l.Class = e.Class; e.NoBudget {
			l.Class = llm.ClassNoBudget
		}
	}
	v.trace = ""
	v.count(e, l.Took)
	if v.journal != nil {
		v.journal.Request(l)
		return
	}
	if h, ctx := v.Log.Handler(), v.r.Context(); h.Enabled(ctx, slog.LevelInfo) {
		_ = h.Handle(ctx, l.Record())
	}
}

// count books the request with whoever keeps count.
func (v *visit) count(e *llm.Error, took time.Duration) {
	if v.Meter == nil {
		return
	}
	op, outcome := "none", v.outcome
	if v.served {
		op = v.op.String()
	}
	switch {
	case outcome != "":
	case e != nil:
		_, outcome = e.Kind.Words()
	default:
		outcome = "ok"
	}
	v.Meter.Request(op, v.origin.Provider, outcome, v.first, took)
}
