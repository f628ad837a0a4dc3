package framing

import (
	"bytes"
	"errors"
	"io"
)

// What a form may not be (reliability rules, section 1).
var (
	ErrManyParts = errors.New("too many parts")
	ErrPartHead  = errors.New("the head of a part is too large")
)

// Parts passes a multipart body on as it is and counts its parts (RFC 2046,
// 5.1.1): they must be few, and their heads small. The parts themselves are not
// looked at, whatever they hold.
type Parts struct {
	r        io.Reader
	boundary []byte // with its two hyphens
	most     int
	head     int

	tail   []byte // what may be the beginning of a boundary
	parts  int
	inHead int // bytes of the head under way; -1: not in one
	last   [3]byte
	err    error
}

// NewParts reads a body with the boundary that its content type names.
func NewParts(r io.Reader, boundary string, mostParts, headBytes int) *Parts {
	return &Parts{r: r, boundary: []byte("--" + boundary), most: mostParts, head: headBytes, inHead: -1}
}

// Read returns the body's bytes, until it is too much.
func (p *Parts) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.r.Read(b)
	if bad := p.look(b[:n]); bad != nil {
		p.err = bad
		return 0, bad
	}
	return n, err
}

// look goes over bytes in their order: outside heads only a boundary matters,
// inside one only its end.
func (p *Parts) look(b []byte) error {
	for len(b) > 0 {
		if p.inHead < 0 {
			if b = p.toBoundary(b); b == nil {
				return nil
			}
			if p.parts++; p.parts > p.most+1 { // the last one ends the body
				return ErrManyParts
			}
			p.inHead = 0
			continue
		}
		at := p.endOfHead(b)
		if p.inHead > p.head {
			return ErrPartHead
		}
		if at < 0 {
			return nil
		}
		p.inHead, b = -1, b[at:]
	}
	return nil
}

// toBoundary returns what is behind the next boundary, nil if none has come
// yet. One may be cut anywhere.
func (p *Parts) toBoundary(b []byte) []byte {
	size := len(p.boundary)
	joined := append(p.tail, b[:min(len(b), size-1)]...)
	if at := bytes.Index(joined, p.boundary); at >= 0 {
		rest := b[at+size-len(p.tail):]
		p.tail = p.tail[:0]
		return rest
	}
	if at := bytes.Index(b, p.boundary); at >= 0 {
		p.tail = p.tail[:0]
		return b[at+size:]
	}
	if len(b) < size-1 {
		p.tail = append(p.tail[:0], joined[max(0, len(joined)-size+1):]...)
	} else {
		p.tail = append(p.tail[:0], b[len(b)-size+1:]...)
	}
	return nil
}

// endOfHead returns where the empty line behind a part's head ends, -1 if it has
// not come, and counts the head.
func (p *Parts) endOfHead(b []byte) int {
	for i, c := range b {
		p.inHead++
		blank := c == '\n' && (p.last[2] == '\n' || p.last == [3]byte{'\r', '\n', '\r'})
		p.last = [3]byte{p.last[1], p.last[2], c}
		if blank || p.inHead > p.head {
			p.last = [3]byte{}
			return i + 1
		}
	}
	return -1
}
