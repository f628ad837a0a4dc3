package route_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/route"
)

// failing is a call that never succeeds; it counts how often it was made.
func failing(calls *int, e llm.Error) route.Call {
	return func(context.Context, *policy.Target) (*llm.Answer, error) {
		*calls++
		own := e
		return nil, &own
	}
}

// walk runs a walker that only notes its waits.
func walk(t *testing.T, dice float64, maxCalls int, config any, call route.Call) (waits []time.Duration, err error) {
	t.Helper()
	w := &route.Walker{MaxCalls: maxCalls, Random: func() float64 { return dice }}
	w.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	_, err = w.Walk(t.Context(), compile(t, config), &policy.Env{}, call)
	return waits, err
}

func asError(t *testing.T, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an *llm.Error", err)
	}
	return e
}

func TestWaitsBetweenRetries(t *testing.T) {
	const almostOne = 1 - 1.0/(1<<53)
	ms := func(list ...int) (out []time.Duration) {
		for _, n := range list {
			out = append(out, time.Duration(n)*time.Millisecond)
		}
		return out
	}
	unavailable := llm.Error{Kind: llm.UpstreamStatus, Status: 503, Class: llm.ClassStatus}
	asking := func(d time.Duration) llm.Error {
		return llm.Error{Kind: llm.UpstreamStatus, Status: 429, Class: llm.ClassStatus, RetryAfter: d}
	}
	for _, c := range []struct {
		name     string
		dice     float64
		attempts int
		honour   bool
		fails    llm.Error
		want     []time.Duration
	}{
		{"a quarter less at most", 0, 5, false, unavailable, ms(750, 1500, 3000, 6000, 6000)},
		{"doubled up to 8 s", 0.5, 5, false, unavailable, ms(1000, 2000, 4000, 8000, 8000)},
		{"a quarter more at most", almostOne, 5, false, unavailable, ms(1250, 2500, 5000, 10000, 10000)},
		{"as long as was asked", 0, 2, true, asking(200 * time.Millisecond), ms(200, 200)},
		{"and up to a tenth longer", almostOne, 2, true, asking(200 * time.Millisecond), ms(220, 220)},
		{"60 s are honoured", 0, 1, true, asking(time.Minute), ms(60_000)},
		{"longer ends it", 0, 3, true, asking(time.Minute + 1), nil},
		{"the longest time of all ends it", almostOne, 3, true, asking(math.MaxInt64), nil},
		{"nothing was asked", 0.5, 1, true, asking(0), ms(1000)},
		{"what was asked is not looked at", 0.5, 1, false, asking(30 * time.Second), ms(1000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			waits, err := walk(t, c.dice, 16, leaf("retry", object{"attempts": c.attempts, "use_retry_after_header": c.honour}), failing(&calls, c.fails))
			// A wait of a fraction of a nanosecond less is the rounding of floats.
			near := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() < time.Microsecond })
			if diff := cmp.Diff(c.want, waits, near); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if e := asError(t, err); e.Retries != -1 || e.Status != c.fails.Status {
				t.Errorf("status %d after %d retries, want %d and -1", e.Status, e.Retries, c.fails.Status)
			}
			if calls != len(c.want)+1 {
				t.Errorf("%d calls, want %d", calls, len(c.want)+1)
			}
		})
	}
}

func TestNoWaitBeyondTheDeadline(t *testing.T) {
	for _, c := range []struct {
		left  time.Duration
		calls int
	}{{time.Hour, 2}, {5 * time.Second, 1}} {
		ctx, cancel := context.WithTimeout(t.Context(), c.left)
		defer cancel()
		calls := 0
		w := &route.Walker{MaxCalls: 16, Random: func() float64 { return 0 }, Sleep: func(context.Context, time.Duration) error { return nil }}
		config := leaf("retry", object{"attempts": 1, "use_retry_after_header": true})
		_, err := w.Walk(ctx, compile(t, config), &policy.Env{}, failing(&calls, llm.Error{Status: 429, RetryAfter: 30 * time.Second}))
		if e := asError(t, err); calls != c.calls || e.Status != 429 || e.Retries != -1 {
			t.Errorf("%s left: %d calls, status %d, %d retries", c.left, calls, e.Status, e.Retries)
		}
	}
}

func TestCallsAreBounded(t *testing.T) {
	retrying := leaf("retry", object{"attempts": 5})
	config := branch(object{"mode": "fallback"}, retrying, retrying, retrying, retrying)
	for _, c := range []struct{ max, want int }{{1, 1}, {6, 6}, {7, 7}, {16, 16}, {100, 24}} {
		calls := 0
		_, err := walk(t, 0.5, c.max, config, failing(&calls, llm.Error{Status: 500, Class: llm.ClassStatus}))
		if asError(t, err).Status != 500 || calls != c.want {
			t.Errorf("at most %d calls: %d were made, want %d", c.max, calls, c.want)
		}
	}
}

func TestNothingFollowsAFinalError(t *testing.T) {
	retrying := leaf("retry", object{"attempts": 3, "on_status_codes": []int{500, 502, 503}})
	for _, mode := range []string{"fallback", "loadbalance"} {
		calls := 0
		fails := llm.Error{Kind: llm.Unreachable, Status: 502, Class: llm.ClassConnect, Final: true}
		waits, err := walk(t, 0, 16, branch(object{"mode": mode}, retrying, retrying), failing(&calls, fails))
		if e := asError(t, err); calls != 1 || waits != nil || e.Path != "config.targets[0]" || e.Retries != 0 {
			t.Errorf("%s: %d calls, waits %v, error of %s", mode, calls, waits, e.Path)
		}
	}
}

func TestForeignErrorsBecomeInternal(t *testing.T) {
	cause := errors.New("a secret of the inside")
	_, err := walk(t, 0, 16, leaf(), func(context.Context, *policy.Target) (*llm.Answer, error) { return nil, cause })
	if e := asError(t, err); e.Kind != llm.Internal || e.Status != 500 || e.Message != "internal error" || !errors.Is(e, cause) {
		t.Errorf("%+v", e)
	}
}

// TestCancelEndsAWait runs the real sleep on a fake clock.
func TestCancelEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		calls, start := 0, time.Now()
		config := branch(object{"mode": "fallback"}, leaf("retry", object{"attempts": 2}), leaf())
		_, err := route.NewWalker(16).Walk(ctx, compile(t, config), &policy.Env{}, failing(&calls, llm.Error{Status: 503, Class: llm.ClassStatus}))
		e := asError(t, err)
		if e.Kind != llm.Canceled || !e.Final || !errors.Is(e, context.Canceled) || calls != 1 {
			t.Errorf("%d calls, error %+v", calls, e)
		}
		if took := time.Since(start); took != 300*time.Millisecond {
			t.Errorf("the wait took %s after the client had gone", took)
		}
	})
}

// TestRealSleepWaits proves the timer is really awaited, on a fake clock.
func TestRealSleepWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, start := 0, time.Now()
		_, err := route.NewWalker(16).Walk(t.Context(), compile(t, leaf("retry", object{"attempts": 2})), &policy.Env{}, failing(&calls, llm.Error{Status: 503}))
		took := time.Since(start)
		if asError(t, err); calls != 3 || took < 2250*time.Millisecond || took > 3750*time.Millisecond {
			t.Errorf("%d calls in %s, want 3 in 3 s give or take a quarter", calls, took)
		}
	})
}

// TestDraw throws a thousand even dice: each target must get its very share.
func TestDraw(t *testing.T) {
	for _, c := range []struct {
		name    string
		weights []any
		want    []int
	}{
		{"even", []any{1, 1}, []int{500, 500}},
		{"uneven", []any{1, 3}, []int{250, 750}},
		{"fractions", []any{0.7, 0.2, 0.1}, []int{700, 200, 100}},
		{"text", []any{"0.5", 0.5}, []int{500, 500}},
		{"zeros are never drawn", []any{0, 2, 0, 3, 0}, []int{0, 400, 0, 600, 0}},
		{"the first is enough", []any{5, 0}, []int{1000, 0}},
		{"the largest there are", []any{1e308, 1e308}, []int{500, 500}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var targets []any
			for _, w := range c.weights {
				targets = append(targets, leaf("weight", w))
			}
			root := compile(t, branch(object{"mode": "loadbalance"}, targets...))
			got := map[string]int{}
			for i := range 1000 {
				w := route.Walker{MaxCalls: 1, Random: func() float64 { return (float64(i) + 0.5) / 1000 }}
				answer, err := w.Walk(t.Context(), root, &policy.Env{}, func(context.Context, *policy.Target) (*llm.Answer, error) { return &llm.Answer{}, nil })
				if err != nil {
					t.Fatal(err)
				}
				got[answer.Path]++
			}
			for i, want := range c.want {
				if n := got["config.targets["+string(rune('0'+i))+"]"]; n != want {
					t.Errorf("target %d was drawn %d times of 1000, want %d", i, n, want)
				}
			}
		})
	}
}
