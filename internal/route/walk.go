package route

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

// Call makes one attempt at a target. Its errors are *llm.Error. An answer
// means that the provider has begun to answer well: from there on nothing else
// is tried (R13).
type Call func(ctx context.Context, t *policy.Target) (*llm.Answer, error)

// Walker walks plans. Its fields are injected so that tests decide about time
// and chance (R51).
type Walker struct {
	MaxCalls int            // attempts per walk, all targets and retries together
	Random   func() float64 // uniform in [0, 1)
	Sleep    func(ctx context.Context, d time.Duration) error
	Now      func() time.Time // nil: time.Now

	Health   *Health  // nil: no target is ever left out
	Budget   *Budget  // nil: retries have no bound but a plan's own
	Observer Observer // nil: nobody counts
}

// Observer counts what happens on walks. Its words are bounded: catalogue ids,
// classes and statuses.
type Observer interface {
	Attempted(provider string, err *llm.Error) // nil: it was answered
	Retried(provider string, granted bool)     // or the budget forbade it
	Ejected(provider string, why Reason)
	Rescued(retried bool) // a request that would have failed: by a retry, or by another target
}

// NewWalker returns a Walker with the real clock and the real dice.
func NewWalker(maxCalls int) *Walker {
	return &Walker{MaxCalls: maxCalls, Random: rand.Float64, Sleep: sleep, Health: NewHealth(), Budget: NewBudget()}
}

// epoch is where times are counted from; 0 is never one.
var epoch = time.Now().Add(-time.Hour)

func (w *Walker) now() time.Duration {
	if w.Now == nil {
		return time.Since(epoch)
	}
	return w.Now().Sub(epoch)
}

// Ejected visits the targets that are left out now, or wait for their probe.
func (w *Walker) Ejected(visit func(provider, path string)) {
	if w.Health != nil {
		w.Health.each(w.now(), visit)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Walk tries the plan's targets as its strategies say, until one answers or
// none is left. The error is the last target's *llm.Error (R19).
func (w *Walker) Walk(ctx context.Context, n policy.Node, env *policy.Env, call Call) (*llm.Answer, error) {
	k := walk{Walker: w, env: env, call: call, left: w.MaxCalls}
	answer, err := k.node(ctx, n)
	if err == nil && k.left < w.MaxCalls-1 && w.Observer != nil {
		w.Observer.Rescued(answer.Retries > 0)
	}
	return answer, err
}

// walk is one walk under way.
type walk struct {
	*Walker
	env  *policy.Env
	call Call
	left int
}

func (k *walk) node(ctx context.Context, n policy.Node) (*llm.Answer, error) {
	switch n := n.(type) {
	case *policy.Target:
		return k.target(ctx, n)
	case *policy.Fallback:
		return k.fallback(ctx, n)
	case *policy.LoadBalance:
		return k.loadBalance(ctx, n)
	case *policy.Conditional:
		chosen, err := n.Choose(k.env)
		if err != nil {
			return nil, err
		}
		return k.node(ctx, chosen)
	}
	panic("route: a node of an unknown kind")
}

func (k *walk) fallback(ctx context.Context, f *policy.Fallback) (answer *llm.Answer, err error) {
	out := k.out(f.Targets, nil)
	for i, n := range f.Targets {
		last := out.covers(i+1, len(f.Targets))
		if out.has(i) || !k.admit(n) && (err != nil || !last) {
			continue
		}
		answer, err = k.node(ctx, n)
		if err == nil || last || k.closed(ctx, err) || !moves(f, failure(err)) {
			break
		}
	}
	return answer, err
}

// moves reports whether a failure makes a fallback go on. Without a list every
// failure does. A target that has no such operation never ends the chain.
func moves(f *policy.Fallback, e *llm.Error) bool {
	return !f.On.Given() || e.Kind == llm.NotSupported || f.On.Match(e)
}

// loadBalance draws one target; one that could not even be connected to is
// replaced once (R19).
func (k *walk) loadBalance(ctx context.Context, l *policy.LoadBalance) (*llm.Answer, error) {
	out := k.out(l.Targets, l.Weights)
	first := k.drawHealthy(l, out)
	answer, err := k.node(ctx, l.Targets[first])
	if err == nil || !unconnected(failure(err)) || k.closed(ctx, err) {
		return answer, err
	}
	out.add(first)
	second := k.drawHealthy(l, out)
	if second < 0 { // all others are out: better one of them than a failure
		out = set{}
		out.add(first)
		second = k.draw(l.Weights, out)
	}
	if second >= 0 {
		return k.node(ctx, l.Targets[second])
	}
	return nil, err
}

func unconnected(e *llm.Error) bool {
	return e.Class == llm.ClassDNS || e.Class == llm.ClassConnect || e.Class == llm.ClassTLS
}

// draw picks a position by weight, -1 when nothing but except has any.
func (k *walk) draw(weights []float64, except set) int {
	const share = 1.0 / 128 // so that even the largest weights of a whole plan have a sum
	sum := 0.0
	for i, w := range weights {
		if !except.has(i) {
			sum += w * share
		}
	}
	point, last := k.Random()*sum, -1
	for i, w := range weights {
		if except.has(i) || w == 0 {
			continue
		}
		if last = i; point < w*share {
			return i
		}
		point -= w * share
	}
	return last
}

// target tries one target as often as its retry setting says.
func (k *walk) target(ctx context.Context, t *policy.Target) (*llm.Answer, error) {
	budget := k.account(t)
	for tried := 0; ; tried++ {
		answer, err := k.attempt(ctx, t)
		if tried > 0 && budget != nil {
			budget.over(k.now())
		}
		if err == nil {
			answer.Origin = llm.Origin{Provider: t.Provider.ID, Path: t.Path, Retries: tried}
			return answer, nil
		}
		e := failure(err)
		e.Origin = llm.Origin{Provider: t.Provider.ID, Path: t.Path, Retries: tried}
		if t.Retry.Attempts == 0 || !t.Retry.On.Match(e) || e.Final || ctx.Err() != nil {
			return nil, e
		}
		wait, ok := k.wait(ctx, t.Retry, tried+1, e)
		if tried == t.Retry.Attempts || !ok {
			e.Retries = -1
			return nil, e
		}
		if k.closed(ctx, err) {
			return nil, e
		}
		if !k.granted(budget, t) {
			e.NoBudget = true
			return nil, e
		}
		if err := k.Sleep(ctx, wait); err != nil {
			if budget != nil {
				budget.over(k.now())
			}
			return nil, canceled(e, err)
		}
	}
}

// closed reports that nothing more may be tried, whatever the plan says.
func (k *walk) closed(ctx context.Context, err error) bool {
	return k.left <= 0 || ctx.Err() != nil || failure(err).Final
}

// The waits before a retry (R15, R17).
const (
	firstWait   = time.Second
	longestWait = 8 * time.Second
	longestAsk  = 60 * time.Second
)

// wait is how long to wait before retry n, counted from 1; ok is false when the
// provider asked for longer than anybody should wait here.
func (k *walk) wait(ctx context.Context, r policy.Retry, n int, e *llm.Error) (d time.Duration, ok bool) {
	if r.UseRetryAfter && e.RetryAfter > 0 {
		deadline, limited := ctx.Deadline()
		d = e.RetryAfter + time.Duration(0.1*k.Random()*float64(e.RetryAfter))
		return d, e.RetryAfter <= longestAsk && (!limited || time.Until(deadline) >= d)
	}
	d = min(firstWait<<(n-1), longestWait)
	return d + time.Duration((k.Random()-0.5)*0.5*float64(d)), true
}

// failure is an attempt's error as what Call says it is. Only one that is
// wrapped all the same is looked for, which allocates.
func failure(err error) *llm.Error {
	if e, ok := err.(*llm.Error); ok { //nolint:errorlint // wrapped ones come below
		return e
	}
	var e *llm.Error
	if errors.As(err, &e) {
		return e
	}
	return &llm.Error{Kind: llm.Internal, Status: 500, Message: "internal error", Err: err}
}

// canceled is the end of a wait: the client went away, or the gateway stops and
// says so itself (R26).
func canceled(e *llm.Error, cause error) error {
	if own, ok := cause.(*llm.Error); ok { //nolint:errorlint // causes of ours are never wrapped
		stopped := *own
		stopped.Origin = e.Origin
		return &stopped
	}
	return &llm.Error{Kind: llm.Canceled, Status: 499, Message: "the client went away", Class: llm.ClassCanceled, Origin: e.Origin, Final: true, Err: cause}
}
