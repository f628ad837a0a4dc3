package jsonx

import (
	"encoding/binary"
	"math/bits"
)

// The functions of this file walk over JSON text without state or allocation.
// Each takes the index of what it reads and returns the index behind it, -1 if
// something else stands there. They do not look for duplicate names.

func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// name reads a member name and its colon and returns where the value begins.
func name(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	return colon(b, text(b, i+1))
}

// colon stands behind the text of a name, of which it takes a -1 too.
func colon(b []byte, i int) int {
	if i < 0 {
		return -1
	}
	if i = space(b, i); i >= len(b) || b[i] != ':' {
		return -1
	}
	return space(b, i+1)
}

// value reads a value of any depth and returns where it ends.
func value(b []byte, i int) int {
	var objects [MaxDepth / 64]uint64 // which open containers are objects
	depth := 0
	for {
		if i >= len(b) {
			return -1
		}
		switch c := b[i]; c {
		case '{', '[':
			open := space(b, i+1)
			if open < len(b) && b[open] == c+2 { // the closing twin, two code points on
				i = open + 1
				break
			}
			if depth == MaxDepth {
				return -1
			}
			mark(&objects, depth, c == '{')
			depth++
			if i = open; c == '{' {
				if i = name(b, i); i < 0 {
					return -1
				}
			}
			continue
		case '"':
			i = text(b, i+1)
		case 't':
			i = word(b, i, "true")
		case 'f':
			i = word(b, i, "false")
		case 'n':
			i = word(b, i, "null")
		default:
			i = number(b, i)
		}
		if i, depth = leave(b, i, depth, &objects); i < 0 || depth == 0 {
			return i
		}
	}
}

// leave stands behind a value: it closes what ends there and steps over the
// comma to the next value. Depth 0 means that the outermost value has ended.
func leave(b []byte, i, depth int, objects *[MaxDepth / 64]uint64) (next, level int) {
	for i >= 0 && depth > 0 {
		object := objects[(depth-1)/64]>>((depth-1)%64)&1 == 1
		if i = space(b, i); i >= len(b) {
			return -1, 0
		}
		switch c := b[i]; {
		case c == ',':
			if i = space(b, i+1); object {
				i = name(b, i)
			}
			return i, depth
		case c == '}' && object, c == ']' && !object:
			i++
			depth--
		default:
			return -1, 0
		}
	}
	return i, depth
}

func mark(objects *[MaxDepth / 64]uint64, depth int, object bool) {
	if bit := uint64(1) << (depth % 64); object {
		objects[depth/64] |= bit
	} else {
		objects[depth/64] &^= bit
	}
}

func word(b []byte, i int, w string) int {
	if len(b)-i < len(w) || string(b[i:i+len(w)]) != w {
		return -1
	}
	return i + len(w)
}

const (
	ones  = 0x0101010101010101 // the lowest bit of each byte of a word
	highs = 0x80 * ones
)

// What specials compares a word with. They are variables since the compiler would
// load a constant into a register each time it is used, which is slower.
var (
	tops    uint64 = highs
	flips   uint64 = 0x02 * ones
	limits  uint64 = 0x21 * ones
	slashes uint64 = '\\' * ones
	units   uint64 = ones
)

// specials sets the highest bit of every byte of a word that is a quote, a
// backslash or a control character. With its bit 1 flipped a quote follows the
// control characters, so that one subtraction finds all of them; the highest bit
// keeps a byte from borrowing of the next one.
func specials(w uint64) uint64 {
	return ^((((w^flips)|tops)-limits)&(((w^slashes)|tops)-units) | w) & tops
}

// What textOf has met: a byte with its highest bit set, in the string or close
// behind it, or an escape.
const (
	wide    = highs
	escaped = 1
)

// text stands behind an opening quote and returns what stands behind the
// closing one.
func text(b []byte, i int) int {
	i, _ = textOf(b, i)
	return i
}

// textOf is text, and tells of what is special in the string.
func textOf(b []byte, i int) (end int, met uint64) {
	b = b[:len(b):len(b)]
	from, thick := i+shortText, i
next:
	for i+18 < len(b) { // two words, and an escape right behind them
		if i >= from {
			n, seen := skim(b[i:])
			met |= seen
			from, thick = pace(i+n, n)
			if i += n; i < len(b) && b[i] == '"' {
				return i + 1, met
			}
			continue
		}
		p := b[i : i+16 : i+16]
		w, x := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
		s, t := specials(w), specials(x)
		if met |= (w | x) & wide; s|t == 0 {
			i += 16
			continue
		}
		if s == 0 {
			i, s = i+8, t
		}
		for s != 0 { // all of one word: going on behind each of them would wait for it
			bit := bits.TrailingZeros64(s)
			at := i + bit/8
			switch c := b[at]; {
			case c == '"':
				return at + 1, met
			case c < 0x20:
				return -1, met
			case i >= thick && vectors: // where one is there are more, mostly
				from = i
				continue next
			case !simple[b[at+1]]:
				if i = escape(b, at+1); i < 0 {
					return -1, met
				}
				met |= escaped
				continue next
			}
			met |= escaped
			if s &^= 0x101 << bit; at == i+7 {
				i += 9
				continue next
			}
		}
		i += 8
	}
	return textSlowly(b, i, met)
}

// pace says from where on skim is asked again, and from where on for an escape, when
// it stopped at i after so many bytes.
func pace(i, n int) (from, thick int) {
	if n < shortText {
		return i + shortText + thickText, i + shortText + thickText
	}
	return i + shortText, i
}

// word8 is textOf for a string of at most seven bytes in which nothing is special, as
// most names are; 0 for others, and at the end of b.
func word8(b []byte, i int) (end int) {
	if i+8 > len(b) {
		return 0
	}
	w := binary.LittleEndian.Uint64(b[i:])
	s := specials(w)
	first := s & -s
	if at := i + bits.TrailingZeros64(s)/8; s != 0 && w&wide&(first-1) == 0 && b[at] == '"' {
		return at + 1
	}
	return 0
}

// textSlowly is textOf byte by byte, for the end of b.
func textSlowly(b []byte, i int, met uint64) (int, uint64) {
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i + 1, met
		case c < 0x20:
			return -1, met
		case c == '\\':
			met |= escaped
			if i = escape(b, i+1); i < 0 {
				return -1, met
			}
		default:
			met |= uint64(c) & wide
			i++
		}
	}
	return -1, met
}

// simple are the escapes of one character.
var simple = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// escape stands behind a backslash.
func escape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	if simple[b[i]] {
		return i + 1
	}
	if b[i] != 'u' || i+5 > len(b) {
		return -1
	}
	for _, c := range b[i+1 : i+5] {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return -1
		}
	}
	return i + 5
}

func number(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = digits(b, i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

func digits(b []byte, i int) int {
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
