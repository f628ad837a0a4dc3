package http1

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server serves requests: each connection and its requests one after the other
// in one goroutine. It hands its Handler what net/http's would, and the
// http.ResponseWriter does what an http.ResponseController may ask of it, but
// that a handler may read and write at the same time, always, and that the header
// of a request is the connection's: nobody may change it, or look at it once the
// handler has returned. What a client sends is read strictly (S41). Its fields are
// set before Serve.
type Server struct {
	Handler http.Handler

	HeadTime  time.Duration // for a whole head, from its first byte or from the connection's
	HeadBytes int           // of a head; 431 beyond
	IdleTime  time.Duration // between two requests
	RestTime  time.Duration // for what a handler left of a body
	Conns     int           // at once; others wait to be accepted; 0: no limit

	// Count is told of every connection that comes, 1, and goes, -1; may be nil.
	Count func(change int64)
	// Refusal writes the body of an answer to what is no request; may be nil.
	Refusal func(status int, message string) (mediaType string, body []byte)
	// Panicked is told of a panic that the handler let through; may be nil.
	Panicked func(value any)

	mu        sync.Mutex                // guards all below
	listeners map[net.Listener]struct{} // those that are accepted from
	sessions  map[*session]struct{}     // those that are open
	closed    bool
	watched   bool          // the watch runs
	room      chan struct{} // of connections; nil: there is no limit

	leaving atomic.Bool // no further requests on a connection
}

// ErrServerClosed is what Serve returns once the server was closed.
var ErrServerClosed = http.ErrServerClosed

// Serve accepts connections until the listener or the server is closed.
func (s *Server) Serve(l net.Listener) error {
	if !s.listens(l, true) {
		return ErrServerClosed
	}
	defer s.listens(l, false)
	for pause := time.Duration(0); ; {
		s.enter()
		nc, err := l.Accept()
		if err != nil {
			s.exit()
			if s.isClosed() {
				return ErrServerClosed
			}
			if !passes(err) {
				return err
			}
			pause = min(max(2*pause, 5*time.Millisecond), time.Second) // out of file descriptors, mostly
			time.Sleep(pause)
			continue
		}
		pause = 0
		c := newSession(s, nc)
		if !s.track(c) {
			s.exit()
			_ = nc.Close()
			return ErrServerClosed
		}
		go func() {
			c.serve()
			s.forget(c)
			s.exit()
		}()
	}
}

// enter waits for room for a connection, and exit makes some.
func (s *Server) enter() {
	if s.room != nil {
		s.room <- struct{}{}
	}
}

func (s *Server) exit() {
	if s.room != nil {
		<-s.room
	}
}

// passes reports a failure to accept that is not the listener's end.
func passes(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Temporary() //nolint:staticcheck // the only way to learn it
}

func (s *Server) listens(l net.Listener, begin bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !begin {
		delete(s.listeners, l)
		return true
	}
	if s.closed {
		return false
	}
	if s.listeners == nil {
		s.listeners, s.sessions = map[net.Listener]struct{}{}, map[*session]struct{}{}
		if s.Conns > 0 {
			s.room = make(chan struct{}, s.Conns)
		}
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) track(c *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[c] = struct{}{}
	if s.Count != nil {
		s.Count(1)
	}
	if !s.watched {
		s.watched = true
		go s.watch()
	}
	return true
}

func (s *Server) forget(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c)
	if s.Count != nil {
		s.Count(-1)
	}
}

// open are the sessions there are now.
func (s *Server) open() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*session, 0, len(s.sessions))
	for c := range s.sessions {
		list = append(list, c)
	}
	return list
}

// glance is how often the clients of long requests are looked after.
const glance = 100 * time.Millisecond

// watch cancels the requests whose clients have gone (R11), as long as there are
// connections. A request that is answered within a glance costs nothing here,
// unlike with a reader beside each.
func (s *Server) watch() {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var list []*session
	for range tick.C {
		s.mu.Lock()
		if len(s.sessions) == 0 {
			s.watched = false
			s.mu.Unlock()
			return
		}
		list = list[:0]
		for c := range s.sessions {
			if c.serving.Load() != nil {
				list = append(list, c)
			}
		}
		s.mu.Unlock()
		for _, c := range list {
			c.lookAfter()
		}
		clear(list)
	}
}

// Leave ends every connection with the request that is under way on it, and
// those without one in a moment.
func (s *Server) Leave() {
	s.leaving.Store(true)
	for _, c := range s.open() {
		c.leave()
	}
}

// Cut cancels all requests under way; their contexts have the cause.
func (s *Server) Cut(cause error) {
	for _, c := range s.open() {
		c.cut(cause)
	}
}

// Shutdown closes the listeners and waits, until ctx ends, for every connection
// to be done with its request.
func (s *Server) Shutdown(ctx context.Context) error {
	s.leaving.Store(true) // before the listeners close, which is what others may go by
	s.end()
	s.Leave()
	for wait := time.Millisecond; len(s.open()) > 0; wait = min(2*wait, 50*time.Millisecond) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
	return nil
}

// Close closes the listeners and every connection, and cancels what runs.
func (s *Server) Close() error {
	s.end()
	for _, c := range s.open() {
		c.cut(context.Canceled)
		_ = c.nc.Close()
	}
	return nil
}

// end stops the accepting.
func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for l := range s.listeners {
		_ = l.Close()
	}
}

// Connections is how many are open now.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
