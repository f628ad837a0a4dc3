package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// leftover collects what nobody took out of objects inside of another: it stays
// under their names. An object that was empty stays too.
type leftover struct{ fields []llm.Field }

// read takes an object and lets a function take its members.
func (l *leftover) read(r *dialect.Reader, name string, take func(*dialect.Reader)) {
	v := r.Take(name)
	if v == nil {
		return
	}
	o := r.Object(v, name)
	empty := len(o.Rest(family).Fields) == 0
	take(o)
	rest := o.Rest(family)
	if len(rest.Fields) == 0 && !empty {
		return
	}
	var w dialect.Writer
	w.Extra(rest, family)
	l.fields = append(l.fields, llm.Field{Name: name, Value: w.Object()})
}

// join adds what was left to the members of the outer object.
func (l *leftover) join(x llm.Extra) llm.Extra {
	if len(l.fields) > 0 {
		x.Family, x.Fields = family, append(x.Fields, l.fields...)
	}
	return x
}

// nest writes an object inside of another, with what was left of it.
func nest(w *dialect.Writer, name string, inner *dialect.Writer, x llm.Extra) {
	left := x.Get(family, name)
	addAll(inner, left)
	if left != nil || !inner.Empty() {
		w.Raw(name, inner.Object())
	}
}

// addAll adds the members of an object that are not there yet.
func addAll(w *dialect.Writer, v jsonx.Value) {
	o, err := jsonx.Parse(v)
	if err != nil {
		return
	}
	x := llm.Extra{Family: family}
	for name, member := range o.All() {
		x.Fields = append(x.Fields, llm.Field{Name: name, Value: member})
	}
	w.Extra(x, family)
}
