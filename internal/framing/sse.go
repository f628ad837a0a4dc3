package framing

import (
	"bytes"
	"errors"
	"io"
)

// ErrTooLarge is returned for an event over the limit.
var ErrTooLarge = errors.New("event over the size limit")

// firstBuffer is what a stream starts with; it grows only for larger events.
const firstBuffer = 4 << 10

// Event is one message of an event stream. All its bytes are valid until the
// next call of Next only.
type Event struct {
	Raw  []byte // as received, with the blank line that ends it
	Name string // the event field, empty if there was none
	Data []byte // the data lines, joined by line feeds
	Open bool   // the stream ended inside it: Raw lacks the blank line

	// Failed says that the frame itself calls this a failure, of the type Name;
	// only some framings can tell.
	Failed bool
}

// SSE reads an event stream as the WHATWG grammar has it: LF, CRLF and CR in
// any mixture and cut anywhere, comments, unknown fields, several data lines,
// a byte order mark, no blank line at the end (reliability rules, R21).
// A block of nothing but comments is an Event without Name and Data: it is
// passed on at once, since it keeps the connection alive.
type SSE struct {
	r    io.Reader
	max  int
	err  error // of the reader, reported once the buffer is used up
	buf  []byte
	head int // start of the event under way
	pos  int // start of the line under way
	seen int // searched for a line end up to here
	tail int // end of what was read

	skipLF bool // the last line ended with CR: an LF now belongs to it
	first  bool // the first event is under way: it may begin with a byte order mark
	ev     Event
	data   []byte // several data lines joined
	name   string // of the last event that had one
	lines  int    // data lines of the event under way
	some   bool   // the event under way has a line that is not blank
}

// NewSSE reads events of at most limit bytes from r.
func NewSSE(r io.Reader, limit int) *SSE {
	return &SSE{r: r, max: limit, buf: make([]byte, firstBuffer), first: true}
}

// Next returns the next event. At the end of the stream it returns io.EOF, or
// the reader's own error, after a last event that may be Open.
func (s *SSE) Next() (Event, error) {
	s.head = s.pos
	s.restart()
	for {
		line, ok := s.line()
		if !ok {
			if s.err != nil {
				return s.last()
			}
			if err := s.fill(); err != nil {
				return Event{}, err
			}
			continue
		}
		if len(line) > 0 {
			s.field(line)
			continue
		}
		if s.some {
			s.ev.Raw, s.first = s.buf[s.head:s.pos], false
			return s.ev, nil
		}
	}
}

func (s *SSE) restart() { s.ev, s.lines, s.some = Event{}, 0, false }

// Buffered reports whether Next can return another whole event without reading.
// It may say no when there is one; then that event just travels alone.
func (s *SSE) Buffered() bool {
	rest := s.buf[s.pos:s.tail]
	return bytes.Contains(rest, []byte("\n\n")) || bytes.Contains(rest, []byte("\n\r\n"))
}

// line returns the next whole line without its end.
func (s *SSE) line() ([]byte, bool) {
	if s.skipLF && s.pos < s.tail {
		s.skipLF = false
		if s.buf[s.pos] == '\n' {
			s.pos++
		}
	}
	s.seen = max(s.seen, s.pos)
	at := bytes.IndexByte(s.buf[s.seen:s.tail], '\n')
	stop := s.tail
	if at >= 0 {
		stop = s.seen + at
	}
	if cr := bytes.IndexByte(s.buf[s.seen:stop], '\r'); cr >= 0 {
		at, stop = cr, s.seen+cr
		s.skipLF = true
	}
	if at < 0 {
		s.seen = s.tail
		return nil, false
	}
	line := s.buf[s.pos:stop]
	s.pos = stop + 1
	if s.skipLF && s.pos < s.tail {
		s.skipLF = false
		if s.buf[s.pos] == '\n' {
			s.pos++
		}
	}
	return line, true
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (s *SSE) field(line []byte) {
	if s.first {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	s.some = true
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		s.lines++
		switch s.lines {
		case 1:
			s.ev.Data = value
		case 2:
			s.data = append(append(append(s.data[:0], s.ev.Data...), '\n'), value...)
			s.ev.Data = s.data
		default:
			s.data = append(append(s.data, '\n'), value...)
			s.ev.Data = s.data
		}
	case "event":
		if string(value) != s.name { // most events have the name of the one before
			s.name = string(value)
		}
		s.ev.Name = s.name
	}
}

// last returns what the stream ended with.
func (s *SSE) last() (Event, error) {
	if rest := s.buf[s.pos:s.tail]; len(rest) > 0 {
		s.field(rest)
		s.pos = s.tail
	}
	if !s.some {
		return Event{}, s.err
	}
	s.ev.Raw, s.ev.Open = s.buf[s.head:s.tail], true
	return s.ev, nil
}

// fill reads more. What the event under way has collected points into the
// buffer, so moving the buffer starts the event anew.
func (s *SSE) fill() error {
	if s.tail == len(s.buf) {
		if err := s.room(); err != nil {
			return err
		}
	}
	n, err := s.r.Read(s.buf[s.tail:])
	s.tail += n
	if err != nil {
		s.err = err
	}
	return nil
}

func (s *SSE) room() error {
	used := s.buf[s.head:s.tail]
	target := s.buf
	if len(used) > len(s.buf)/2 {
		if len(s.buf) >= s.max {
			return ErrTooLarge
		}
		target = make([]byte, min(2*len(s.buf), s.max))
	}
	shift := s.head
	s.tail = copy(target, used)
	s.buf, s.head = target, 0
	s.seen -= shift
	s.rescan(shift)
	return nil
}

// rescan gives the event under way its bytes at their new place.
func (s *SSE) rescan(shift int) {
	whole := s.pos - shift
	s.restart()
	s.pos = 0
	skip := s.skipLF
	s.skipLF = false
	for s.pos < whole {
		rest := s.seen
		s.seen = s.pos
		line, _ := s.line()
		s.seen = max(rest, s.pos)
		if len(line) > 0 {
			s.field(line)
		}
	}
	s.skipLF = skip
}
