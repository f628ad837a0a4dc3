package route_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/route"
	"sluice/internal/secret"
)

// TestWhatEjects is R18: five failures of certain classes in a row take a
// target out, others do not.
func TestWhatEjects(t *testing.T) {
	network := func(class llm.Class) *llm.Error {
		return &llm.Error{Kind: llm.Unreachable, Class: class, Status: 502}
	}
	for _, c := range []struct {
		fails  *llm.Error
		ejects bool
	}{
		{network(llm.ClassDNS), true},
		{network(llm.ClassConnect), true},
		{network(llm.ClassTLS), true},
		{network(llm.ClassReset), true},
		{&llm.Error{Kind: llm.UpstreamTimeout, Class: llm.ClassFirstByte, Status: 504}, true},
		{&llm.Error{Kind: llm.RequestTimeout, Class: llm.ClassFirstByte, Status: 408}, true},
		{status(500), true},
		{status(529), true},
		{network(llm.ClassWrite), false},
		{network(llm.ClassInvalid), false},
		{network(llm.ClassTooLarge), false},
		{&llm.Error{Kind: llm.UpstreamTimeout, Class: llm.ClassIdle, Status: 504}, false},
		{status(400), false},
		{status(404), false},
		{status(429), false}, // without retry-after
		{&llm.Error{Kind: llm.NotSupported, Status: 501}, false},
		{&llm.Error{Kind: llm.MissingKey, Status: 401}, false}, // ours, not the provider's
	} {
		t.Run(fmt.Sprint(c.fails.Class, c.fails.Status), func(t *testing.T) {
			w := newWorld(t)
			plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
			w.fails["a"] = c.fails
			for i := range 5 {
				w.expect(plan, "a b", fmt.Sprint("failure ", i+1))
			}
			want := "a b"
			if c.ejects {
				want = "b"
			}
			w.expect(plan, want, "then")
			if n := w.seen.count("ejected: failures"); (n == 1) != c.ejects {
				t.Errorf("ejected %d times", n)
			}
		})
	}
}

// TestSuccessBetween: only failures in a row count (R18).
func TestSuccessBetween(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
	for range 3 {
		w.fails["a"] = status(503)
		for range 4 {
			w.expect(plan, "a b", "failing")
		}
		w.fails["a"] = nil
		w.expect(plan, "a", "well")
	}
	if f := w.Health.Fill(); f.Held != 0 {
		t.Errorf("what is well again is still watched: %+v", f)
	}
}

// TestOutTimes is R18: 5 s, doubling to 60 s, a fifth more or less; one probe
// when they are over; an answer to it ends it all.
func TestOutTimes(t *testing.T) {
	for dice, factor := range map[float64]float64{0: 0.8, 0.5: 1, 0.999999: 1.2} {
		w := newWorld(t)
		w.dice = dice
		plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
		w.fails["a"] = status(500)
		for range 5 {
			w.expect(plan, "a b", "at first")
		}
		for _, seconds := range []float64{5, 10, 20, 40, 60, 60} {
			out := time.Duration(seconds * factor * float64(time.Second))
			w.later(out - time.Millisecond)
			w.expect(plan, "b", fmt.Sprintf("dice %v, just before %s", dice, out))
			w.later(2 * time.Millisecond)
			w.expect(plan, "a b", fmt.Sprintf("dice %v, after %s", dice, out))
			w.expect(plan, "b", "behind the probe that failed")
			w.later(-time.Millisecond)
		}
		w.later(75 * time.Second)
		w.fails["a"] = nil
		w.expect(plan, "a", "the probe is answered")
		w.fails["a"] = status(500)
		for range 5 {
			w.expect(plan, "a b", "counting begins anew")
		}
		w.later(time.Duration(4.9 * factor * float64(time.Second)))
		w.expect(plan, "b", "the first time again")
		w.later(time.Second)
		w.expect(plan, "a b", "is the shortest")
	}
}

// TestOneProbe: while one request tries a target, others do not (R18).
func TestOneProbe(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
	w.fails["a"] = status(500)
	for range 5 {
		w.expect(plan, "a b", "at first")
	}
	w.later(6 * time.Second)
	probing := func(_ context.Context, t *policy.Target) (*llm.Answer, error) {
		if t.Key.Reveal() == "a" {
			w.expect(plan, "b", "during the probe")
			w.later(61 * time.Second)
			w.expect(plan, "a b", "once the probe is given up")
		}
		return nil, &llm.Error{Kind: llm.Canceled, Class: llm.ClassCanceled, Final: true}
	}
	_, _ = w.Walk(t.Context(), plan, &policy.Env{}, probing)
	w.later(10 * time.Second)
	w.fails["a"] = nil
	canceled := func(context.Context, *policy.Target) (*llm.Answer, error) {
		return nil, &llm.Error{Kind: llm.Canceled, Class: llm.ClassCanceled, Final: true}
	}
	_, _ = w.Walk(t.Context(), plan, &policy.Env{}, canceled)
	w.expect(plan, "a", "after a probe whose client went away")
}

// TestCredential is R18: 401 and 403 take the credential out for 60 s, and no
// other one.
func TestCredential(t *testing.T) {
	for _, code := range []int{401, 403} {
		w := newWorld(t)
		plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
		other := compile(t, branch(fallback, keyed("c"), keyed("a")))
		w.fails["a"] = status(code)
		w.expect(plan, "a b", "at first")
		w.expect(plan, "b", "at once")
		w.expect(other, "c", "another credential of the provider")
		w.later(59 * time.Second)
		w.expect(plan, "b", "after 59 s")
		w.later(2 * time.Second)
		w.expect(plan, "a b", "after 61 s")
		w.expect(plan, "b", "again")
	}
}

// TestCallersCredential: what one caller's key does is nothing to another's.
func TestCallersCredential(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(fallback, object{"provider": "acme"}, keyed("b")))
	w.fails["config.targets[0]"] = status(401)
	for _, c := range []struct{ caller, want string }{{"x", " b"}, {"x", "b"}, {"y", " b"}, {"y", "b"}, {"", " b"}} {
		if got, _ := w.ask(plan, c.caller); got != c.want {
			t.Errorf("caller %q: %q was called, want %q", c.caller, got, c.want)
		}
	}
}

// TestLimited is R18: a 429 that says how long takes the target out that long,
// at most 60 s.
func TestLimited(t *testing.T) {
	for asked, out := range map[time.Duration]time.Duration{2 * time.Second: 2 * time.Second, time.Hour: time.Minute} {
		w := newWorld(t)
		plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
		e := status(429)
		e.RetryAfter = asked
		w.fails["a"] = e
		w.expect(plan, "a b", "at first")
		w.later(out - time.Millisecond)
		w.expect(plan, "b", "before it is over")
		w.later(2 * time.Millisecond)
		w.fails["a"] = nil
		w.expect(plan, "a", "after it")
	}
}

// TestNeverTheLast is R18: a target is only left out for another one. When all
// of a strategy are out, it works as if none was.
func TestNeverTheLast(t *testing.T) {
	five := func(w *world, n policy.Node) {
		for range 5 {
			_, _ = w.ask(n)
		}
	}
	t.Run("alone", func(t *testing.T) {
		for name, config := range map[string]any{
			"target": keyed("a"), "single": branch(object{"mode": "single"}, keyed("a"), keyed("b")),
			"fallback of one": branch(fallback, keyed("a")), "no other share": branch(object{"mode": "loadbalance"}, keyed("a"), keyed("b", "weight", 0)),
			"conditional": branch(object{"mode": "conditional", "conditions": []any{object{"query": object{"metadata.x": "y"}, "then": "b"}}, "default": "a"}, keyed("a", "name", "a"), keyed("b", "name", "b")),
		} {
			w := newWorld(t)
			plan := compile(t, config)
			w.fails["a"] = status(500)
			five(w, plan)
			w.expect(plan, "a", name)
		}
	})
	t.Run("all", func(t *testing.T) {
		w := newWorld(t)
		plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
		w.fails["a"], w.fails["b"] = status(500), status(500)
		five(w, plan)
		w.expect(plan, "a b", "both out")
		w.later(time.Second)
		w.fails["b"] = nil
		w.expect(plan, "a b", "the second answers again")
		w.expect(plan, "b", "so the first is out")
		w.later(5 * time.Second)
		w.fails["a"] = nil
		w.expect(plan, "a", "and comes back in its own time")
	})
	t.Run("all of a balance", func(t *testing.T) {
		w := newWorld(t)
		plan := compile(t, branch(object{"mode": "loadbalance"}, keyed("a"), keyed("b")))
		w.fails["a"], w.fails["b"] = status(500), status(500)
		for range 10 {
			w.dice = 0.9 - w.dice // either in turn
			_, _ = w.ask(plan)
		}
		w.dice = 0.1
		w.expect(plan, "a", "both out")
		w.dice = 0.9
		w.expect(plan, "b", "both out")
	})
	t.Run("a whole branch", func(t *testing.T) {
		w := newWorld(t)
		plan := compile(t, branch(fallback, branch(fallback, keyed("a"), keyed("b")), keyed("c")))
		w.fails["a"], w.fails["b"] = status(500), status(500)
		five(w, plan)
		w.expect(plan, "c", "both of the branch out")
		w.fails["c"] = status(500)
		five(w, plan)
		w.expect(plan, "a b c", "all out")
	})
}

// TestNoShare is R19: an ejected target of a balance gets no share, the others
// get theirs.
func TestNoShare(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(object{"mode": "loadbalance"}, keyed("a", "weight", 2), keyed("b"), keyed("c")))
	w.fails["a"] = status(500)
	w.dice = 0
	for range 5 {
		w.expect(plan, "a", "at first")
	}
	for dice, want := range map[float64]string{0: "b", 0.49: "b", 0.51: "c", 0.99: "c"} {
		w.dice = dice
		w.expect(plan, want, fmt.Sprint("dice ", dice))
	}
	w.fails["b"] = &llm.Error{Kind: llm.Unreachable, Class: llm.ClassConnect, Status: 502}
	w.dice = 0
	w.expect(plan, "b c", "what cannot be connected to is replaced, not by one that is out")
	w.fails["c"] = w.fails["b"]
	for range 4 {
		w.expect(plan, "b c", "both down")
	}
	w.expect(plan, "c a", "when only one is in, one that is out replaces it")
}

// TestOnlyWhatMovesOn: a fallback that goes on after some codes only does not
// leave a target out for others.
func TestOnlyWhatMovesOn(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(object{"mode": "fallback", "on_status_codes": []int{503}}, keyed("a"), keyed("b")))
	w.fails["a"] = status(500)
	for range 6 {
		w.expect(plan, "a", "not listed")
	}
	w.fails["a"] = status(503)
	for range 5 {
		w.expect(plan, "a b", "listed")
	}
	w.expect(plan, "b", "listed, and out")
}

// TestLateNews: an answer to a request from before the failures ends nothing.
func TestLateNews(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
	_, err := w.Walk(t.Context(), plan, &policy.Env{}, func(context.Context, *policy.Target) (*llm.Answer, error) {
		w.later(time.Second)
		w.fails["a"] = status(500)
		for range 5 {
			w.expect(plan, "a b", "meanwhile")
		}
		w.later(time.Second)
		return &llm.Answer{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.expect(plan, "b", "after the old answer")
}

// TestBreakerOfAConfig: cb_config replaces the built-in numbers (R18).
func TestBreakerOfAConfig(t *testing.T) {
	plan := func(t *testing.T, breaker object) policy.Node {
		return compile(t, branch(object{"mode": "fallback", "cb_config": breaker}, keyed("a"), keyed("b")))
	}
	t.Run("threshold and cooldown", func(t *testing.T) {
		w := newWorld(t)
		w.dice = 0 // no jitter here
		n := plan(t, object{"failure_threshold": 2, "cooldown_interval": 30_000})
		w.fails["a"] = status(500)
		w.expect(n, "a b", "1")
		w.expect(n, "a b", "2")
		for range 3 {
			w.later(30*time.Second - time.Millisecond)
			w.expect(n, "b", "out")
			w.later(time.Millisecond)
			w.expect(n, "a b", "over")
		}
	})
	t.Run("failures need not be in a row", func(t *testing.T) {
		w := newWorld(t)
		n := plan(t, object{"failure_threshold": 3})
		for i := range 3 {
			w.fails["a"] = status(500)
			w.expect(n, "a b", "failing")
			if w.fails["a"] = nil; i < 2 {
				w.expect(n, "a", "well")
			}
		}
		w.expect(n, "b", "three of five")
	})
	t.Run("rate", func(t *testing.T) {
		w := newWorld(t)
		n := plan(t, object{"failure_threshold_percentage": 20, "minimum_requests": 10})
		w.fails["a"] = status(500)
		w.expect(n, "a b", "one of one, but too few")
		w.fails["a"] = nil
		for range 8 {
			w.expect(n, "a", "well")
		}
		w.fails["a"] = status(500)
		w.expect(n, "a b", "two of ten")
		w.expect(n, "b", "is a fifth")
	})
	t.Run("old failures are no rate", func(t *testing.T) {
		w := newWorld(t)
		n := plan(t, object{"failure_threshold_percentage": 50, "minimum_requests": 2})
		w.fails["a"] = status(500)
		w.expect(n, "a b", "one")
		w.later(2 * time.Minute)
		w.expect(n, "a b", "one again")
		w.fails["a"] = nil
		w.later(time.Second)
		w.expect(n, "a", "not yet out")
	})
	t.Run("codes", func(t *testing.T) {
		w := newWorld(t)
		n := plan(t, object{"failure_threshold": 2, "failure_status_codes": []int{401, 429, 502}})
		w.fails["a"] = status(500)
		for range 9 {
			w.expect(n, "a b", "not listed")
		}
		w.fails["a"] = status(401)
		w.expect(n, "a b", "once")
		w.expect(n, "a b", "twice")
		w.expect(n, "b", "out")
	})
	t.Run("401 and 429 are not special", func(t *testing.T) {
		w := newWorld(t)
		n := plan(t, object{"failure_threshold": 2})
		limited := status(429)
		limited.RetryAfter = time.Minute
		for _, e := range []*llm.Error{status(401), limited} {
			w.fails["a"] = e
			for range 5 {
				w.expect(n, "a b", "not what it says")
			}
		}
	})
	t.Run("one breaker is not another's", func(t *testing.T) {
		w := newWorld(t)
		w.fails["a"] = status(500)
		w.expect(plan(t, object{"failure_threshold": 1}), "a b", "one")
		w.expect(plan(t, object{"failure_threshold": 1}), "b", "one")
		w.expect(plan(t, object{"failure_threshold": 2}), "a b", "two")
	})
}

// TestWatchedIsBounded is R32: any number of credentials, a bounded memory.
func TestWatchedIsBounded(t *testing.T) {
	w := newWorld(t)
	plan := compile(t, branch(fallback, object{"provider": "acme"}, keyed("b")))
	w.fails["config.targets[0]"] = status(401)
	for i := range 20_000 {
		_, _ = w.ask(plan, fmt.Sprint("caller ", i))
	}
	if f := w.Health.Fill(); f.Held > f.Limit || f.Held < f.Limit*3/4 || f.Held+f.Lost < 20_000 {
		t.Errorf("%+v", f)
	}
	now := map[string]int{}
	w.Ejected(func(provider, path string) { now[provider+" "+path]++ })
	if len(now) != 1 || now["acme config.targets[0]"] < 1000 {
		t.Errorf("%v", now)
	}
	w.later(time.Hour)
	w.Ejected(func(string, string) { t.Fatal("an old ejection is shown") })
	if f := w.Health.Fill(); f.Held != 0 {
		t.Errorf("what nobody asks for any more is kept: %+v", f)
	}
}

// TestHealthTogether is for the race detector: one probe of many requests.
func TestHealthTogether(t *testing.T) {
	w := newWorld(t)
	w.Observer = nil
	plan := compile(t, branch(fallback, keyed("a"), keyed("b")))
	w.fails["a"] = status(500)
	for range 5 {
		_, _ = w.ask(plan)
	}
	w.later(6 * time.Second)
	var mu sync.Mutex
	probes := 0
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			_, _ = w.Walk(t.Context(), plan, &policy.Env{Caller: secret.New("x")}, func(_ context.Context, target *policy.Target) (*llm.Answer, error) {
				if target.Key.Reveal() == "a" {
					mu.Lock()
					probes++
					mu.Unlock()
					return nil, status(500)
				}
				return &llm.Answer{}, nil
			})
		})
	}
	all.Wait()
	if probes != 1 {
		t.Errorf("%d probes", probes)
	}
}

// TestSwitchedOff: without a Health nothing is ever left out.
func TestSwitchedOff(t *testing.T) {
	w := newWorld(t)
	w.Health = nil
	plan := compile(t, branch(object{"mode": "fallback", "cb_config": object{"failure_threshold": 1}}, keyed("a"), keyed("b")))
	w.fails["a"] = status(500)
	for range 7 {
		w.expect(plan, "a b", "off")
	}
}

// TestRescued is R45: failures that nobody saw are counted.
func TestRescued(t *testing.T) {
	w := newWorld(t)
	w.fails["a"] = status(503)
	w.expect(compile(t, branch(fallback, keyed("a"), keyed("b"))), "a b", "fallback")
	calls := 0
	_, err := w.Walk(t.Context(), compile(t, leaf("retry", object{"attempts": 2})), &policy.Env{}, func(context.Context, *policy.Target) (*llm.Answer, error) {
		if calls++; calls < 3 {
			return nil, status(503)
		}
		return &llm.Answer{}, nil
	})
	if err != nil || w.seen.count("rescued, retry false") != 1 || w.seen.count("rescued, retry true") != 1 {
		t.Errorf("%v %q", err, w.seen.list)
	}
}

// hot is a plain request to a plain target: what every gateway does all day.
func hot(tb testing.TB, config any) func() {
	w := route.NewWalker(16)
	plan, env, answer := compile(tb, config), &policy.Env{Caller: secret.New("caller")}, &llm.Answer{}
	call := func(context.Context, *policy.Target) (*llm.Answer, error) { return answer, nil }
	ctx := context.Background()
	return func() {
		if _, err := w.Walk(ctx, plan, env, call); err != nil {
			tb.Fatal(err)
		}
	}
}

// TestHealthyCostsNothing: neither the health of targets nor the budget of
// retries allocates for a request that goes well.
func TestHealthyCostsNothing(t *testing.T) {
	for name, config := range map[string]any{"target": leaf(), "fallback": branch(fallback, keyed("a"), keyed("b"))} {
		one := hot(t, config)
		one() // the first request to an origin opens its account
		if n := testing.AllocsPerRun(100, one); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkHealthy(b *testing.B) {
	for name, config := range map[string]any{"target": leaf(), "fallback": branch(fallback, keyed("a"), keyed("b")), "loadbalance": branch(object{"mode": "loadbalance"}, keyed("a"), keyed("b"))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			one := hot(b, config)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					one()
				}
			})
		})
	}
}

// ill is a request to a fallback whose first target fails without being left
// out: what a gateway does on a bad day.
func ill(tb testing.TB) func() {
	w := route.NewWalker(16)
	plan := compile(tb, object{"strategy": object{"mode": "fallback", "cb_config": object{"failure_threshold": 1_000_000}}, "targets": []any{keyed("a"), keyed("b")}})
	env, answer, fault := &policy.Env{}, &llm.Answer{}, status(503)
	call := func(_ context.Context, t *policy.Target) (*llm.Answer, error) {
		if t.Key.Reveal() == "a" {
			return nil, fault
		}
		return answer, nil
	}
	return func() {
		if _, err := w.Walk(context.Background(), plan, env, call); err != nil {
			tb.Fatal(err)
		}
	}
}

// TestFailingCostsNothing: nor is anything allocated where one target fails and
// is watched.
func TestFailingCostsNothing(t *testing.T) {
	one := ill(t)
	one() // this makes what is remembered of the targets
	if n := testing.AllocsPerRun(100, one); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFailing(b *testing.B) {
	b.ReportAllocs()
	one := ill(b)
	for b.Loop() {
		one()
	}
}
