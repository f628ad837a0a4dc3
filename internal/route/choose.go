package route

import (
	"context"
	"time"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

// set is a set of positions in a strategy; a plan has at most 128 targets.
type set [2]uint64

func (s *set) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s *set) has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

// covers reports that all positions from one to before another are in the set.
func (s *set) covers(from, to int) bool {
	for ; from < to; from++ {
		if !s.has(from) {
			return false
		}
	}
	return true
}

// out is which of a strategy's targets are ejected. When that is all of those
// that have a share, none is: an ejection never takes the last one, and which
// that should be nobody knows better than the providers themselves. So a
// request always has somewhere to go (R18; as the incumbent's breaker does).
func (k *walk) out(nodes []policy.Node, weights []float64) (s set) {
	if k.Health.quiet() {
		return s
	}
	left := false
	for i, n := range nodes {
		switch {
		case weights != nil && weights[i] == 0: // never drawn, so no substitute
		case k.isOut(n):
			s.add(i)
		default:
			left = true
		}
	}
	if !left {
		return set{}
	}
	return s
}

// isOut reports that a target is ejected or, of a strategy, that all of its
// targets are. A conditional is never out: what it leads to depends on the request.
func (k *walk) isOut(n policy.Node) bool {
	switch n := n.(type) {
	case *policy.Target:
		return n.Replaceable && k.Health.condition(n, k.env, k.now()) == out
	case *policy.Fallback:
		return k.allOut(n.Targets, nil)
	case *policy.LoadBalance:
		return k.allOut(n.Targets, n.Weights)
	}
	return false
}

func (k *walk) allOut(nodes []policy.Node, weights []float64) bool {
	for i, n := range nodes {
		if (weights == nil || weights[i] > 0) && !k.isOut(n) {
			return false
		}
	}
	return true
}

// admit claims the probe of a target whose time is over; false means that
// another request has it.
func (k *walk) admit(n policy.Node) bool {
	t, ok := n.(*policy.Target)
	return !ok || !t.Replaceable || k.Health.quiet() || k.Health.admit(t, k.env, k.now())
}

// drawHealthy draws among those that are not out, -1 when there is none. Where
// all are lost to other requests' probes, any will do.
func (k *walk) drawHealthy(l *policy.LoadBalance, except set) int {
	first := except
	for {
		i := k.draw(l.Weights, except)
		if i < 0 {
			return k.draw(l.Weights, first)
		}
		if k.admit(l.Targets[i]) {
			return i
		}
		except.add(i)
	}
}

// attempt makes one attempt, and tells those who keep count.
func (k *walk) attempt(ctx context.Context, t *policy.Target) (*llm.Answer, error) {
	k.left--
	watched := t.Replaceable && k.Health != nil
	var started time.Duration
	if watched {
		started = k.now()
	}
	answer, err := k.call(ctx, t)
	var e *llm.Error
	if err != nil {
		e = failure(err)
	}
	if k.Observer != nil {
		k.Observer.Attempted(t.Provider.ID, e)
	}
	if watched && (e != nil || t.Breaker != nil || !k.Health.quiet()) {
		why := k.Health.note(attempt{target: t, env: k.env, err: e, started: started, ended: k.now(), random: k.Random})
		if why != "" && k.Observer != nil {
			k.Observer.Ejected(t.Provider.ID, why)
		}
	}
	return answer, err
}

// account is the budget a target's retries are taken from. Every request to the
// origin counts, also those that may not be tried again.
func (k *walk) account(t *policy.Target) *account {
	if k.Budget == nil {
		return nil
	}
	return &k.Budget.asked(t.Origin, k.now()).v
}

func (k *walk) granted(a *account, t *policy.Target) bool {
	ok := a == nil || a.take(k.now())
	if k.Observer != nil {
		k.Observer.Retried(t.Provider.ID, ok)
	}
	return ok
}
