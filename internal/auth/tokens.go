package auth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"sluice/internal/llm"
	"sluice/internal/recent"
	"sluice/internal/secret"
)

// Times of a token's life.
const (
	ahead     = 5 * time.Minute  // a token is renewed so long before it ends (wire formats, §4.1, §7.2), or in the last fifth of a short life
	margin    = 10 * time.Second // it is not sent any more: it could end on the way
	pause     = 30 * time.Second // between attempts to renew one that still holds
	fetchTime = 20 * time.Second // one fetch, with all its exchanges
)

// maxTokens bounds the credentials whose tokens are kept, per generation.
const maxTokens = 4096

// grant is what a fetch brought: a bearer token, or keys of AWS.
type grant struct {
	token secret.String
	aws   awsKeys
	until time.Time
}

// fetch gets a grant. It runs on after the request that asked for it is gone.
type fetch func(context.Context) (grant, error)

// tokens keeps grants by credential. Whoever needs one that is being fetched
// waits for that fetch; a waiter who leaves does not stop it.
type tokens struct {
	now     func() time.Time
	base    context.Context // the life of all fetches
	stop    context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex // guards the making of slots, and closed
	slots  recent.Map[*slot]
	closed bool
}

// slot is the place of one credential.
type slot struct {
	mu     sync.Mutex // guards all below
	have   grant
	since  time.Time
	again  time.Time // no renewal before
	flight *flight
}

// flight is a fetch under way.
type flight struct {
	done chan struct{}
	got  grant
	err  error
}

func newTokens(now func() time.Time) *tokens {
	t := &tokens{now: now, slots: recent.Map[*slot]{Max: maxTokens * (len(digest{}) + 1)}}
	t.base, t.stop = context.WithCancel(context.Background())
	return t
}

// Fill is how full the memory of tokens is, in bytes of its keys.
func (a *Authority) Fill() recent.Fill { return a.tokens.slots.Fill() }

func (t *tokens) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	t.running.Wait()
}

func (t *tokens) slot(d digest) *slot {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.slots.Get(d[:])
	if !ok {
		s = &slot{}
		t.slots.Put(d[:], s, 1)
	}
	return s
}

// get returns a grant that holds, fetched now if need be.
func (t *tokens) get(ctx context.Context, d digest, f fetch) (grant, error) {
	s := t.slot(d)
	s.mu.Lock()
	now := t.now()
	if now.Before(s.have.until.Add(-margin)) {
		if now.After(s.renewal()) && !now.Before(s.again) && s.flight == nil {
			t.start(s, f) //nolint:contextcheck // a fetch outlives the request that began it: others wait for it too
		}
		g := s.have
		s.mu.Unlock()
		return g, nil
	}
	fl := s.flight
	if fl == nil {
		fl = t.start(s, f) //nolint:contextcheck // the same
	}
	s.mu.Unlock()
	select {
	case <-fl.done:
		return fl.got, own(fl.err)
	case <-ctx.Done():
		return grant{}, context.Cause(ctx)
	}
}

// drop forgets a grant, unless it is so new that another would be no better.
func (t *tokens) drop(d digest) {
	s := t.slot(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.now().Before(s.again) {
		s.have = grant{}
	}
}

func (s *slot) renewal() time.Time {
	return s.have.until.Add(-min(ahead, s.have.until.Sub(s.since)/5))
}

// start begins a fetch; s is locked.
func (t *tokens) start(s *slot, f fetch) *flight {
	fl := &flight{done: make(chan struct{}), err: errClosed}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		close(fl.done)
		return fl
	}
	s.flight = fl
	t.running.Go(func() {
		defer close(fl.done)
		defer t.land(s, fl)
		ctx, cancel := context.WithTimeout(t.base, fetchTime)
		defer cancel()
		fl.got, fl.err = f(ctx)
	})
	return fl
}

// land takes what a fetch brought into its slot. A renewal that failed leaves
// the token that still holds.
func (t *tokens) land(s *slot, fl *flight) {
	if recover() != nil { // reliability rules, R03; the cause may hold a credential
		fl.err = errBroken
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	s.again = t.now().Add(pause)
	if fl.err == nil {
		s.have, s.since = fl.got, t.now()
	}
}

var (
	errClosed = &llm.Error{Kind: llm.ShuttingDown, Status: http.StatusServiceUnavailable, Message: "the gateway is shutting down"}
	errBroken = &llm.Error{Kind: llm.Internal, Status: http.StatusInternalServerError, Message: "internal error"}
)

// own gives each of several waiters an error of their own: where it came from
// is written into it later.
func own(err error) error {
	var e *llm.Error
	if errors.As(err, &e) {
		c := *e
		return &c
	}
	return err
}
