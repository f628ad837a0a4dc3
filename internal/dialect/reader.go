package dialect

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"sync"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Refuse is the failure of a client that asked for something impossible; field
// names it in the client's own words.
func Refuse(field, format string, args ...any) *llm.Error {
	return &llm.Error{
		Kind: llm.InvalidRequest, Status: 400, Param: field,
		Message: Message(fmt.Sprintf(format, args...)),
	}
}

// Reader takes an object of the wire apart. What nobody takes is Rest. The
// first value of a wrong kind is remembered, and all readers made from one
// another share it, so that Err is asked once, or Done, at the end.
type Reader struct {
	o    jsonx.Object
	in   *Reader // nil: this is the whole body
	at   string  // within that one
	body *body
}

// body is what all readers of one share.
type body struct {
	client bool
	first  *llm.Error
	finder jsonx.Finder
	room   [8]Reader // the first of them: most bodies need no more
	used   int
	parts  []llm.Part // of lists of one
}

var bodies = sync.Pool{New: func() any { return new(body) }}

// outermost is the reader of a whole body.
func outermost(client bool) *Reader {
	b, _ := bodies.Get().(*body)
	b.client = client
	r := b.reader()
	r.body = b
	return r
}

// Done is Err, and the end of this reader and all that were made from it: their
// memory is used again.
func (r *Reader) Done() error {
	b, err := r.body, r.Err()
	clear(b.room[:b.used])
	b.finder.Reset()
	*b = body{finder: b.finder}
	bodies.Put(b)
	return err
}

func (b *body) reader() *Reader {
	if b.used == len(b.room) {
		return new(Reader)
	}
	b.used++
	return &b.room[b.used-1]
}

// ReadRequest reads the body of a client's request, which jsonx.Parse has accepted:
// faults of the kind that only that one finds are not looked for again.
func ReadRequest(text []byte) *Reader {
	r := outermost(true)
	var ok bool
	if r.o, ok = r.body.finder.Object(bytes.TrimLeft(text, " \t\r\n")); !ok {
		r.Fail("", "must be an object")
	}
	return r
}

// ReadReply reads a provider's answer.
func ReadReply(text []byte) *Reader {
	r := outermost(false)
	var err error
	if r.o, err = r.body.finder.Parse(text); err != nil {
		r.Fail("", "must be an object")
	}
	return r
}

// ReadEvent reads an event of a provider's; ok is false for one that is no
// object.
func ReadEvent(data []byte) (r *Reader, ok bool) {
	r = ReadReply(data)
	return r, r.body.first == nil
}

// Object reads an object inside of this one; at says where, like "tools[2]".
func (r *Reader) Object(v jsonx.Value, at string) *Reader {
	inner := r.body.reader()
	inner.in, inner.at, inner.body = r, at, r.body
	var ok bool
	if inner.o, ok = r.body.finder.Object(v); !ok {
		r.Fail(r.Path(at), "must be an object")
	}
	return inner
}

// Path is the full name of a member of this object.
func (r *Reader) Path(name string) string {
	if r.in == nil {
		return name
	}
	return r.in.Path(r.at) + "." + name
}

// Fail remembers a fault in the named place.
func (r *Reader) Fail(place, what string) {
	switch {
	case r.body.first != nil:
	case place == "" && r.body.client:
		r.body.first = &llm.Error{Kind: llm.InvalidJSON, Status: 400, Message: "the body " + what}
	case place == "":
		r.body.first = Invalid("it "+what, nil)
	case r.body.client:
		r.body.first = Refuse(place, "%s %s", place, what)
	default:
		r.body.first = Invalid(place+" "+what, nil)
	}
}

// Err is the first fault.
func (r *Reader) Err() error {
	if r.body.first == nil {
		return nil
	}
	return r.body.first
}

// Peek is the member's value, null and absent both being nil. It stays in Rest.
func (r *Reader) Peek(name string) jsonx.Value {
	if v := r.o.Get(name); jsonx.KindOf(v) > jsonx.Null {
		return v
	}
	return nil
}

// Take is Peek, and a value that is not null is no longer in Rest.
func (r *Reader) Take(name string) jsonx.Value { return r.o.Take(name) }

func (r *Reader) typed(name string, k jsonx.Kind) jsonx.Value {
	v := r.Take(name)
	if v != nil && jsonx.KindOf(v) != k {
		r.Fail(r.Path(name), fmt.Sprintf("must be a %s, not a %s", k, jsonx.KindOf(v)))
		return nil
	}
	return v
}

// Text takes a string, empty if there is none.
func (r *Reader) Text(name string) string {
	s, _ := jsonx.Text(r.typed(name, jsonx.String))
	return s
}

// Int takes a whole number, nil if there is none.
func (r *Reader) Int(name string) *int64 {
	v := r.typed(name, jsonx.Number)
	if v == nil {
		return nil
	}
	n, ok := jsonx.Int(v)
	if !ok {
		r.Fail(r.Path(name), "must be a whole number")
	}
	return &n
}

// Float takes a number, nil if there is none.
func (r *Reader) Float(name string) *float64 {
	v := r.typed(name, jsonx.Number)
	if v == nil {
		return nil
	}
	f, ok := jsonx.Float(v)
	if !ok {
		r.Fail(r.Path(name), "is out of range")
	}
	return &f
}

// Bool takes a truth value, nil if there is none.
func (r *Reader) Bool(name string) *bool {
	v := r.typed(name, jsonx.Bool)
	if v == nil {
		return nil
	}
	b := jsonx.IsTrue(v)
	return &b
}

// List takes an array and yields its elements with their places. It is small, so
// that a loop over it takes no memory.
func (r *Reader) List(name string) iter.Seq2[string, jsonx.Value] {
	return func(yield func(string, jsonx.Value) bool) { r.each(name, yield) }
}

func (r *Reader) each(name string, yield func(string, jsonx.Value) bool) {
	v := r.Take(name)
	if v != nil && jsonx.KindOf(v) != jsonx.Array {
		r.Fail(r.Path(name), fmt.Sprintf("must be an array, not a %s", jsonx.KindOf(v)))
	}
	i := 0
	for e := range jsonx.Elements(v) {
		if !yield(element(name, i), e) {
			return
		}
		i++
	}
}

// One is a list of one part. Several share a piece of memory.
func (r *Reader) One(p llm.Part) []llm.Part {
	const few = 4
	b := r.body
	if len(b.parts) == cap(b.parts) {
		b.parts = make([]llm.Part, 0, few)
	}
	b.parts = append(b.parts, p)
	n := len(b.parts)
	return b.parts[n-1 : n : n]
}

// Texts takes an array of strings.
func (r *Reader) Texts(name string) []string {
	if r.Peek(name) == nil {
		return nil
	}
	var all []string
	for at, v := range r.List(name) {
		s, ok := jsonx.Text(v)
		if !ok {
			r.Fail(r.Path(at), "must be a string")
		}
		all = append(all, s)
	}
	return all
}

// Raw is the whole object as it came, as long as nothing was taken.
func (r *Reader) Raw() jsonx.Value { return r.o.Bytes() }

// Said is Rest without nulls, for events: members of several are put together.
func (r *Reader) Said(family string) llm.Extra {
	x := r.Rest(family)
	x.Fields = slices.DeleteFunc(x.Fields, func(f llm.Field) bool { return jsonx.KindOf(f.Value) == jsonx.Null })
	return x
}

// Rest is every member that nobody took.
func (r *Reader) Rest(family string) llm.Extra {
	n := r.o.Len()
	if n == 0 {
		return llm.Extra{}
	}
	x := llm.Extra{Family: family, Fields: make([]llm.Field, 0, n)}
	for name, v := range r.o.All() {
		x.Fields = append(x.Fields, llm.Field{Name: name, Value: v})
	}
	return x
}
