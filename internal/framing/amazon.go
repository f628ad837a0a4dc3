package framing

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// ErrDamaged is returned for a frame that is not what its sender wrote: its
// checksum is wrong, or its parts do not fit into it.
var ErrDamaged = errors.New("damaged frame")

// Amazon is the framing of AWS's binary event streams (AWS SDK developer
// guide, event stream encoding; wire formats, event stream framing).
var Amazon = Framing{
	MediaType: "application/vnd.amazon.eventstream",
	NewReader: func(r io.Reader, limit int) Frames { return NewAmazonReader(r, limit) },
}

// The fixed parts of a frame: the prelude holds the length of the frame, that
// of its headers and a checksum of the two; behind the payload stands a
// checksum of all before it.
const (
	preludeSize = 12
	sumSize     = 4
)

// The headers that say what a frame is: an event, an exception of a modeled
// type, or an error, which has a code and a message but no payload.
const (
	messageType   = ":message-type"
	eventType     = ":event-type"
	exceptionType = ":exception-type"
	errorCode     = ":error-code"
	errorMessage  = ":error-message"
)

// AmazonReader reads frames of AWS's event streams. An exception and an error
// are Events that Failed; the Data of an error is its message, as plain text.
type AmazonReader struct {
	r    io.Reader
	max  int
	err  error // of the reader, reported once the buffer is used up
	buf  []byte
	head int // start of the next frame
	tail int // end of what was read
}

// NewAmazonReader reads frames of at most limit bytes from r.
func NewAmazonReader(r io.Reader, limit int) *AmazonReader {
	return &AmazonReader{r: r, max: limit, buf: make([]byte, firstBuffer)}
}

// Next returns the next frame. A stream that ends inside of one ends with
// io.ErrUnexpectedEOF.
func (a *AmazonReader) Next() (Event, error) {
	if err := a.need(preludeSize); err != nil {
		return Event{}, err
	}
	total, headers, err := prelude(a.buf[a.head:])
	switch {
	case err != nil:
		return Event{}, err
	case total > int64(a.max):
		return Event{}, ErrTooLarge
	}
	if err := a.need(int(total)); err != nil {
		return Event{}, err
	}
	raw := a.buf[a.head : a.head+int(total) : a.head+int(total)]
	a.head += len(raw)
	end := len(raw) - sumSize
	if crc32.ChecksumIEEE(raw[:end]) != binary.BigEndian.Uint32(raw[end:]) {
		return Event{}, ErrDamaged
	}
	ev := Event{Raw: raw, Data: raw[preludeSize+headers : end]}
	return ev, ev.describe(raw[preludeSize : preludeSize+headers])
}

// Buffered reports whether Next can return another whole event without reading.
func (a *AmazonReader) Buffered() bool {
	rest := a.buf[a.head:a.tail]
	return len(rest) >= preludeSize && uint64(binary.BigEndian.Uint32(rest)) <= uint64(len(rest))
}

// prelude checks the first bytes of a frame.
func prelude(b []byte) (total, headers int64, err error) {
	total, headers = int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	if crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) || headers > total-preludeSize-sumSize {
		return 0, 0, ErrDamaged
	}
	return total, headers, nil
}

// need reads until n bytes of the next frame are there.
func (a *AmazonReader) need(n int) error {
	for a.tail-a.head < n {
		switch {
		case errors.Is(a.err, io.EOF) && a.tail > a.head:
			return io.ErrUnexpectedEOF
		case a.err != nil:
			return a.err
		case a.tail == len(a.buf):
			a.room(n)
		}
		read, err := a.r.Read(a.buf[a.tail:])
		a.tail += read
		a.err = err
	}
	return nil
}

// room moves what was read to the front of a buffer that can take more. It
// grows with what came, not with what a frame says of itself.
func (a *AmazonReader) room(n int) {
	rest := a.buf[a.head:a.tail]
	if target := min(2*len(a.buf), n); len(rest) == len(a.buf) && target > len(a.buf) {
		a.buf = make([]byte, target)
	}
	a.tail, a.head = copy(a.buf, rest), 0
}

// describe reads the headers.
func (ev *Event) describe(b []byte) error {
	var kind, name, message string
	for len(b) > 0 {
		key, value, rest, ok := header(b)
		if !ok {
			return ErrDamaged
		}
		switch b = rest; key {
		case messageType:
			kind = string(value)
		case eventType, exceptionType, errorCode:
			name = string(value)
		case errorMessage:
			message = string(value)
		}
	}
	ev.Name, ev.Failed = name, kind == "exception" || kind == "error"
	if kind == "error" && len(ev.Data) == 0 {
		ev.Data = []byte(message)
	}
	return nil
}

// widths are the sizes of header values by their type; text and bytes begin
// with a length of their own.
var widths = [...]int{0, 0, 1, 2, 4, 8, lengthFirst, lengthFirst, 8, 16}

const (
	lengthFirst = -1
	textHeader  = 7
)

// header takes the first header off b. The value of one that is no text is of
// no use to anybody here.
func header(b []byte) (name string, value, rest []byte, ok bool) {
	at := 1 + int(b[0])
	if at >= len(b) || int(b[at]) >= len(widths) {
		return "", nil, nil, false
	}
	name = string(b[1:at])
	width := widths[b[at]]
	b = b[at+1:]
	if width == lengthFirst {
		if len(b) < 2 {
			return "", nil, nil, false
		}
		width, b = int(binary.BigEndian.Uint16(b)), b[2:]
	}
	if len(b) < width {
		return "", nil, nil, false
	}
	return name, b[:width], b[width:], true
}
