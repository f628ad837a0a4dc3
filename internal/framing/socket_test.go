package framing_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/framing"
)

const mask = "\x01\x02\x03\x04"

// TestSocket: S23, frames of at most so many bytes, control frames of at most
// 125, and nothing else.
func TestSocket(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name, in string
		want     error
	}{
		{"text", "\x81\x85" + mask + "hello", nil},
		{"empty", "\x81\x80" + mask, nil},
		{"two, compressed and continued", "\x41\x83" + mask + "abc" + "\x80\x82" + mask + "de", nil},
		{"two bytes of length", "\x82\xfe\x01\x2c" + mask + long, nil},
		{"ping and close", "\x89\x81" + mask + "p" + "\x88\x82" + mask + "cc", nil},
		{"unmasked", "\x81\x05hello", framing.ErrSocket},
		{"reserved opcode", "\x83\x80" + mask, framing.ErrSocket},
		{"reserved control", "\x8b\x80" + mask, framing.ErrSocket},
		{"control in pieces", "\x09\x80" + mask, framing.ErrSocket},
		{"control too long", "\x89\xfe\x00\x7e" + mask + long, framing.ErrSocket},
		{"too large", "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00" + mask, framing.ErrSocketFrame},
		{"absurdly large", "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" + mask, framing.ErrSocketFrame},
		{"cut in the head", "\x81", io.ErrUnexpectedEOF},
		{"junk", "GET / HTTP/1.1\r\n", framing.ErrSocket},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			got, err := io.ReadAll(framing.NewSocket(r, 1000))
			if !errors.Is(err, c.want) || err == nil && string(got) != c.in {
				t.Errorf("%s: %q, %v", c.name, got, err)
			}
		}
	}
}

func FuzzSocket(f *testing.F) {
	f.Add([]byte("\x81\x85" + mask + "hello"))
	f.Add([]byte("\x82\xfe\x01\x2c" + mask))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _ := io.ReadAll(framing.NewSocket(bytes.NewReader(in), 64))
		if !bytes.HasPrefix(in, got) {
			t.Errorf("%q became %q", in, got)
		}
	})
}
