package framing

import (
	"errors"
	"io"
)

// What a WebSocket frame may not be (RFC 6455, 5.2 and 5.5; security rules,
// S23).
var (
	ErrSocket      = errors.New("not a frame of a WebSocket client")
	ErrSocketFrame = errors.New("frame over the size limit")
)

// Socket passes the frames of a WebSocket client on as they are, and looks at
// their heads: a frame that cannot be one, or is too large, ends the stream with
// an error before a byte of it was read.
type Socket struct {
	r    io.Reader
	max  uint64
	rest uint64 // of the payload under way
	head [14]byte
	have int // bytes of the head under way
	out  int // of them, those already handed on
	err  error
}

// NewSocket reads what a client sends; a frame may hold max bytes.
func NewSocket(r io.Reader, limit int64) *Socket { return &Socket{r: r, max: uint64(limit)} }

// Read returns heads and payloads in their order.
func (s *Socket) Read(p []byte) (int, error) {
	for {
		switch {
		case s.out < s.have && s.complete():
			n := copy(p, s.head[s.out:s.have])
			if s.out += n; s.out == s.have {
				s.have, s.out = 0, 0
			}
			return n, nil
		case s.err != nil:
			return 0, s.err
		case s.rest > 0 && s.have == 0:
			n, err := s.r.Read(p[:min(uint64(len(p)), s.rest)])
			s.rest -= uint64(n)
			return n, err
		}
		if s.err = s.more(); s.err != nil {
			return 0, s.err
		}
	}
}

// complete reports whether the head under way is whole.
func (s *Socket) complete() bool { return s.have >= 2 && s.have == s.size() }

// size is how long the head is, as far as it is known.
func (s *Socket) size() int {
	if s.have < 2 {
		return 2
	}
	const mask = 4
	switch s.head[1] & 0x7f {
	case 126:
		return 2 + 2 + mask
	case 127:
		return 2 + 8 + mask
	}
	return 2 + mask
}

// more reads a piece of a head and judges it once it is whole.
func (s *Socket) more() error {
	n, err := s.r.Read(s.head[s.have:s.size()])
	s.have += n
	if err == nil && s.have == 2 {
		err = s.judgeFirst()
	}
	if err == nil && s.complete() {
		return s.judgeLength()
	}
	if s.have > 0 && errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// judgeFirst looks at the first two bytes: what the frame is.
func (s *Socket) judgeFirst() error {
	const fin, masked, control = 0x80, 0x80, 0x8
	opcode, length := s.head[0]&0xf, s.head[1]&0x7f
	switch {
	case s.head[1]&masked == 0: // a client must mask
		return ErrSocket
	case opcode > 2 && opcode < control, opcode > 10:
		return ErrSocket
	case opcode >= control && (s.head[0]&fin == 0 || length > 125):
		return ErrSocket
	}
	return nil
}

func (s *Socket) judgeLength() error {
	length := uint64(s.head[1] & 0x7f)
	if extra := s.size() - 6; extra > 0 {
		length = 0
		for _, b := range s.head[2 : 2+extra] {
			length = length<<8 | uint64(b)
		}
	}
	if length > s.max {
		return ErrSocketFrame
	}
	s.rest = length
	return nil
}

// CloseFrame is a server's last frame, with its reason (RFC 6455, 5.5.1).
func CloseFrame(code uint16, reason string) []byte {
	return append([]byte{0x88, byte(2 + len(reason)), byte(code >> 8), byte(code)}, reason...)
}
