package framing

import (
	"bytes"
	"io"
)

// JSONLines is the framing of newline-delimited JSON: a line an event
// (https://github.com/ndjson/ndjson-spec).
var JSONLines = Framing{
	MediaType: "application/x-ndjson",
	NewReader: func(r io.Reader, limit int) Frames { return NewLines(r, limit) },
}

// Lines reads a line at a time, ended by LF or CRLF. Blank lines are skipped.
type Lines struct {
	r    io.Reader
	max  int
	err  error // of the reader, reported once the buffer is used up
	buf  []byte
	head int // start of the line under way
	seen int // searched for a line end up to here
	tail int // end of what was read
}

// NewLines reads lines of at most limit bytes from r.
func NewLines(r io.Reader, limit int) *Lines {
	return &Lines{r: r, max: limit, buf: make([]byte, firstBuffer)}
}

// Next returns the next line. At the end of the stream it returns io.EOF, or
// the reader's own error, after a last line that may be Open.
func (l *Lines) Next() (Event, error) {
	for {
		if at := bytes.IndexByte(l.buf[l.seen:l.tail], '\n'); at >= 0 {
			raw := l.buf[l.head : l.seen+at+1]
			l.head = l.seen + at + 1
			l.seen = l.head
			if data := bytes.TrimSpace(raw); len(data) > 0 {
				return Event{Raw: raw, Data: data}, nil
			}
			continue
		}
		l.seen = l.tail
		if l.err != nil {
			return l.last()
		}
		if err := l.fill(); err != nil {
			return Event{}, err
		}
	}
}

// last returns what the stream ended with.
func (l *Lines) last() (Event, error) {
	raw := l.buf[l.head:l.tail]
	l.head = l.tail
	data := bytes.TrimSpace(raw)
	if len(data) == 0 {
		return Event{}, l.err
	}
	return Event{Raw: raw, Data: data, Open: true}, nil
}

// Buffered reports whether Next can return another whole line without reading.
func (l *Lines) Buffered() bool { return bytes.IndexByte(l.buf[l.head:l.tail], '\n') >= 0 }

func (l *Lines) fill() error {
	if l.tail == len(l.buf) {
		used := l.buf[l.head:l.tail]
		target := l.buf
		if len(used) > len(l.buf)/2 {
			if len(l.buf) >= l.max {
				return ErrTooLarge
			}
			target = make([]byte, min(2*len(l.buf), l.max))
		}
		l.seen -= l.head
		l.tail = copy(target, used)
		l.buf, l.head = target, 0
	}
	n, err := l.r.Read(l.buf[l.tail:])
	l.tail += n
	if err != nil {
		l.err = err
	}
	return nil
}
