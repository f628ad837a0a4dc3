package jsonx

import "unicode/utf8"

// Members checks that b is one JSON object and finds the top-level members
// called names: out[i] becomes the text of names[i], nil where there is none.
// It allocates nothing, which is why it looks at every event of a relayed stream
// where Parse would be too dear. It does not look for duplicate names (the first
// one is found), and a name written with escapes is not found.
func Members(b []byte, names []string, out []Value) bool {
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
			out[slot] = Value(b[start:i])
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
