package upstream

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/cancel"
	"sluice/internal/llm"
)

// watch holds the clocks of one attempt. Each ends the attempt with a cause of
// its own, so that the failure says which one it was (R10). One timer does for
// all of them, and is set again only when it has rung: a read costs a look at the
// time.
type watch struct {
	ctx   cancel.Context
	whole bool // the answer is not a stream

	mu     sync.Mutex // guards all below
	alarm  *alarm
	clocks [3]deadline
	idle   time.Duration // between two pieces of the body
	since  time.Time     // of the read that waits for one; zero: none does
	begun  bool          // the first has come
	late   bool          // the timer does not ring in time for idle yet
	over   bool
}

// deadline is a limit that counts from the start.
type deadline struct {
	limit time.Duration
	due   time.Time // zero: it does not count, or no longer
	cause func(limit time.Duration) *llm.Error
}

// The clocks. Between two pieces of a body there is another.
const (
	asked = iota // the caller's limit
	first        // until the first byte of the body
	total
)

// watch starts the clocks of a zero watch.
func (c *Client) watch(parent context.Context, w *watch, stream bool, limit time.Duration) {
	w.idle, w.whole = c.limits.Idle, !stream
	w.ctx.Begin(parent)
	firstByte, whole := c.limits.FirstByte, c.limits.Total
	if stream {
		firstByte, whole = c.limits.FirstByteStream, c.limits.TotalStream
	}
	now := time.Now()
	w.clocks = [...]deadline{first: {firstByte, now.Add(firstByte), noFirstByte}, total: {whole, now.Add(whole), tooLong}}
	if limit > 0 {
		w.clocks[asked] = deadline{limit, now.Add(limit), overTime}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alarm = c.alarmFor(w)
	w.alarm.Reset(w.next(now).Sub(now))
}

// alarm is a timer that is used again. One that rings late, for a watch that is
// over, has the next one look at its clocks, which harms nobody.
type alarm struct {
	*time.Timer
	home  *sync.Pool
	watch atomic.Pointer[watch]
}

const never = 24 * time.Hour

func (c *Client) alarmFor(w *watch) *alarm {
	a, _ := c.alarms.Get().(*alarm)
	if a == nil {
		a = &alarm{home: &c.alarms}
		a.Timer = time.AfterFunc(never, a.ring)
	}
	a.watch.Store(w)
	return a
}

func (a *alarm) release() {
	a.Stop()
	a.watch.Store(nil)
	a.home.Put(a)
}

// ring is called when a clock may have run out.
func (a *alarm) ring() {
	w := a.watch.Load()
	if w == nil {
		return
	}
	if e := w.expired(time.Now()); e != nil {
		w.ctx.Cancel(e)
	}
}

// expired is the cause that a clock gives now; if none does the timer is set again.
func (w *watch) expired(now time.Time) *llm.Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return nil
	}
	for _, c := range w.clocks {
		if !c.due.IsZero() && !c.due.After(now) {
			return c.cause(c.limit)
		}
	}
	if w.begun && !w.since.IsZero() && now.Sub(w.since) >= w.idle {
		return silent(w.idle)
	}
	w.alarm.Reset(w.next(now).Sub(now))
	return nil
}

// next is when a clock can run out first.
func (w *watch) next(now time.Time) time.Time {
	next := w.clocks[total].due
	for _, c := range w.clocks {
		if !c.due.IsZero() && c.due.Before(next) {
			next = c.due
		}
	}
	if w.begun {
		pause := now // somebody may begin to read at once
		if !w.since.IsZero() {
			pause = w.since
		}
		if pause = pause.Add(w.idle); pause.Before(next) {
			next = pause
		}
	}
	return next
}

// reads is called when a read begins.
func (w *watch) reads() {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = now
	if w.late && !w.over { // an answer that came with one read had no pauses to count
		w.late = false
		w.alarm.Reset(w.next(now).Sub(now))
	}
}

// read is called when it has ended, with what it got. Until the next one it is
// the client who takes its time.
func (w *watch) read(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Time{}
	if n == 0 || w.begun {
		return
	}
	w.begun = true
	w.clocks[first].due = time.Time{}
	if !w.whole {
		w.clocks[asked].due = time.Time{}
	}
	w.late = w.idle < w.clocks[first].limit
}

// hurry shortens the time between two pieces.
func (w *watch) hurry(idle time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.idle, w.late = idle, false
	now := time.Now()
	w.alarm.Reset(w.next(now).Sub(now))
}

// The causes, made only when a clock has run out.

func overTime(limit time.Duration) *llm.Error {
	return &llm.Error{
		Kind: llm.RequestTimeout, Status: http.StatusRequestTimeout, Class: llm.ClassFirstByte,
		Message: fmt.Sprintf("Request exceeded the timeout sent in the request: %dms", limit.Milliseconds()),
	}
}

func noFirstByte(limit time.Duration) *llm.Error {
	return tooSlow(llm.ClassFirstByte, "the provider did not begin to answer within %s", limit)
}

func tooLong(limit time.Duration) *llm.Error {
	return tooSlow(llm.ClassIdle, "the answer took longer than %s", limit)
}

func silent(limit time.Duration) *llm.Error {
	return tooSlow(llm.ClassIdle, "the provider stopped sending for %s", limit)
}

func tooSlow(class llm.Class, format string, limit time.Duration) *llm.Error {
	return &llm.Error{Kind: llm.UpstreamTimeout, Status: http.StatusGatewayTimeout, Class: class, Message: fmt.Sprintf(format, limit)}
}

// stop ends the attempt and all its clocks.
func (w *watch) stop() {
	w.mu.Lock()
	if !w.over {
		w.over = true
		w.alarm.release()
	}
	w.mu.Unlock()
	w.ctx.Cancel(context.Canceled)
}

// cause returns the clock that ended the attempt, or that the client went away;
// nil if neither did.
func (w *watch) cause() *llm.Error {
	cause := w.ctx.Err()
	if cause == nil {
		return nil
	}
	if e, ok := cause.(*llm.Error); ok { //nolint:errorlint // causes of ours are never wrapped
		own := *e // a copy: the walk writes where it came from into it
		return &own
	}
	return &llm.Error{Kind: llm.Canceled, Status: 499, Class: llm.ClassCanceled, Message: "the client went away", Final: true, Err: cause}
}
