package dialect

import "math/bits"

// Ruler measures a text that is not kept: dialects cite by bytes or by
// characters, and say so behind the text. Of a text of plain ASCII it keeps the
// length alone, of any other a bit for each byte.
type Ruler struct {
	n    int
	base int      // of the first word in bits
	bits []uint64 // bytes that go on with a character
}

// RulerOf measures a text.
func RulerOf(text string) *Ruler {
	r := &Ruler{}
	r.Add(text)
	return r
}

// Add measures more of the text, which may be cut inside a character.
func (r *Ruler) Add(text string) { measure(r, text) }

// AddBytes is Add.
func (r *Ruler) AddBytes(text []byte) { measure(r, text) }

func measure[T string | []byte](r *Ruler, text T) {
	for i := range len(text) {
		if text[i]&0xc0 == 0x80 {
			r.mark(r.n + i)
		}
	}
	r.n += len(text)
}

func (r *Ruler) mark(at int) {
	if r.bits == nil {
		r.base = at &^ 63
	}
	for word := (at - r.base) / 64; word >= len(r.bits); {
		r.bits = append(r.bits, 0)
	}
	r.bits[(at-r.base)/64] |= 1 << (at % 64)
}

// Bytes is how long the text is.
func (r *Ruler) Bytes() int { return r.n }

// Runes is how many characters end before the byte.
func (r *Ruler) Runes(at int) int {
	inner := 0
	for i, word := range r.bits {
		from := r.base + 64*i
		if from >= at {
			break
		}
		if at-from < 64 {
			word &= 1<<(at-from) - 1
		}
		inner += bits.OnesCount64(word)
	}
	return at - inner
}
