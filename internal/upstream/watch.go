package upstream

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sluice/internal/llm"
)

// watch holds the clocks of one attempt. Each ends the attempt with a cause of
// its own, so that the failure says which one it was (R10).
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	idle   time.Duration
	whole  bool // the answer is not a stream

	asked *time.Timer // the caller's limit; nil: none
	first *time.Timer // until the first byte of the body
	pause *time.Timer // between two pieces; nil before the first
	total *time.Timer
}

func (c *Client) watch(parent context.Context, stream bool, asked time.Duration) *watch {
	w := &watch{idle: c.limits.Idle, whole: !stream}
	w.ctx, w.cancel = context.WithCancelCause(parent)
	firstByte, total := c.limits.FirstByte, c.limits.Total
	if stream {
		firstByte, total = c.limits.FirstByteStream, c.limits.TotalStream
	}
	if asked > 0 {
		w.asked = w.after(asked, overTime)
	}
	w.first = w.after(firstByte, noFirstByte)
	w.total = w.after(total, tooLong)
	return w
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

func (w *watch) after(d time.Duration, cause func(limit time.Duration) *llm.Error) *time.Timer {
	return time.AfterFunc(d, func() { w.cancel(cause(d)) })
}

// arrived is called with the first byte of the body.
func (w *watch) arrived() {
	w.first.Stop()
	if !w.whole && w.asked != nil {
		w.asked.Stop()
	}
	w.pause = w.after(w.idle, silent)
}

// stop ends the attempt and all its clocks.
func (w *watch) stop() {
	w.cancel(nil)
	for _, t := range []*time.Timer{w.asked, w.first, w.pause, w.total} {
		if t != nil {
			t.Stop()
		}
	}
}

// cause returns the clock that ended the attempt, or that the client went away;
// nil if neither did.
func (w *watch) cause() *llm.Error {
	if w.ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(w.ctx)
	if e, ok := cause.(*llm.Error); ok { //nolint:errorlint // causes of ours are never wrapped
		own := *e // a copy: the walk writes where it came from into it
		return &own
	}
	return &llm.Error{Kind: llm.Canceled, Status: 499, Class: llm.ClassCanceled, Message: "the client went away", Final: true, Err: cause}
}
