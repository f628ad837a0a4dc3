package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Transport makes requests over pooled connections. Its fields are set before
// the first one. It is safe for concurrent use.
type Transport struct {
	// Dial opens every connection.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is what connections to https origins are made with; nil: the defaults.
	TLS       *tls.Config
	Handshake time.Duration // for TLS

	HeadBytes  int           // of an answer's head
	HeadCount  int           // headers of an answer
	Interim    int           // answers before the answer (1xx)
	WriteStall time.Duration // a provider that does not read a large body

	IdleTime    time.Duration // a connection is kept so long
	IdlePerHost int
	IdleTotal   int

	// Other is asked where this client does not speak what is needed.
	Other http.RoundTripper

	pool pool
}

// origin is where connections lead to.
type origin struct{ scheme, address string }

// originOf tells it of a request; the port is always there.
func originOf(req *http.Request) origin {
	host := req.URL.Host
	if req.URL.Port() == "" {
		port := ":80"
		if req.URL.Scheme == "https" {
			port = ":443"
		}
		host = strings.TrimSuffix(host, ":") + port
	}
	return origin{req.URL.Scheme, host}
}

// RoundTrip makes one request. The body of the answer must be closed; read to
// its end, the connection is used again.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.Exchange(req, nil)
}

// Exchange is RoundTrip with an empty header of the caller's, which becomes the
// answer's.
func (t *Transport) Exchange(req *http.Request, header http.Header) (*http.Response, error) {
	at := originOf(req)
	if First(req.Header, "Upgrade") != "" || at.scheme != "http" && at.scheme != "https" {
		return t.other(req)
	}
	c, odd := t.pool.take(at, time.Now())
	if odd {
		return t.other(req)
	}
	for {
		reused := c != nil
		if c == nil {
			var err error
			if c, err = t.connect(req.Context(), at); err != nil {
				if refusesHTTP1(err) {
					t.pool.mark(at)
					return t.other(req)
				}
				closeBody(req)
				return nil, err
			}
		}
		resp, err := c.exchange(req, header)
		if err == nil {
			return resp, nil
		}
		c.close()
		// Nothing of the request went out on a connection that had died: it may go
		// out on a new one (R14).
		if !reused || c.sent > 0 || !rewind(req) {
			return nil, err
		}
		clear(header)
		c = nil
	}
}

// other hands a request to the other client, which may have to send it twice.
func (t *Transport) other(req *http.Request) (*http.Response, error) {
	if w, ok := req.Body.(*whole); ok {
		w.use.begin() // and never ends: nobody says when that client is done
		if req.GetBody == nil {
			req.GetBody = func() (io.ReadCloser, error) { return Body(w.b, w.use), nil }
		}
	}
	return t.Other.RoundTrip(req)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// rewind makes the body ready to be sent again.
func rewind(req *http.Request) bool {
	if req.Body == nil || req.Body == http.NoBody {
		return true
	}
	if w, ok := req.Body.(*whole); ok {
		w.read = 0
		return true
	}
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	req.Body = body
	return err == nil
}

// ErrHandshake is a TLS handshake that took too long.
var ErrHandshake = errors.New("TLS handshake timeout")

// connect opens a connection.
func (t *Transport) connect(ctx context.Context, at origin) (*conn, error) {
	nc, err := t.Dial(ctx, "tcp", at.address)
	if err != nil {
		return nil, err
	}
	c := newConn(t, at, nc)
	if at.scheme == "http" {
		return c, nil
	}
	config := t.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(at.address)
	}
	config.NextProtos = []string{"http/1.1"}
	secure := tls.Client(c.nc, config)
	ctx, cancel := context.WithTimeoutCause(ctx, t.Handshake, ErrHandshake)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	c.secure(secure)
	return c, nil
}

// refusesHTTP1 reports whether an origin speaks HTTP/2 alone (RFC 7301, 3.2).
func refusesHTTP1(err error) bool {
	var remote *net.OpError // crypto/tls has no exported type for the alert in it
	return errors.As(err, &remote) && remote.Op == "remote error" && strings.Contains(err.Error(), "no application protocol")
}

// Idle is how many connections nobody uses now, and how many were closed so far
// since there were too many.
func (t *Transport) Idle() (held, lost int64) {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	return int64(t.pool.count), t.pool.lost
}

// CloseIdleConnections drops the connections nobody uses.
func (t *Transport) CloseIdleConnections() {
	t.pool.drop(time.Time{}, true)
	if o, ok := t.Other.(interface{ CloseIdleConnections() }); ok {
		o.CloseIdleConnections()
	}
}

// Body is a request body that is known whole, and goes out without a copy, twice
// if need be. Its use may be nil.
func Body(b []byte, use *Use) io.ReadCloser { return &whole{b: b, use: use} }

type whole struct {
	b    []byte
	read int
	use  *Use
}

// Use is the use of memory that bodies are sent from.
type Use struct{ senders atomic.Int32 }

// Over reports whether nobody reads the memory any more, once every RoundTrip has
// returned: a body may be sent beyond that, when the answer comes early.
func (u *Use) Over() bool { return u.senders.Load() == 0 }

func (u *Use) begin() { u.add(1) }

func (u *Use) end() { u.add(-1) }

func (u *Use) add(n int32) {
	if u != nil {
		u.senders.Add(n)
	}
}

func (w *whole) Read(p []byte) (int, error) {
	if w.read == len(w.b) {
		return 0, io.EOF
	}
	n := copy(p, w.b[w.read:])
	w.read += n
	return n, nil
}

func (*whole) Close() error { return nil }

// reserve of idle connections, the newest first.
type pool struct {
	mu    sync.Mutex
	idle  map[origin][]*conn // mu
	count int                // mu
	lost  int64              // mu; closed for want of room
	odd   map[origin]bool    // mu; not for this client
	timer *time.Timer        // mu; nil: nothing is idle
}
