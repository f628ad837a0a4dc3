package dialect

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"sluice/internal/jsonx"
)

// Members checks that b is one JSON object and finds the top-level members
// called names: out[i] becomes the text of names[i], nil where there is none.
// It allocates nothing, which is why the taps use it on every event of a
// relayed stream instead of package jsonx. It does not look for duplicate
// names (the first one is found), and a name written with escapes is not found.
func Members(b []byte, names []string, out []jsonx.Value) bool {
	clear(out)
	if !utf8.Valid(b) {
		return false
	}
	i := space(b, 0)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	i = space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return space(b, i+1) == len(b)
	}
	for {
		start := i + 1
		if i = name(b, i); i < 0 {
			return false
		}
		slot := position(names, b[start:])
		start = i
		if i = value(b, i); i < 0 {
			return false
		}
		if slot >= 0 && out[slot] == nil {
			out[slot] = jsonx.Value(b[start:i])
		}
		if i = space(b, i); i >= len(b) {
			return false
		}
		if b[i] == '}' {
			return space(b, i+1) == len(b)
		}
		if b[i] != ',' {
			return false
		}
		i = space(b, i+1)
	}
}

// position finds which of names the text begins with, up to its closing quote.
func position(names []string, text []byte) int {
	for i, n := range names {
		if len(text) > len(n) && text[len(n)] == '"' && string(text[:len(n)]) == n {
			return i
		}
	}
	return -1
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// name reads a member name and its colon and returns where the value begins,
// -1 if that is not what stands at i. All functions below return -1 that way.
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
	var objects [jsonx.MaxDepth / 64]uint64 // which open containers are objects
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
			if depth == jsonx.MaxDepth {
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
func leave(b []byte, i, depth int, objects *[jsonx.MaxDepth / 64]uint64) (next, level int) {
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

func mark(objects *[jsonx.MaxDepth / 64]uint64, depth int, object bool) {
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

// text stands behind an opening quote and returns what stands behind the
// closing one. It looks at eight bytes at a time.
func text(b []byte, i int) int {
	for {
		for ; i+8 <= len(b); i += 8 {
			w := binary.LittleEndian.Uint64(b[i:])
			quote, slash := w^ones*'"', w^ones*'\\'
			special := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
			i++
		}
		if i >= len(b) || b[i] < 0x20 {
			return -1
		}
		if b[i] == '"' {
			return i + 1
		}
		if i = escape(b, i+1); i < 0 {
			return -1
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
