package jsonx

import (
	"encoding/binary"
	"math/bits"
)

// The functions of this file walk over JSON text without state or allocation.
// Each takes the index of what it reads and returns the index behind it, -1 if
// something else stands there. They do not look for duplicate names.

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// name reads a member name and its colon and returns where the value begins.
func name(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	if i = text(b, i+1); i < 0 {
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
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// skipPlain returns the index of the first quote, backslash or control
// character at or after i. It looks at eight bytes at a time.
func skipPlain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		special := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs
		if special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// text stands behind an opening quote and returns what stands behind the
// closing one.
func text(b []byte, i int) int {
	for {
		i = skipPlain(b, i)
		switch {
		case i >= len(b) || b[i] < 0x20:
			return -1
		case b[i] == '"':
			return i + 1
		case i+1 < len(b) && (b[i+1] == 'n' || b[i+1] == '"'): // most escapes
			i += 2
		default:
			if i = escape(b, i+1); i < 0 {
				return -1
			}
		}
	}
}

func escape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return i + 5
	}
	return -1
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
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
