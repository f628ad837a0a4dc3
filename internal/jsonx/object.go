package jsonx

import (
	"bytes"
	"iter"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is one JSON value, verbatim.
type Value = jsontext.Value

// Object is a JSON object whose top-level members were located, not decoded.
// Edits are kept beside the text and applied by Bytes. An Object made by Parse
// never changes the text it was made from; copies share it (see Clone).
type Object struct {
	raw     []byte
	members []member
	edited  bool
	resized bool // members came or went, so more than values changed
	shared  bool // members belong to a clone too: the first edit copies them
}

type member struct {
	name             []byte // unescaped
	set              Value  // replaces the value; all of an added member
	key, value, stop int32  // key text is raw[key:value], value is raw[value:stop]
	gone             bool
}

// maxText is the longest text whose members can be located.
const maxText = math.MaxInt32

// fewMembers is what most objects have at most, and fewBytes what one of them has
// at least. A Finder keeps room for manyMembers.
const (
	fewMembers  = 8
	fewBytes    = 16
	manyMembers = 256
)

// Parse checks b as Check does, and that it is an object.
func Parse(b []byte) (Object, error) {
	return new(Finder).Parse(b)
}

// Parse is the function of that name, but that the members share the Finder's
// memory.
func (f *Finder) Parse(b []byte) (Object, error) {
	s := scanner{b: b}
	i := space(b, 0)
	if i == len(b) || b[i] != '{' {
		s.fail(i, "expected a JSON object")
		return Object{}, s.err
	}
	if len(b) > maxText {
		return Object{}, &SyntaxError{Offset: maxText, What: "a text of 2 GiB"}
	}
	if f.members == nil {
		f.members = make([]member, 0, fewMembers)
	}
	from, before := len(f.members), int32(0)
	i, opened := s.push(i)
	for opened && i >= 0 {
		start := i
		if i = s.value(start); i < 0 {
			break
		}
		key := before + int32(bytes.IndexByte(b[before:start], '"'))
		f.members = append(f.members, member{name: s.keys()[s.count-1], key: key, value: int32(start), stop: int32(i)})
		before = int32(i)
		i, opened = s.next(i)
	}
	if s.end(i) < 0 {
		return Object{}, s.err
	}
	return f.found(b, from), nil
}

func (o *Object) find(name string) *member {
	for i := range o.members {
		if m := &o.members[i]; !m.gone && string(m.name) == name {
			return m
		}
	}
	return nil
}

func (m *member) current(raw []byte) Value {
	if m.set != nil {
		return m.set
	}
	return Value(raw[m.value:m.stop])
}

// Len is the number of members.
func (o *Object) Len() (n int) {
	for i := range o.members {
		if !o.members[i].gone {
			n++
		}
	}
	return n
}

// Get returns the member's value, nil where there is none.
func (o *Object) Get(name string) Value {
	if m := o.find(name); m != nil {
		return m.current(o.raw)
	}
	return nil
}

// All yields the members in their order, added ones last.
func (o *Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range o.members {
			if m := &o.members[i]; !m.gone && !yield(textOrWord(m.name), m.current(o.raw)) {
				return
			}
		}
	}
}

// Set replaces a member's value, or adds the member at the end. v must be
// valid JSON; it is not copied.
func (o *Object) Set(name string, v Value) {
	o.own()
	o.edited = true
	if m := o.find(name); m != nil {
		m.set = v
		return
	}
	o.resized = true
	o.members = append(o.members, member{name: []byte(name), set: v})
}

// Delete removes a member and reports whether it was there.
func (o *Object) Delete(name string) bool {
	if o.find(name) == nil {
		return false
	}
	o.own()
	m := o.find(name)
	m.gone, o.edited, o.resized = true, true, true
	return true
}

// Take is Get, and removes a member that is not null.
func (o *Object) Take(name string) Value {
	m := o.find(name)
	if m == nil {
		return nil
	}
	v := m.current(o.raw)
	if KindOf(v) <= Null {
		return nil
	}
	if o.shared {
		o.own()
		m = o.find(name)
	}
	m.gone, o.edited, o.resized = true, true, true
	return v
}

// Clone returns an Object that can be edited without changing o. It copies
// nothing until either of them is edited.
func (o *Object) Clone() Object {
	o.shared = true
	return *o
}

// own makes the members this Object's alone, before an edit.
func (o *Object) own() {
	if o.shared {
		o.members = append(make([]member, 0, len(o.members)+2), o.members...)
		o.shared = false
	}
}

// Edited reports whether Bytes differs from the text that was parsed.
func (o *Object) Edited() bool { return o.edited }

// Bytes is the text with all edits. Without any it is the very text that was
// parsed; with none but replaced values, everything between them is kept.
func (o *Object) Bytes() []byte {
	if !o.edited {
		return o.raw
	}
	size := len(o.raw) + 2
	for i := range o.members {
		size += len(o.members[i].name) + len(o.members[i].set) + 4
	}
	out := make([]byte, 0, size)
	if o.resized {
		return o.rebuild(out)
	}
	last := int32(0)
	for i := range o.members {
		if m := &o.members[i]; m.set != nil {
			out = append(append(out, o.raw[last:m.value]...), m.set...)
			last = m.stop
		}
	}
	return append(out, o.raw[last:]...)
}

func (o *Object) rebuild(out []byte) []byte {
	out = append(out, '{')
	for i := range o.members {
		m := &o.members[i]
		if m.gone {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if m.stop == 0 { // added: it has no text of its own
			out = append(append(out, Quote(string(m.name))...), ':')
		} else {
			out = append(out, o.raw[m.key:m.value]...)
		}
		out = append(out, m.current(o.raw)...)
	}
	return append(out, '}')
}
