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
}

// NewWalker returns a Walker with the real clock and the real dice.
func NewWalker(maxCalls int) *Walker {
	return &Walker{MaxCalls: maxCalls, Random: rand.Float64, Sleep: sleep}
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
	return k.node(ctx, n)
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
	for i, n := range f.Targets {
		answer, err = k.node(ctx, n)
		if err == nil || i == len(f.Targets)-1 || k.closed(ctx, err) || !moves(f, failure(err)) {
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
	first := k.draw(l.Weights, -1)
	answer, err := k.node(ctx, l.Targets[first])
	if err == nil || !unconnected(failure(err)) || k.closed(ctx, err) {
		return answer, err
	}
	if second := k.draw(l.Weights, first); second >= 0 {
		return k.node(ctx, l.Targets[second])
	}
	return nil, err
}

func unconnected(e *llm.Error) bool {
	return e.Class == llm.ClassDNS || e.Class == llm.ClassConnect || e.Class == llm.ClassTLS
}

// draw picks a position by weight, -1 when nothing but except has any.
func (k *walk) draw(weights []float64, except int) int {
	const share = 1.0 / 128 // so that even the largest weights of a whole plan have a sum
	sum := 0.0
	for i, w := range weights {
		if i != except {
			sum += w * share
		}
	}
	point, last := k.Random()*sum, -1
	for i, w := range weights {
		if i == except || w == 0 {
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
	for tried := 0; ; tried++ {
		k.left--
		answer, err := k.call(ctx, t)
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
		if err := k.Sleep(ctx, wait); err != nil {
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

func failure(err error) *llm.Error {
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
