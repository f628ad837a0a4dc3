package dialect

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Writer puts an object together, member by member, in the order of the calls.
// The zero value is an empty object.
type Writer struct {
	b     []byte    // of one inside of another, behind what that one has written
	n     int       // members
	first [8]string // their names: most objects have no more
	more  []string
	room  *[]byte // what a body is written in; nil: memory of its own
}

// small is the room that most objects need.
const small = 128

// rooms are what bodies are written in, before their length is known.
var rooms = sync.Pool{New: func() any { b := make([]byte, 0, 8<<10); return &b }}

// Compose begins a whole body, which Finish ends.
func Compose() Writer {
	room, _ := rooms.Get().(*[]byte)
	return Writer{b: *room, room: room}
}

// Compose begins a whole answer, which Finish ends.
func (r *Reply) Compose() Writer {
	if r.Room == nil {
		return Compose()
	}
	return Writer{b: r.Room[:0]}
}

// Finish is the finished body, in memory of its own or in a Reply's room.
func (w *Writer) Finish() jsonx.Value {
	v := w.Object()
	if w.room == nil {
		return v
	}
	if cap(v) == cap(*w.room) { // it has not outgrown it
		v = bytes.Clone(v)
	}
	rooms.Put(w.room)
	return v
}

// Begin adds a member that is an object, which is written until End.
func (w *Writer) Begin(name string) Writer {
	w.name(name)
	return Writer{b: w.b}
}

// End ends a member that Begin began.
func (w *Writer) End(inside *Writer) { w.b = inside.Object() }

// BeginList adds a member that is an array, to which is added until EndList.
func (w *Writer) BeginList(name string) List {
	w.name(name)
	return List{b: w.b}
}

// EndList ends a member that BeginList began.
func (w *Writer) EndList(inside *List) { w.b = inside.Array() }

func (w *Writer) name(name string) {
	if w.n < len(w.first) {
		w.first[w.n] = name
	} else {
		w.more = append(w.more, name)
	}
	w.n++
	switch {
	case w.n > 1:
		w.b = append(w.b, ',')
	case w.b == nil:
		w.b = append(make([]byte, 0, small), '{')
	default:
		w.b = append(w.b, '{')
	}
	w.b = append(jsonx.AppendQuote(w.b, name), ':')
}

func (w *Writer) has(name string) bool {
	return slices.Contains(w.first[:min(w.n, len(w.first))], name) || slices.Contains(w.more, name)
}

// Raw adds a member with a value that is JSON already; nil adds nothing.
func (w *Writer) Raw(name string, v jsonx.Value) {
	if v != nil {
		w.name(name)
		w.b = append(w.b, v...)
	}
}

// Text adds a string.
func (w *Writer) Text(name, s string) {
	w.name(name)
	w.b = jsonx.AppendQuote(w.b, s)
}

// Some adds a string that is not empty.
func (w *Writer) Some(name, s string) {
	if s != "" {
		w.Text(name, s)
	}
}

// Number adds a whole number.
func (w *Writer) Number(name string, n int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

// Int adds a whole number, if it was said.
func (w *Writer) Int(name string, n *int64) {
	if n != nil {
		w.Number(name, *n)
	}
}

// Float adds a number, if it was said.
func (w *Writer) Float(name string, f *float64) {
	if f != nil {
		w.name(name)
		w.b = strconv.AppendFloat(w.b, *f, 'g', -1, 64)
	}
}

// Bool adds a truth value, if it was said.
func (w *Writer) Bool(name string, b *bool) {
	if b != nil {
		w.name(name)
		w.b = strconv.AppendBool(w.b, *b)
	}
}

// Null adds a null.
func (w *Writer) Null(name string) { w.Raw(name, jsonx.Value("null")) }

// Extra adds the members an object of the same family had, but not those that
// were written already.
func (w *Writer) Extra(x llm.Extra, family string) {
	if x.Family != family {
		return
	}
	for _, f := range x.Fields {
		if !w.has(f.Name) {
			w.Raw(f.Name, f.Value)
		}
	}
}

// Empty reports whether nothing was added.
func (w *Writer) Empty() bool { return w.n == 0 }

// Object is the finished object.
func (w *Writer) Object() jsonx.Value {
	if w.n == 0 {
		return append(w.b, "{}"...)
	}
	return append(w.b, '}')
}

// OneLine makes JSON fit for a data line of an event stream. A line end in it
// can only stand between values, where any space does.
func OneLine(v jsonx.Value) jsonx.Value {
	if bytes.ContainsAny(v, "\r\n") {
		v = bytes.Map(func(r rune) rune {
			if r == '\r' || r == '\n' {
				return ' '
			}
			return r
		}, v)
	}
	return v
}

// List puts an array together. The zero value is an empty one.
type List struct {
	b []byte // of one inside of an object, behind what that one has written
	n int    // elements
}

// Add appends an element.
func (l *List) Add(v jsonx.Value) {
	l.next(len(v))
	l.b = append(l.b, v...)
}

// next stands before an element of some size.
func (l *List) next(size int) {
	l.n++
	switch {
	case l.n > 1:
		l.b = append(l.b, ',')
	case l.b == nil:
		l.b = append(make([]byte, 0, size+small), '[')
	default:
		l.b = append(l.b, '[')
	}
}

// Begin appends an object, which is written until End.
func (l *List) Begin() Writer {
	l.next(small)
	return Writer{b: l.b}
}

// End ends an element that Begin began.
func (l *List) End(inside *Writer) { l.b = inside.Object() }

// Empty reports whether nothing was added.
func (l *List) Empty() bool { return l.n == 0 }

// Size is how much was added, in bytes.
func (l *List) Size() int { return len(l.b) }

// Array is the finished array.
func (l *List) Array() jsonx.Value {
	if l.n == 0 {
		return append(l.b, "[]"...)
	}
	return append(l.b, ']')
}

// Texts is an array of strings.
func Texts(all []string) jsonx.Value {
	var l List
	for _, s := range all {
		l.Add(jsonx.Quote(s))
	}
	return l.Array()
}

// Losses collects what an encoder could not say, named by the fields of the
// client, as the header x-sluice-not-carried prints it.
type Losses []string

// Add notes one loss.
func (l *Losses) Add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

// Extra notes the members of another family that stay behind. A null, an
// empty list and an empty object say nothing, so nothing is lost with them.
func (l *Losses) Extra(path string, x llm.Extra, family string) {
	if x.Family == family || x.Quiet {
		return
	}
	for _, f := range x.Fields {
		if jsonx.KindOf(f.Value) > jsonx.Null && string(f.Value) != "[]" && string(f.Value) != "{}" {
			l.Add("%s%s", path, f.Name)
		}
	}
}

// Within is Extra for members of what stands at a place, or of something in it:
// under has its name and a dot at its end.
func (l *Losses) Within(at Place, under string, x llm.Extra, family string) {
	if len(x.Fields) > 0 && x.Family != family {
		l.Extra(at.String()+"."+under, x, family)
	}
}

// MessagePath names a message of a prompt as the client wrote it.
func MessagePath(p *llm.Prompt, i int) string {
	list, beside := p.List, p.Beside
	if list == "" {
		list, beside = "messages", "system"
	}
	if i < len(p.Messages) && p.Messages[i].Label == list { // the list was a string
		return list
	}
	if p.Slot {
		if i == 0 {
			return beside
		}
		i--
	}
	return element(list, i)
}

// PartPath names a part of a message as the client wrote it.
func PartPath(p *llm.Prompt, message, part int) string {
	path := MessagePath(p, message)
	if p.Slot && message == 0 {
		return element(path, part)
	}
	if message < len(p.Messages) {
		if label := p.Messages[message].Label; label != "" && label != "message" {
			return path // the item is the part
		}
	}
	if p.Calls != "" && message < len(p.Messages) {
		return path + besideParts(p, &p.Messages[message], part)
	}
	within := p.Within
	if within == "" {
		within = "content"
	}
	return element(path+"."+within, part)
}

// besideParts names a part where calls and results are not among the parts of a
// message: a call is in a list of its own, a result is the whole message.
func besideParts(p *llm.Prompt, m *llm.Message, part int) string {
	if part >= len(m.Parts) {
		return ""
	}
	calls, others := 0, 0
	for j := range part {
		switch m.Parts[j].Kind {
		case llm.PartCall:
			calls++
		case llm.PartText, llm.PartMedia, llm.PartOpaque:
			others++
		}
	}
	switch t := &m.Parts[part]; t.Kind {
	case llm.PartCall:
		if t.Call.Label != "" {
			return "." + t.Call.Label
		}
		return element("."+p.Calls, calls)
	case llm.PartResult:
		return ""
	case llm.PartThinking:
		if t.Label != "" {
			return "." + t.Label
		}
	}
	return element(".content", others)
}

// PartName is what a part is called that is left out of an answer.
func PartName(p *llm.Part) string {
	switch {
	case p.Label != "":
		return p.Label
	case p.Kind == llm.PartCall && p.Call.Label != "":
		return p.Call.Label
	case p.Kind == llm.PartMedia:
		return p.Media.Kind.String()
	}
	return p.Kind.String()
}

// Stateless refuses a prompt of another family that refers to what its vendor
// keeps: without it the model would answer a conversation it does not know.
func Stateless(p *llm.Prompt, family string) error {
	if p.Family == family || len(p.State.Kept) == 0 {
		return nil
	}
	field := p.State.Kept[0]
	return Refuse(field, "%s refers to what another vendor keeps: send the whole conversation to this provider", field)
}
