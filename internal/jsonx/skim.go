package jsonx

import (
	"bytes"
	"encoding/binary"
)

// Long strings are what most of a prompt is made of. Skim goes over the beginning
// of one faster than textOf can: it returns how many bytes it went over, within
// which the string neither ends nor has a fault, nor stops inside of an escape, and
// what it met. It may stop anywhere: textOf knows what to make of what is there.

// When skim is asked. It costs its start, and does little for some texts.
const (
	shortText = 32  // bytes from the beginning of a string, or from where it stopped
	thickText = 256 // more of them, when it did little
)

// skimWords needs nothing of the processor. It goes over text in which nothing is
// special, by the search for a byte, which the library makes fast: for a quote, for
// a backslash before it, and then for the rest.
func skimWords(b []byte) (n int, met uint64) {
	const piece, controls = 4 << 10, 0x20 * ones
	b = b[:min(len(b), piece)]
	for _, c := range []byte{'"', '\\'} {
		if at := bytes.IndexByte(b, c); at >= 0 {
			b = b[:at]
		}
	}
	for ; n+32 <= len(b); n += 32 {
		p := b[n : n+32 : n+32]
		w, x := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
		y, z := binary.LittleEndian.Uint64(p[16:]), binary.LittleEndian.Uint64(p[24:])
		if (w|x|y|z|(w-controls)|(x-controls)|(y-controls)|(z-controls))&highs != 0 {
			break
		}
	}
	return n, 0
}
