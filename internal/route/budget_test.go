package route_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

// TestRetryBudget is R16: at most a fifth of the requests of the last 10 s, with
// a floor of 10 a second.
func TestRetryBudget(t *testing.T) {
	for _, c := range []struct{ requests, want int }{{100, 100}, {400, 100}, {500, 100}, {1000, 200}, {5000, 1000}} {
		t.Run(fmt.Sprint(c.requests), func(t *testing.T) {
			w := newWorld(t)
			plain := compile(t, keyed("a"))
			for range c.requests - 1000/5 {
				_, _ = w.ask(plain)
			}
			w.fails["a"] = status(503)
			greedy := compile(t, keyed("a", "retry", object{"attempts": 5}))
			spent := 0
			for range 1000 / 5 {
				_, err := w.ask(greedy)
				e := asError(t, err)
				spent += len(w.called) - 1
				switch {
				case e.NoBudget && e.Retries != len(w.called)-1:
					t.Fatalf("%d retries are told, %d were made", e.Retries, len(w.called)-1)
				case e.Status != 503, !e.NoBudget && e.Retries != -1:
					t.Fatalf("%+v", e)
				}
			}
			want := max(100, max(c.requests, 200)/5)
			if spent != min(want, 1000) {
				t.Errorf("%d retries, want %d", spent, want)
			}
			if n := w.seen.count("retry true"); n != spent {
				t.Errorf("%d are counted", n)
			}
			if w.seen.count("retry false") == 0 && spent < 1000 {
				t.Error("none is counted as forbidden")
			}
		})
	}
}

// spend uses up the floor of an origin.
func spend(t *testing.T, w *world) policy.Node {
	t.Helper()
	w.fails["a"] = status(503)
	greedy := compile(t, keyed("a", "retry", object{"attempts": 5}))
	for range 20 {
		w.expect(greedy, "a a a a a a", "within the floor")
	}
	w.expect(greedy, "a", "beyond it")
	return greedy
}

// TestBudgetComesBack: after 10 s the retries are forgotten.
func TestBudgetComesBack(t *testing.T) {
	w := newWorld(t)
	greedy := spend(t, w)
	w.later(9900 * time.Millisecond)
	w.expect(greedy, "a", "after 9.9 s")
	w.later(700 * time.Millisecond)
	w.expect(greedy, "a a a a a a", "after 10.6 s")
}

// TestBudgetIsOfTheOrigin: another place has its own, another key has not, and a
// fallback goes on.
func TestBudgetIsOfTheOrigin(t *testing.T) {
	w := newWorld(t)
	spend(t, w)
	w.fails["b"] = status(503)
	retry := object{"attempts": 1}
	w.expect(compile(t, keyed("b", "retry", retry)), "b", "another key at the same place")
	w.expect(compile(t, keyed("b", "retry", retry, "custom_host", "https://elsewhere.example/v1")), "b b", "another place")
	w.fails["b"] = nil
	w.expect(compile(t, branch(fallback, keyed("c", "retry", retry), keyed("b"))), "c", "a good target")
	w.fails["c"] = status(503)
	w.expect(compile(t, branch(fallback, keyed("c", "retry", retry), keyed("b"))), "c b", "a fallback")
}

// TestRetriesUnderWay count as well, and those that were given up in their wait
// are given back in time.
func TestRetriesUnderWay(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, keyed("a", "retry", object{"attempts": 1}))
	calls := 0
	var nested func(context.Context, *policy.Target) (*llm.Answer, error)
	depth := 0
	nested = func(ctx context.Context, _ *policy.Target) (*llm.Answer, error) {
		if calls++; calls%2 == 0 && depth < 150 { // a retry, which takes long
			depth++
			w.later(20 * time.Second)
			_, _ = w.Walk(ctx, plan, &policy.Env{}, nested)
		}
		return nil, status(503)
	}
	_, _ = w.Walk(t.Context(), plan, &policy.Env{}, nested)
	if depth != 100 {
		t.Errorf("%d retries are under way at the same time, want 100", depth)
	}

	w = newWorld(t)
	gone := errors.New("gone")
	w.Sleep = func(context.Context, time.Duration) error { return gone }
	w.fails["a"] = status(503)
	for range 300 {
		_, _ = w.ask(plan)
		w.later(200 * time.Millisecond)
	}
	if n := w.seen.count("retry false"); n != 0 {
		t.Errorf("%d retries were forbidden: waits that ended are still under way", n)
	}
}

// TestOriginsAreBounded is R32.
func TestOriginsAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 6000 {
		_, _ = w.ask(compile(t, keyed("a", "custom_host", fmt.Sprintf("https://h%d.example/v1", i))))
	}
	if f := w.Budget.Fill(); f.Held > f.Limit || f.Held+f.Lost != 6000 {
		t.Errorf("%+v", f)
	}
}
