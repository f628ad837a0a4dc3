package auth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/llm"
	"sluice/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a token service that counts.
type source struct {
	life    time.Duration
	slow    time.Duration
	fetches atomic.Int64
	broken  atomic.Bool
}

func (s *source) fetch(ctx context.Context) (grant, error) {
	n := s.fetches.Add(1)
	select {
	case <-time.After(s.slow):
	case <-ctx.Done():
		return grant{}, context.Cause(ctx)
	}
	if s.broken.Load() {
		return grant{}, &llm.Error{Status: 502, Message: "broken"}
	}
	return grant{token: secret.New(strconv.FormatInt(n, 10)), until: time.Now().Add(s.life)}, nil
}

// keeping runs a test in a bubble with a clock of its own.
func keeping(t *testing.T, s *source, f func(t *testing.T, get func() string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(time.Now)
		defer tokens.close()
		f(t, func() string {
			g, err := tokens.get(t.Context(), digestOf("a"), s.fetch)
			synctest.Wait() // a renewal begun by this runs to its end, or its wait
			if err != nil {
				return err.Error()
			}
			return g.token.Reveal()
		})
	})
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: token %s, want %s", what, got, want)
	}
}

func TestTokenIsRenewedAheadOfItsEnd(t *testing.T) {
	s := &source{life: time.Hour}
	keeping(t, s, func(t *testing.T, get func() string) {
		expect(t, "first", get(), "1")
		time.Sleep(54 * time.Minute)
		expect(t, "after 54 minutes", get(), "1")
		time.Sleep(2 * time.Minute)
		expect(t, "4 minutes before the end", get(), "1") // nobody waits for the renewal
		expect(t, "renewed", get(), "2")
		time.Sleep(2 * time.Hour)
		expect(t, "unused for long", get(), "3")
		if n := s.fetches.Load(); n != 3 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestShortLife(t *testing.T) {
	s := &source{life: 5 * time.Minute}
	keeping(t, s, func(t *testing.T, get func() string) {
		get()
		time.Sleep(3*time.Minute + 50*time.Second)
		expect(t, "three quarters", get(), "1")
		time.Sleep(20 * time.Second)
		expect(t, "the last fifth", get(), "1")
		expect(t, "renewed", get(), "2")
	})
}

// TestFailedRenewalKeepsTheToken as long as it holds, and does not hammer.
func TestFailedRenewalKeepsTheToken(t *testing.T) {
	s := &source{life: time.Hour}
	keeping(t, s, func(t *testing.T, get func() string) {
		get()
		s.broken.Store(true)
		time.Sleep(56 * time.Minute)
		for range 10 {
			expect(t, "renewal fails", get(), "1")
		}
		if n := s.fetches.Load(); n != 2 {
			t.Errorf("%d fetches at once", n)
		}
		time.Sleep(time.Minute)
		expect(t, "a minute later", get(), "1")
		if n := s.fetches.Load(); n != 3 {
			t.Errorf("%d fetches after a minute", n)
		}
		time.Sleep(2*time.Minute + 55*time.Second)
		expect(t, "it could end on the way", get(), "broken")
		s.broken.Store(false)
		expect(t, "whole again", get(), "5")
	})
}

func TestDroppedTokenIsFetchedAnew(t *testing.T) {
	s := &source{life: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(time.Now)
		defer tokens.close()
		for i, want := range []string{"1", "1", "2"} {
			g, err := tokens.get(t.Context(), digestOf("a"), s.fetch)
			if err != nil || g.token.Reveal() != want {
				t.Errorf("%d: %v", i, err)
			}
			tokens.drop(digestOf("a")) // the first comes too soon after the fetch
			time.Sleep(pause)
		}
	})
}

func TestOneFetchForAll(t *testing.T) {
	s := &source{life: time.Hour, slow: time.Second}
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(time.Now)
		defer tokens.close()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if g, err := tokens.get(t.Context(), digestOf("a"), s.fetch); err != nil || g.token.Reveal() != "1" {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		if n := s.fetches.Load(); n != 1 {
			t.Errorf("%d fetches for 100 requests", n)
		}
	})
}

// TestWhoLeavesDoesNotStopTheFetch for those who wait on.
func TestWhoLeavesDoesNotStopTheFetch(t *testing.T) {
	s := &source{life: time.Hour, slow: time.Second}
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(time.Now)
		defer tokens.close()
		gone := errors.New("gone")
		ctx, leave := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := tokens.get(ctx, digestOf("a"), s.fetch); !errors.Is(err, gone) {
				t.Errorf("the one who left: %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if _, err := tokens.get(t.Context(), digestOf("a"), s.fetch); err != nil {
				t.Errorf("the one who stayed: %v", err)
			}
		})
		synctest.Wait()
		leave(gone)
		all.Wait()
		if n := s.fetches.Load(); n != 1 {
			t.Errorf("%d fetches", n)
		}
	})
}

// TestErrorsAreNotShared: each waiter writes into its own.
func TestErrorsAreNotShared(t *testing.T) {
	s := &source{slow: time.Second}
	s.broken.Store(true)
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(time.Now)
		defer tokens.close()
		errs := make([]*llm.Error, 2)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				_, err := tokens.get(t.Context(), digestOf("a"), s.fetch)
				errors.As(err, &errs[i])
			})
		}
		all.Wait()
		if errs[0] == nil || errs[1] == nil || errs[0] == errs[1] || s.fetches.Load() != 1 {
			t.Errorf("%p %p, %d fetches", errs[0], errs[1], s.fetches.Load())
		}
	})
}

func TestFetchEnds(t *testing.T) {
	s := &source{slow: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(time.Now)
		began := time.Now()
		if _, err := tokens.get(t.Context(), digestOf("a"), s.fetch); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != fetchTime {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		panics := func(context.Context) (grant, error) { panic("at the token service") }
		if _, err := tokens.get(t.Context(), digestOf("b"), panics); err == nil || err.Error() != "internal error" {
			t.Errorf("after a panic: %v", err)
		}
		go tokens.close()
		if _, err := tokens.get(t.Context(), digestOf("c"), s.fetch); err == nil {
			t.Error("closed, and a token came")
		}
		tokens.close()
		if _, err := tokens.get(t.Context(), digestOf("d"), s.fetch); !errors.Is(err, error(errClosed)) && err.Error() != errClosed.Message {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestTokensAreBounded(t *testing.T) {
	tokens := newTokens(time.Now)
	defer tokens.close()
	s := &source{life: time.Hour}
	for i := range 3 * maxTokens {
		if _, err := tokens.get(t.Context(), digestOf(fmt.Sprint(i)), s.fetch); err != nil {
			t.Fatal(err)
		}
	}
	before := s.fetches.Load()
	for i := range 3 * maxTokens {
		_, _ = tokens.get(t.Context(), digestOf(fmt.Sprint(i)), s.fetch)
	}
	if forgotten := s.fetches.Load() - before; forgotten < maxTokens {
		t.Errorf("only %d of %d were forgotten", forgotten, 3*maxTokens)
	}
}

func TestDigest(t *testing.T) {
	if digestOf("ab", "c") == digestOf("a", "bc") || digestOf() == digestOf("") {
		t.Error("two credentials could be taken for one")
	}
}
