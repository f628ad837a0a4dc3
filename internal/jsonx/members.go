package jsonx

import "unicode/utf8"

// Shape says which members of an object to find.
type Shape []Member

// Member is one that is looked for, and what is looked for in its value.
type Member struct {
	Name   string
	Slot   int   // where it goes
	Inside Shape // of an object
	First  Shape // of the first element of an array, which is an object
}

// Names is a Shape of members whose slots are their positions.
func Names(names ...string) Shape {
	s := make(Shape, len(names))
	for i, name := range names {
		s[i] = Member{Name: name, Slot: i}
	}
	return s
}

// Members checks that b is one JSON object and finds members in one pass:
// out[slot] becomes the text of a value, nil where there is none. It allocates
// nothing, which is why it looks at every event of a relayed stream where Parse
// would be too dear. It does not look for duplicate names (the first one is
// found), and a name written with escapes is not found.
func Members(b []byte, s Shape, out []Value) bool {
	clear(out)
	if !utf8.Valid(b) {
		return false
	}
	i := space(b, 0)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	i = s.object(b, i, out)
	return i >= 0 && space(b, i) == len(b)
}

// object reads the object that begins at i.
func (s Shape) object(b []byte, i int, out []Value) int {
	i = space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		start := i + 1
		if i = name(b, i); i < 0 {
			return -1
		}
		m := s.find(b[start:])
		start = i
		if m == nil || out[m.Slot] != nil {
			i = value(b, i)
		} else if i = m.value(b, i, out); i >= 0 {
			out[m.Slot] = Value(b[start:i])
		}
		if i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) {
			return -1
		}
		if b[i] == '}' {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = space(b, i+1)
	}
}

// find returns the member whose name the text begins with, up to its closing quote.
func (s Shape) find(text []byte) *Member {
	for i := range s {
		n := s[i].Name
		if len(text) > len(n) && text[len(n)] == '"' && string(text[:len(n)]) == n {
			return &s[i]
		}
	}
	return nil
}

// value reads the value of a member, and what is looked for in it.
func (m *Member) value(b []byte, i int, out []Value) int {
	if i >= len(b) {
		return -1
	}
	switch {
	case b[i] == '{' && m.Inside != nil:
		return m.Inside.object(b, i, out)
	case b[i] == '[' && m.First != nil:
		if first := space(b, i+1); first < len(b) && b[first] == '{' {
			return elements(b, m.First.object(b, first, out))
		}
	}
	return value(b, i)
}

// elements stands behind one of an array, of which it takes a -1 too, and reads
// the rest.
func elements(b []byte, i int) int {
	for i >= 0 {
		if i = space(b, i); i >= len(b) {
			return -1
		}
		if b[i] == ']' {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = value(b, space(b, i+1))
	}
	return -1
}
