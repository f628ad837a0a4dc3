package route_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/route"
	"sluice/internal/secret"
)

// world is a walker whose clock stands still until it is moved, whose waits
// take no time, and whose targets fail as they are told to.
type world struct {
	*route.Walker
	t      *testing.T
	now    time.Time
	dice   float64
	fails  map[string]*llm.Error // by key of the target, or by its path
	called []string              // keys
	seen   events
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Walker: route.NewWalker(16), t: t, now: time.Now(), dice: 0.5, fails: map[string]*llm.Error{}}
	w.Now = func() time.Time { return w.now }
	w.Random = func() float64 { return w.dice }
	w.Sleep = func(context.Context, time.Duration) error { return nil }
	w.Observer = &w.seen
	return w
}

// events is what the walker told its observer.
type events struct{ list []string }

func (e *events) add(format string, args ...any) {
	e.list = append(e.list, fmt.Sprintf(format, args...))
}

func (e *events) Attempted(provider string, err *llm.Error) {
	if err == nil {
		e.add("ok")
		return
	}
	e.add("%s %d", err.Class, err.Status)
}
func (e *events) Retried(_ string, granted bool)     { e.add("retry %v", granted) }
func (e *events) Ejected(_ string, why route.Reason) { e.add("ejected: %s", why) }
func (e *events) Rescued(retried bool)               { e.add("rescued, retry %v", retried) }
func (e *events) count(event string) (n int)         { return strings.Count(strings.Join(e.list, "\n"), event) }

// ask walks a plan once and returns the keys of the targets that were called.
func (w *world) ask(n policy.Node, caller ...string) (called string, err error) {
	w.t.Helper()
	w.called = nil
	env := &policy.Env{Caller: secret.New(strings.Join(caller, ""))}
	_, err = w.Walk(w.t.Context(), n, env, func(_ context.Context, t *policy.Target) (*llm.Answer, error) {
		w.called = append(w.called, t.Key.Reveal())
		for _, name := range []string{t.Key.Reveal(), t.Path} {
			if e := w.fails[name]; e != nil {
				own := *e
				return nil, &own
			}
		}
		return &llm.Answer{}, nil
	})
	return strings.Join(w.called, " "), err
}

// expect asks and compares.
func (w *world) expect(n policy.Node, want, when string) {
	w.t.Helper()
	if got, _ := w.ask(n); got != want {
		w.t.Errorf("%s: %q was called, want %q", when, got, want)
	}
}

func (w *world) later(d time.Duration) { w.now = w.now.Add(d) }

func keyed(key string, more ...any) object {
	return leaf(append([]any{"api_key", key}, more...)...)
}

func status(code int) *llm.Error {
	return &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: code}
}

var fallback = object{"mode": "fallback"}
