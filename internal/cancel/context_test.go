package cancel_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/cancel"
)

var errGone = errors.New("gone")

type ear struct{ heard atomic.Pointer[error] }

func (e *ear) Ended(cause error) { e.heard.Store(&cause) }

func (e *ear) cause() error {
	if p := e.heard.Load(); p != nil {
		return *p
	}
	return nil
}

func begin(parent context.Context) *cancel.Context {
	c := new(cancel.Context)
	c.Begin(parent)
	return c
}

// parents are the kinds of contexts that one can have above it.
func parents() map[string]func() (context.Context, func(error)) {
	return map[string]func() (context.Context, func(error)){
		"ours":     func() (context.Context, func(error)) { c := new(cancel.Context); return c, c.Cancel },
		"standard": func() (context.Context, func(error)) { return context.WithCancelCause(context.Background()) },
		"a value on ours": func() (context.Context, func(error)) {
			c := new(cancel.Context)
			return context.WithValue(c, name{}, 1), c.Cancel
		},
	}
}

type name struct{}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestEndsWithItsParent(t *testing.T) {
	for kind, make := range parents() {
		t.Run(kind, func(t *testing.T) {
			parent, end := make()
			c := begin(parent)
			var e ear
			cancel.Listen(c, &e)
			done := c.Done()
			if c.Err() != nil || e.cause() != nil {
				t.Fatal("it ended by itself")
			}
			end(errGone)
			<-done
			eventually(t, "nobody told the listener", func() bool { return e.cause() == errGone })
			if c.Err() != errGone || context.Cause(c) != errGone {
				t.Errorf("error %v, cause %v", c.Err(), context.Cause(c))
			}
			late := begin(parent)
			eventually(t, "an ended parent has a child", func() bool { return late.Err() == errGone })
			<-late.Done()
		})
	}
}

func TestEndsAlone(t *testing.T) {
	for kind, make := range parents() {
		t.Run(kind, func(t *testing.T) {
			parent, end := make()
			defer end(errGone)
			c := begin(parent)
			c.Cancel(errGone)
			c.Cancel(errors.New("another"))
			if c.Err() != errGone || parent.Err() != nil {
				t.Errorf("error %v, the parent's %v", c.Err(), parent.Err())
			}
			var e ear
			if cancel.Listen(c, &e).Release() || e.cause() != errGone {
				t.Errorf("heard %v", e.cause())
			}
		})
	}
}

func TestRelease(t *testing.T) {
	for kind, make := range parents() {
		t.Run(kind, func(t *testing.T) {
			parent, end := make()
			var ears [5]ear
			var holds []cancel.Hold
			for i := range ears {
				holds = append(holds, cancel.Listen(parent, &ears[i]))
			}
			for _, i := range []int{1, 3} {
				if !holds[i].Release() || holds[i].Release() {
					t.Errorf("%d: releasing must work once", i)
				}
			}
			end(errGone)
			for i := range ears {
				if i == 1 || i == 3 {
					continue
				}
				eventually(t, "a listener heard nothing", func() bool { return ears[i].cause() == errGone })
				if holds[i].Release() {
					t.Errorf("%d: was told, and released", i)
				}
			}
			if ears[1].cause() != nil || ears[3].cause() != nil {
				t.Error("one that was released was told")
			}
		})
	}
}

// TestUnderStandardContexts: contexts of package context end with it, and leave
// nothing behind when they end first.
func TestUnderStandardContexts(t *testing.T) {
	c := new(cancel.Context)
	first, stop := context.WithCancel(c)
	stop()
	second, stop := context.WithTimeout(c, time.Hour)
	defer stop()
	var called sync.WaitGroup
	called.Add(1)
	context.AfterFunc(c, called.Done)
	if !context.AfterFunc(c, func() { t.Error("called in spite of stop") })() {
		t.Error("stop came too late")
	}
	c.Cancel(errGone)
	<-second.Done()
	called.Wait()
	if first.Err() != context.Canceled || context.Cause(second) != errGone {
		t.Errorf("first %v, second %v", first.Err(), context.Cause(second))
	}
}

// TestAtOnce has everything happen at the same time, for the race detector.
func TestAtOnce(t *testing.T) {
	for range 200 {
		parent := new(cancel.Context)
		var wg sync.WaitGroup
		wg.Go(func() { parent.Cancel(errGone) })
		for range 3 {
			wg.Go(func() {
				c := begin(parent)
				var e ear
				hold := cancel.Listen(c, &e)
				if hold.Release() == (e.cause() != nil) && c.Err() == nil {
					t.Error("told and released, or neither")
				}
				c.Cancel(context.Canceled)
				<-c.Done()
			})
		}
		wg.Wait()
	}
}

func TestCostsNothing(t *testing.T) {
	type request struct{ cancel.Context }
	var e ear
	parent := new(cancel.Context)
	if n := testing.AllocsPerRun(100, func() {
		r := new(request)
		r.Begin(parent)
		hold := cancel.Listen(&r.Context, &e)
		hold.Release()
		r.Cancel(context.Canceled)
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkChain is a request's context, that of an attempt below it, and a
// connection that listens.
func BenchmarkChain(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		var e ear
		for b.Loop() {
			parent, c := new(cancel.Context), new(cancel.Context)
			c.Begin(parent)
			cancel.Listen(c, &e).Release()
			c.Cancel(context.Canceled)
			parent.Cancel(context.Canceled)
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.ReportAllocs()
		var e ear
		for b.Loop() {
			parent, end := context.WithCancelCause(context.Background())
			c, cancel := context.WithCancelCause(parent)
			context.AfterFunc(c, func() { e.Ended(nil) })()
			cancel(context.Canceled)
			end(context.Canceled)
		}
	})
}
