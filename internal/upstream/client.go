package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/auth"
	"sluice/internal/dialect"
	"sluice/internal/egress"
	"sluice/internal/http1"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/seal"
	"sluice/internal/secret"
)

// Limits are the bounds of one attempt (reliability rules, section 1).
type Limits struct {
	Connect         time.Duration // DNS and TCP together; TLS has the same again
	FirstByteStream time.Duration
	FirstByte       time.Duration // of an answer that is not a stream
	Idle            time.Duration // between two pieces of a body
	TotalStream     time.Duration
	Total           time.Duration
	ResponseBytes   int64 // of a whole answer, after decompression
	EventBytes      int
	HeaderBytes     int64
}

// HopHeader carries a token on requests to private addresses, by which a
// request that came back to us is known (S15).
const HopHeader = "X-Sluice-Hop"

// Request is what a client asked, before any target shaped it.
type Request struct {
	Op      llm.Op
	Method  string
	Path    string // behind /v1, escaped; used for relays
	Model   string // in the address, for dialects that have it there
	Stream  bool   // the same
	Query   string
	Upgrade bool        // to a WebSocket
	Header  http.Header // the client's
	Dialect *dialect.Dialect

	Room *Room // for one attempt; nil: each makes what it needs

	Body *jsonx.Object // of a JSON request
	Use  http1.Use     // of its memory
	Raw  *RawBody      // of any other request that has a body
	Key  secret.String // the caller's credential
}

// RawBody is a body that is passed on as it arrives, once.
type RawBody struct {
	io.Reader
	ContentType string
	Length      int64 // -1: unknown

	used atomic.Bool // it was begun: no second attempt can have it
}

// Read notes that the body was begun.
func (b *RawBody) Read(p []byte) (int, error) {
	b.used.Store(true)
	return b.Reader.Read(p)
}

// Client makes attempts. It is safe for concurrent use.
type Client struct {
	transport http.RoundTripper // pool, but for tests
	pool      *http1.Transport
	dialects  func(name string) (*dialect.Dialect, bool)
	limits    Limits
	agent     []string // header values
	hop       []string
	now       func() time.Time
	seals     *seal.Memory
	authority *auth.Authority
	conns     atomic.Int64 // connections to providers
	dialled   atomic.Int64
	alarms    sync.Pool // of *alarm
}

// Options are what a Client is made of.
type Options struct {
	Limits   Limits
	Dialer   *egress.Dialer
	Dialects func(name string) (*dialect.Dialect, bool)
	Agent    string          // the User-Agent providers see
	Hop      string          // value of HopHeader
	Auth     *auth.Authority // for vendors that want more than a key; nil: there are none
	Seals    *seal.Memory    // nil: one of its own
}

// Bounds of a connection to a provider (reliability rules, section 1).
const (
	maxHeaders = 512
	maxInterim = 16 // answers before the answer (R25)
	writeStall = 30 * time.Second
	idleTime   = 90 * time.Second
)

// New makes a Client with a connection pool of its own.
func New(o Options) *Client {
	if o.Seals == nil {
		o.Seals = seal.New()
	}
	c := &Client{
		dialects: o.Dialects, limits: o.Limits, agent: []string{o.Agent}, hop: []string{o.Hop}, now: time.Now, seals: o.Seals, authority: o.Auth,
	}
	dial := c.counted(o.Dialer.DialContext)
	c.pool = &http1.Transport{
		Dial:        dial,
		Handshake:   o.Limits.Connect,
		TLS:         &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(idlePerHost)},
		HeadBytes:   int(o.Limits.HeaderBytes),
		HeadCount:   maxHeaders,
		Interim:     maxInterim,
		WriteStall:  writeStall,
		IdleTime:    idleTime,
		IdlePerHost: idlePerHost,
		IdleTotal:   MaxIdle,
		Other: interim{&http.Transport{
			DialContext:            dial,
			TLSHandshakeTimeout:    o.Limits.Connect,
			MaxIdleConns:           MaxIdle,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        idleTime,
			MaxResponseHeaderBytes: o.Limits.HeaderBytes,
			DisableCompression:     true, // we ask for gzip and bound it ourselves
			ForceAttemptHTTP2:      true,
		}},
	}
	c.transport = c.pool
	return c
}

// Close drops the idle connections.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Do makes one attempt at a target with the given credential. It returns once
// the answer is whole or, for a stream, once its first event has arrived: this
// is the commit point (ADR 0003). Errors are *llm.Error.
func (c *Client) Do(ctx context.Context, r *Request, t *policy.Target, key secret.String) (*llm.Answer, error) {
	a := &attempt{room: r.take()}
	call := &call{header: fresh(&a.room.asked)}
	a.call = call
	if err := c.prepare(call, r, t, key); err != nil {
		return nil, err
	}
	var answer *llm.Answer
	var err error
	if len(call.pieces) > 1 {
		answer, err = c.embedMany(ctx, r, t, call)
	} else {
		answer, err = c.exchange(ctx, r, t, a)
	}
	if err != nil {
		return nil, err
	}
	answer.NotCarried = call.lost
	return answer, nil
}

// attempt is one request to a provider and what comes back: one piece of memory for
// all that lives as long as a stream does.
type attempt struct {
	call   *call // not when the answer is there
	watch  watch
	req    http.Request
	body   watched // of the response
	answer llm.Answer
	room   *Room
}

// exchange sends a request and receives the answer.
func (c *Client) exchange(ctx context.Context, r *Request, t *policy.Target, a *attempt) (*llm.Answer, error) {
	w := &a.watch
	c.watch(ctx, w, a.call.stream, t.Timeout)
	resp, err := c.send(r, a) //nolint:contextcheck // the watch has one below it
	if err != nil {
		w.stop()
		return nil, err
	}
	answer, err := c.receive(a, resp)
	a.call = nil
	if err != nil {
		_ = resp.Body.Close()
		w.stop()
		return nil, r.last(asError(err))
	}
	return answer, nil
}

// send makes the exchange up to the response head. A request that never left
// because no connection came about is repeated once (R14).
func (c *Client) send(r *Request, a *attempt) (*http.Response, error) {
	w, req := &a.watch, &a.req
	for again := true; ; again = false {
		if err := c.request(&w.ctx, req, r, a.call); err != nil {
			if e := w.cause(); e != nil { // while it waited for a token
				return nil, e
			}
			return nil, asError(err)
		}
		resp, err := c.roundTrip(req, a.room)
		if err == nil {
			return resp, nil
		}
		e := r.last(c.failed(w, err))
		if !again || e.Final || !beforeSending(e) {
			return nil, e
		}
		req = new(http.Request) // who knows who still looks at the other
	}
}

func (c *Client) roundTrip(req *http.Request, room *Room) (*http.Response, error) {
	if c.transport != http.RoundTripper(c.pool) {
		return c.transport.RoundTrip(req)
	}
	return c.pool.Exchange(req, fresh(&room.got))
}

// last makes a failure final when the client's body is used up.
func (r *Request) last(e *llm.Error) *llm.Error {
	e.Final = e.Final || r.Raw != nil && r.Raw.used.Load()
	return e
}

func beforeSending(e *llm.Error) bool {
	return e.Class == llm.ClassDNS || e.Class == llm.ClassConnect || e.Class == llm.ClassTLS
}

// receive reads the answer, or the beginning of a stream.
func (c *Client) receive(a *attempt, resp *http.Response) (*llm.Answer, error) {
	w, call := &a.watch, a.call
	if call.socket && resp.StatusCode == http.StatusSwitchingProtocols {
		return c.tunnel(w, resp)
	}
	if resp.StatusCode < 200 || resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {
		return nil, invalidResponse("the provider answered with a redirect or an unexpected status, which is not followed", nil)
	}
	body, err := a.open(resp)
	if err != nil {
		return nil, err
	}
	filterHeader(resp.Header)
	switch {
	case resp.StatusCode >= 400:
		return nil, c.readFailure(w, call, resp, body)
	case isEventStream(resp.Header, call.framing().MediaType, call.stream) && (call.stream || call.op == llm.Relay):
		return c.openStream(w, call, resp, body)
	case call.op == llm.Relay || call.op == llm.Models || call.op == llm.Speak:
		return c.openRelay(w, resp, body)
	}
	return c.readWhole(a, resp, body)
}

func invalidResponse(message string, cause error) *llm.Error {
	return &llm.Error{Kind: llm.InvalidResponse, Status: http.StatusBadGateway, Class: llm.ClassInvalid, Message: message, Err: cause}
}

func asError(err error) *llm.Error {
	var e *llm.Error
	if errors.As(err, &e) {
		return e
	}
	return &llm.Error{Kind: llm.Internal, Status: http.StatusInternalServerError, Message: "internal error", Err: err}
}
