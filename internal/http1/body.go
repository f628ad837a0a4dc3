package http1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
)

// body is that of an answer. Read to its end, it gives the connection back;
// closed before, it closes it.
type body struct {
	c       *conn
	ctx     context.Context //nolint:containedctx // of the request this is the answer to
	stop    func() bool     // the end of the context no longer matters
	sending chan error      // the request's body is still going out; nil: it has gone
	keep    bool

	chunked    bool
	untilClose bool
	left       int64 // of the body, or of the chunk under way
	inside     bool  // a chunk was begun: its line end is to come
	extensions int   // bytes of chunk extensions so far

	once sync.Once
	err  error // what every further read returns
}

// maxExtensions bounds what a provider may write beside chunk sizes.
const maxExtensions = 4 << 10

// Read returns what has arrived, of several chunks if they have.
func (b *body) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	switch {
	case b.chunked:
		n, err = b.readChunks(p)
	case b.untilClose:
		n, err = b.c.r.Read(p)
	default:
		n, err = b.c.r.Read(p[:min(int64(len(p)), b.left)])
		if b.left -= int64(n); b.left == 0 && err == nil {
			err = io.EOF
		} else if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
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

// readChunks reads a chunk, and those behind it that are there already.
func (b *body) readChunks(p []byte) (n int, err error) {
	for n < len(p) {
		if b.left == 0 {
			if n > 0 && !b.lineIsThere() {
				return n, nil
			}
			if err := b.nextChunk(); err != nil {
				return n, err
			}
		}
		m, err := b.c.r.Read(p[n:min(int64(len(p)), int64(n)+b.left)])
		n += m
		b.left -= int64(m)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		if b.c.r.Buffered() == 0 {
			return n, nil
		}
	}
	return n, nil
}

// lineIsThere reports whether the size of the next chunk can be read without
// waiting for it.
func (b *body) lineIsThere() bool {
	seen, _ := b.c.r.Peek(b.c.r.Buffered())
	if b.inside {
		seen = seen[min(2, len(seen)):]
	}
	return bytes.IndexByte(seen, '\n') >= 0
}

// nextChunk reads the line before a chunk; behind the last come trailers, which
// are dropped, and io.EOF.
func (b *body) nextChunk() error {
	if b.inside {
		if line, err := b.line(); err != nil || len(line) > 0 {
			return orMalformed(err, "a chunk longer than it said")
		}
		b.inside = false
	}
	line, err := b.line()
	if err != nil {
		return err
	}
	size, extension, _ := bytes.Cut(line, []byte(";"))
	if b.extensions += len(extension); b.extensions > maxExtensions {
		return malformed("too many chunk extensions")
	}
	size = bytes.TrimRight(size, " \t")
	n, err := strconv.ParseUint(string(size), 16, 63)
	if err != nil || len(size) > 16 || size[0] == '+' {
		return malformed("no chunk size")
	}
	if n > 0 {
		b.left, b.inside = int64(n), true
		return nil
	}
	for total := 0; ; {
		line, err := b.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if total += len(line); total > maxExtensions {
			return malformed("too many trailers")
		}
	}
}

func orMalformed(err error, why string) error {
	if err != nil {
		return err
	}
	return malformed(why)
}

// line reads one that ends with CR LF.
func (b *body) line() ([]byte, error) {
	line, err := b.c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, orMalformed(ignoreFull(err), "a line too long")
	case len(line) < 2 || line[len(line)-2] != '\r':
		return nil, malformed("a line that ends with a bare line feed")
	}
	return line[:len(line)-2], nil
}

// finish gives the connection back, once.
func (b *body) finish() {
	b.once.Do(func() {
		quiet := b.stop()
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
		b.stop()
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

func ignoreFull(err error) error {
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil
	}
	return err
}
