// Package cancel has a context for what happens once a request: package
// context's costs two or three pieces of memory for each step of a chain, this
// one none of its own.
package cancel

import (
	"context"
	"sync"
	"time"
)

// Context is a context that Cancel ends with a cause, for being part of a larger
// struct. There is no channel until one is asked for, and who listens is told by
// a call. Its Err is the cause. The zero Context has no parent.
type Context struct {
	parent context.Context //nolint:containedctx // this is one
	hold   Hold            // on the parent

	mu   sync.Mutex // guards all below
	err  error
	done chan struct{} // nil: nobody has asked for it
	few  [2]Listener   // who is to be told; nil: a free place
	more []Listener
}

// Listener is told, once, that a context has ended. It must not wait for
// anything.
type Listener interface{ Ended(cause error) }

// Begin makes a zero Context end when its parent does.
func (c *Context) Begin(parent context.Context) {
	c.parent = parent
	hold := Listen(parent, (*child)(c))
	c.mu.Lock()
	c.hold = hold
	c.mu.Unlock()
}

// child is a Context as its parent sees it.
type child Context

func (c *child) Ended(cause error) { (*Context)(c).Cancel(cause) }

// Cancel ends the context, unless it has ended. The cause is not nil.
func (c *Context) Cancel(cause error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = cause
	if c.done != nil {
		close(c.done)
	}
	few, more, hold := c.few, c.more, c.hold
	c.few, c.more = [2]Listener{}, nil
	c.mu.Unlock()
	for _, l := range few {
		if l != nil {
			l.Ended(cause)
		}
	}
	for _, l := range more {
		l.Ended(cause)
	}
	hold.Release()
}

// Err is the cause, nil while the context has not ended.
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

var over = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done is closed when the context has ended.
func (c *Context) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		if c.err != nil {
			return over
		}
		c.done = make(chan struct{})
	}
	return c.done
}

// Deadline is the parent's.
func (c *Context) Deadline() (deadline time.Time, ok bool) {
	if c.parent == nil {
		return time.Time{}, false
	}
	return c.parent.Deadline()
}

// Value is the parent's.
func (c *Context) Value(key any) any {
	if c.parent == nil {
		return nil
	}
	return c.parent.Value(key)
}

// AfterFunc calls f in a goroutine of its own once the context has ended. It is
// what package context asks for to need none until then.
func (c *Context) AfterFunc(f func()) (stop func() bool) {
	return Listen(c, &function{f}).Release
}

type function struct{ f func() }

func (f *function) Ended(error) { go f.f() }

// Hold is what a listener has on a context.
type Hold struct {
	c    *Context
	l    Listener
	stop func() bool // the context is of another kind
}

// Listen has l told when a context ends: at once, if it has. The hold is to be
// released.
func Listen(ctx context.Context, l Listener) Hold {
	c, ours := ctx.(*Context)
	switch {
	case !ours:
		return Hold{stop: context.AfterFunc(ctx, func() { l.Ended(context.Cause(ctx)) })}
	case !c.listen(l):
		l.Ended(c.Err())
		return Hold{}
	}
	return Hold{c: c, l: l}
}

func (c *Context) listen(l Listener) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	for i := range c.few {
		if c.few[i] == nil {
			c.few[i] = l
			return true
		}
	}
	c.more = append(c.more, l)
	return true
}

// Release has the listener told no more. False means that it has been, or is
// being told, or that there is no hold.
func (h Hold) Release() bool {
	switch {
	case h.stop != nil:
		return h.stop()
	case h.c == nil:
		return false
	}
	return h.c.forget(h.l)
}

func (c *Context) forget(l Listener) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.few {
		if c.few[i] == l {
			c.few[i] = nil
			return true
		}
	}
	for i := range c.more {
		if c.more[i] == l {
			c.more[i] = c.more[len(c.more)-1]
			c.more[len(c.more)-1] = nil
			c.more = c.more[:len(c.more)-1]
			return true
		}
	}
	return false
}
