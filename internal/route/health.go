package route

import (
	"hash/maphash"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/recent"
)

// The built-in rule (R18).
const (
	outAfter      = 5 // failures in a row
	firstOut      = 5 * time.Second
	longestOut    = 60 * time.Second
	credentialOut = 60 * time.Second
	outJitter     = 0.2
	probeTime     = 60 * time.Second // after which a probe nobody heard of again is given up
	rateWindow    = 60 * time.Second // in which a breaker of a config counts
)

// maxWatched bounds how many targets are watched. One that answers well is not
// among them.
const maxWatched = 8192

// Health remembers which targets failed lately, and leaves them out for a while
// where another can take their place (R18). It is safe for concurrent use, has
// no goroutine, and costs a healthy gateway one atomic read a strategy.
type Health struct {
	seed maphash.Seed
	rows *table[breaker]
}

// NewHealth returns a Health that has seen no failure.
func NewHealth() *Health {
	return &Health{seed: maphash.MakeSeed(), rows: newTable[breaker](maxWatched)}
}

// breaker is what is known of one target.
type breaker struct {
	until atomic.Int64 // out until then, a time.Duration; 0: in
	probe atomic.Int64 // a probe has until then; 0: there is none

	mu       sync.Mutex // guards all below
	provider string
	path     string // of the target that failed first, for people
	failures int    // in a row
	rounds   int    // how often it went out in a row
	since    time.Duration
	begun    time.Duration // of the counts below, for a rate
	good     int
	bad      int
}

// condition is how a target stands.
type condition uint8

const (
	in  condition = iota
	due           // its time is over: one request may try it
	out
)

// key is the hash of a target's identity with the caller's credential, where
// that is the one it gets. The seed is secret, so nobody can aim at another's.
func (h *Health) key(t *policy.Target, env *policy.Env) uint64 {
	var m maphash.Hash
	m.SetSeed(h.seed)
	_, _ = m.WriteString(t.Identity)
	if t.CallerKey {
		_, _ = m.WriteString(env.Caller.Reveal())
	}
	return m.Sum64()
}

// quiet reports that nothing is watched: the state of a good day.
func (h *Health) quiet() bool { return h == nil || h.rows.used.Load() == 0 }

func (h *Health) condition(t *policy.Target, env *policy.Env, now time.Duration) condition {
	r := h.rows.get(h.key(t, env))
	if r == nil {
		return in
	}
	switch until := time.Duration(r.v.until.Load()); {
	case until == 0:
		return in
	case now < until || now < time.Duration(r.v.probe.Load()):
		return out
	}
	return due
}

// admit lets a request use a target that was not passed over. Of those that find
// it due, one gets in: the probe. One that is out is asked for only where
// nothing else is left, and that is no probe.
func (h *Health) admit(t *policy.Target, env *policy.Env, now time.Duration) bool {
	r := h.rows.get(h.key(t, env))
	if r == nil || now < time.Duration(r.v.until.Load()) || r.v.until.Load() == 0 {
		return true
	}
	old := r.v.probe.Load()
	return now >= time.Duration(old) && r.v.probe.CompareAndSwap(old, int64(now+probeTime))
}

// Reason is why a target was ejected.
type Reason string

// The reasons.
const (
	Failing    Reason = "failures"     // too many of them
	Credential Reason = "credential"   // it was refused
	Limited    Reason = "rate_limited" // and told how long to stay away
)

// verdict is what an attempt says about its target.
type verdict uint8

const (
	nothing verdict = iota // the network was not reached, or the client went away
	fine
	failing
	refused
	limited
)

// judge applies the target's own breaker, or the built-in rule.
func judge(t *policy.Target, err *llm.Error) verdict {
	b := t.Breaker
	switch {
	case err == nil:
		return fine
	case err.Class == "" && err.Kind != llm.UpstreamStatus, err.Class == llm.ClassCanceled:
		return nothing
	case b != nil && b.On.Given():
		if b.On.Match(err) {
			return failing
		}
		return fine
	case b == nil && t.Only.Given() && !t.Only.Match(err): // its fallback would not move on either
		return nothing
	}
	v := judgeClass(err)
	if b != nil && (v == refused || v == limited) { // it says itself what counts
		return fine
	}
	return v
}

// judgeClass is the built-in rule. DNS is in the list since it is a failure to
// connect like the others (R14). A caller's own timeout counts: the class is the
// same (R12).
func judgeClass(err *llm.Error) verdict {
	switch err.Class {
	case llm.ClassDNS, llm.ClassConnect, llm.ClassTLS, llm.ClassReset, llm.ClassFirstByte:
		return failing
	case llm.ClassWrite, llm.ClassIdle, llm.ClassInvalid, llm.ClassTooLarge:
		return nothing
	}
	switch {
	case err.Status >= http.StatusInternalServerError:
		return failing
	case err.Status == http.StatusUnauthorized, err.Status == http.StatusForbidden:
		return refused
	case err.Status == http.StatusTooManyRequests && err.RetryAfter > 0:
		return limited
	}
	return fine
}

// attempt is one that is over.
type attempt struct {
	target  *policy.Target
	env     *policy.Env
	err     *llm.Error // nil: it was answered
	started time.Duration
	ended   time.Duration
	random  func() float64
}

// note takes in how an attempt went. It returns why the target was ejected by
// it, or nothing.
func (h *Health) note(a attempt) Reason {
	t, b := a.target, a.target.Breaker
	v := judge(t, a.err)
	key := h.key(t, a.env)
	r := h.rows.get(key)
	if r == nil {
		if v == nothing || v == fine && (b == nil || b.Percent == 0) {
			return ""
		}
		r = h.rows.obtain(key, a.ended, longestOut)
	}
	r.touch(a.ended)
	r.v.mu.Lock()
	defer r.v.mu.Unlock()
	if r.v.provider == "" {
		r.v.provider, r.v.path = t.Provider.ID, t.Path
	}
	switch v {
	case fine:
		if r.v.answered(&a) {
			h.rows.remove(r)
		}
	case nothing:
		if r.v.until.Load() != 0 && a.started >= time.Duration(r.v.until.Load()) {
			r.v.probe.Store(0) // it told nothing: another may try
		}
	case failing, refused, limited:
		return r.v.failed(&a, v)
	}
	return ""
}

// answered reports that nothing is left to be remembered.
func (b *breaker) answered(a *attempt) bool {
	if b.until.Load() != 0 {
		if a.started < b.since { // asked before the failures: no news
			return false
		}
		b.until.Store(0)
		b.probe.Store(0)
		b.rounds, b.good, b.bad = 0, 0, 0
	}
	b.failures = 0
	if rule := a.target.Breaker; rule != nil {
		b.count(a.ended)
		b.good++
		return false
	}
	return true
}

// count begins a new window when the last one is over.
func (b *breaker) count(now time.Duration) {
	if now-b.begun > rateWindow {
		b.begun, b.good, b.bad = now, 0, 0
	}
}

// failed ejects the target if this failure was one too many.
func (b *breaker) failed(a *attempt, v verdict) Reason {
	until := time.Duration(b.until.Load())
	if until != 0 && a.started < until {
		return "" // sent before it went out, or although it is: its time is set already
	}
	b.failures++
	b.count(a.ended)
	b.bad++
	rule := a.target.Breaker
	switch {
	case v == refused:
		b.eject(a.ended, credentialOut)
		return Credential
	case v == limited:
		b.eject(a.ended, min(a.err.RetryAfter, longestOut))
		return Limited
	case until == 0 && !b.tooMany(rule):
		return ""
	}
	if rule != nil && rule.Cooldown > 0 {
		b.eject(a.ended, rule.Cooldown)
		return Failing
	}
	d := min(firstOut<<min(b.rounds, 4), longestOut)
	b.rounds++
	b.eject(a.ended, d+time.Duration((a.random()-0.5)*2*outJitter*float64(d)))
	return Failing
}

// tooMany is the rule: so many in a row or, for a breaker of a config, also in
// its window, or such a share of all.
func (b *breaker) tooMany(rule *policy.Breaker) bool {
	if rule == nil {
		return b.failures >= outAfter
	}
	all := b.good + b.bad
	return rule.Failures > 0 && max(b.failures, b.bad) >= rule.Failures ||
		rule.Percent > 0 && all >= rule.MinRequests && 100*float64(b.bad) >= rule.Percent*float64(all)
}

func (b *breaker) eject(now, d time.Duration) {
	b.since = now
	b.probe.Store(0)
	b.until.Store(int64(now + max(d, 1)))
}

// Fill says how many targets are watched.
func (h *Health) Fill() recent.Fill { return h.rows.fill() }

// stale is when a target that nobody asks any more is forgotten.
const stale = 10 * time.Minute

// each visits the targets that are out or wait for their probe, and forgets
// those that are history.
func (h *Health) each(now time.Duration, visit func(provider, path string)) {
	h.rows.each(func(r *row[breaker]) {
		until := time.Duration(r.v.until.Load())
		if now-max(until, time.Duration(r.last.Load())) > stale {
			h.rows.remove(r)
			return
		}
		if until == 0 {
			return
		}
		r.v.mu.Lock()
		provider, path := r.v.provider, r.v.path
		r.v.mu.Unlock()
		visit(provider, path)
	})
}
