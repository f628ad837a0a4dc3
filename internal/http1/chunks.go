package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// chunks reads a chunked body (RFC 9112, 7.1), strictly: what could be read in
// two ways is ErrMalformed. Trailers are dropped.
type chunks struct {
	r          *bufio.Reader
	left       int64 // of the chunk under way
	inside     bool  // a chunk was begun: its line end is to come
	extensions int   // bytes of chunk extensions so far
}

// maxExtensions bounds what may stand beside chunk sizes, and what behind the
// last one (S41).
const maxExtensions = 4 << 10

// Read reads a chunk, and those behind it that are there already.
func (c *chunks) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if c.left == 0 {
			if n > 0 && !c.lineIsThere() {
				return n, nil
			}
			if err := c.next(); err != nil {
				return n, err
			}
		}
		m, err := c.r.Read(p[n:min(int64(len(p)), int64(n)+c.left)])
		n += m
		c.left -= int64(m)
		if err != nil {
			return n, torn(err)
		}
		if c.r.Buffered() == 0 {
			return n, nil
		}
	}
	return n, nil
}

// torn is an end where there should be none.
func torn(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// lineIsThere reports whether the size of the next chunk can be read without
// waiting for it.
func (c *chunks) lineIsThere() bool {
	seen, _ := c.r.Peek(c.r.Buffered())
	if c.inside {
		seen = seen[min(2, len(seen)):]
	}
	return bytes.IndexByte(seen, '\n') >= 0
}

// next reads the line before a chunk; behind the last come trailers, and io.EOF.
func (c *chunks) next() error {
	if c.inside {
		if line, err := c.line(); err != nil || len(line) > 0 {
			return orMalformed(err, "a chunk longer than it said")
		}
		c.inside = false
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	size, extension, _ := bytes.Cut(line, []byte(";"))
	if c.extensions += len(extension); c.extensions > maxExtensions {
		return malformed("too many chunk extensions")
	}
	size = bytes.TrimRight(size, " \t")
	n, err := strconv.ParseUint(string(size), 16, 63)
	if err != nil || len(size) > 16 {
		return malformed("no chunk size")
	}
	if n > 0 {
		c.left, c.inside = int64(n), true
		return nil
	}
	for total := 0; ; {
		line, err := c.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if total += len(line); total > maxExtensions {
			return malformed("too many trailers")
		}
		if name, _, ok := bytes.Cut(line, []byte(":")); !ok || !isToken(string(name)) {
			return malformed("a trailer without a name")
		}
	}
}

func orMalformed(err error, why string) error {
	if err != nil {
		return err
	}
	return malformed(why)
}

// line reads one that ends with CR LF, and has no other control characters.
func (c *chunks) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, malformed("a line too long")
	case err != nil:
		return nil, torn(err)
	case len(line) < 2 || line[len(line)-2] != '\r':
		return nil, malformed("a line that ends with a bare line feed")
	}
	line = line[:len(line)-2]
	for _, b := range line {
		if isControl(b) {
			return nil, malformed("control characters in a line")
		}
	}
	return line, nil
}
