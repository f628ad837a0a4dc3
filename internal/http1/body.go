package http1

import (
	"context"
	"errors"
	"io"
	"sync"

	"sluice/internal/cancel"
)

// body is that of an answer. Read to its end, it gives the connection back;
// closed before, it closes it.
type body struct {
	c       *conn
	ctx     context.Context //nolint:containedctx // of the request this is the answer to
	hold    cancel.Hold     // on the context
	sending chan error      // the request's body is still going out; nil: it has gone
	keep    bool

	chunks     *chunks // nil: it is not chunked
	untilClose bool
	left       int64

	once sync.Once
	err  error // what every further read returns
}

// Read returns what has arrived, of several chunks if they have.
func (b *body) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	switch {
	case b.chunks != nil:
		n, err = b.chunks.Read(p)
	case b.untilClose:
		n, err = b.c.r.Read(p)
	default:
		n, err = b.c.r.Read(p[:min(int64(len(p)), b.left)])
		if b.left -= int64(n); b.left == 0 && err == nil {
			err = io.EOF
		} else {
			err = torn(err)
		}
	}
	if err != nil {
		b.end(err)
		err = b.err
	}
	return n, err
}

// end remembers how the body ended, and gives the connection back if it was well.
func (b *body) end(err error) {
	switch {
	case errors.Is(err, io.EOF):
		b.finish()
	case timedOut(err) && b.ctx.Err() != nil:
		err = context.Cause(b.ctx)
		b.abandon()
	default:
		b.abandon()
	}
	b.err = err
}

// finish gives the connection back, once.
func (b *body) finish() {
	b.once.Do(func() {
		quiet := b.hold.Release()
		if b.sending != nil { // an answer before the whole question
			select {
			case err := <-b.sending:
				b.keep = b.keep && err == nil
			default:
				b.keep = false
			}
		}
		if !quiet || !b.keep || b.c.r.Buffered() > 0 {
			b.c.close()
			return
		}
		b.c.t.pool.put(b.c)
	})
}

// abandon closes the connection, once.
func (b *body) abandon() {
	b.once.Do(func() {
		b.hold.Release()
		b.c.close()
	})
}

// Close ends the reading.
func (b *body) Close() error {
	if b.err == nil {
		b.err = errClosed
	}
	b.abandon()
	return nil
}

var errClosed = errors.New("http1: read on a closed body")
