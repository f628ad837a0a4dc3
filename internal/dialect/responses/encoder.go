package responses

import (
	"bytes"
	"strconv"
	"time"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encoder writes a client's stream (wire formats, OpenAI Responses, a stream).
// Every item and the end repeat all that was sent, so all of it is kept.
type encoder struct {
	a     answer
	seq   int64
	items []*outItem
	last  *outItem // may take another part
	about *llm.Message
	parts map[int]*outPart
	usage *llm.Usage
	plain repeated
}

// repeated is the last event, if it was one piece of text.
type repeated struct {
	head []byte // up to its number
	rest dialect.Mould
	part *outPart
}

// outItem is an item under way.
type outItem struct {
	item
	index   int64
	open    int         // parts that are open
	late    []*llm.Seal // proofs of its parts that came after them
	written jsonx.Value
}

// outPart is a part under way.
type outPart struct {
	p     *llm.Part
	said  []byte // its text or arguments so far
	in    *outItem
	index int64 // within the item
	begun bool
	late  bool // its proof came after it had begun
	wait  bool // its arguments are another dialect's, to be unwrapped at the end
}

func newEncoder(as dialect.Reply) *encoder {
	return &encoder{a: answer{as: as, running: true}, about: &llm.Message{}, parts: make(map[int]*outPart)}
}

// Encode writes one event.
func (e *encoder) Encode(dst []byte, ev *llm.Event) []byte {
	e.plain.rest.Forget()
	if ev.Choice > 0 { // this dialect has one
		return dst
	}
	switch ev.Kind {
	case llm.EventStart:
		return e.start(dst, ev)
	case llm.EventMessage:
		dst = e.settle(dst)
		m := ev.Message
		e.about = &m
	case llm.EventOpen:
		return e.open(dst, ev)
	case llm.EventDelta:
		if p := e.parts[ev.Part]; p != nil {
			from, seq := len(dst), e.seq
			if dst = e.delta(dst, p, ev); e.seq == seq+1 {
				e.plain.learn(dst[from:], ev.Text)
				e.plain.part = p
			}
			return dst
		}
	case llm.EventClose:
		if p := e.parts[ev.Part]; p != nil {
			delete(e.parts, ev.Part)
			return e.close(dst, p, ev.Shell)
		}
	case llm.EventNote:
		e.note(ev)
	case llm.EventStop:
		e.a.stop = ev.Stop
		return e.settle(dst)
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventPing:
		return append(dst, ": ping\n\n"...) // a comment: clients choke on events they do not know
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

var numbered = []byte(`,"sequence_number":`)

// learn remembers a frame, whose number stands before all words.
func (r *repeated) learn(frame []byte, text string) {
	head, rest, _ := bytes.Cut(frame, numbered)
	r.head = append(append(r.head[:0], head...), numbered...)
	r.rest.Learn(bytes.TrimLeft(rest, "0123456789"), text, 1)
}

// Splices implements dialect.Splicer.
func (e *encoder) Splices() bool { return e.plain.rest.Ready() }

// Splice implements dialect.Splicer. All that is said is kept, as it is in text
// and arguments.
func (e *encoder) Splice(dst []byte, w dialect.Words) []byte {
	p := e.plain.part
	p.said = append(p.said, w.Said...)
	dst = strconv.AppendInt(append(dst, e.plain.head...), e.seq, 10)
	e.seq++
	return e.plain.rest.Splice(dst, w)
}

func (e *encoder) start(dst []byte, ev *llm.Event) []byte {
	e.a.id, e.a.model, e.a.created, e.a.extra, e.usage = ev.ID, ev.Model, ev.Created, ev.Extra, ev.Usage
	if e.a.created == 0 && !e.a.native() {
		e.a.created = time.Now().Unix()
	}
	v := e.a.write(jsonx.Value("[]"), nil)
	for _, name := range []string{"response.created", "response.in_progress"} {
		dst = e.event(dst, name, func(w *dialect.Writer) { w.Raw("response", v) })
	}
	return dst
}

// event writes one event: its name, its members and its number.
func (e *encoder) event(dst []byte, name string, members func(*dialect.Writer)) []byte {
	var w dialect.Writer
	w.Text("type", name)
	w.Number("sequence_number", e.seq)
	e.seq++
	members(&w)
	return appendFrame(dst, name, w.Object())
}

func (e *encoder) note(ev *llm.Event) {
	if ev.Extra.Family == family {
		e.a.extra = noted(e.a.extra, ev.Extra)
	}
	if m := &ev.Message; m.Status != "" || m.Phase != "" || len(m.Extra.Fields) > 0 {
		if m.Status != "" {
			e.about.Status = m.Status
		}
		if m.Phase != "" {
			e.about.Phase = m.Phase
		}
		e.about.Extra = noted(e.about.Extra, m.Extra)
	}
}

// noted puts members over those of the same name.
func noted(to, x llm.Extra) llm.Extra {
	if to.Family == "" {
		to.Family = x.Family
	}
	fields := append([]llm.Field(nil), to.Fields...)
next:
	for _, add := range x.Fields {
		for i := range fields {
			if fields[i].Name == add.Name {
				fields[i] = add
				continue next
			}
		}
		fields = append(fields, add)
	}
	to.Fields = fields
	return to
}

// end writes the whole answer.
func (e *encoder) end(dst []byte) []byte {
	dst = e.settle(dst)
	var list dialect.List
	for _, p := range e.parts { // they never ended
		p.settle()
	}
	for _, i := range e.items {
		if i.written == nil { // its parts never ended
			i.written = i.write(e.a.as.Chat)
		}
		list.Add(i.written)
		for _, p := range i.parts {
			e.a.refused = e.a.refused || p.Kind == llm.PartRefusal
		}
	}
	e.a.running = false
	name := "response.completed"
	if status, _ := e.a.status(); status == statusIncomplete {
		name = "response.incomplete"
	}
	return e.event(dst, name, func(w *dialect.Writer) { w.Raw("response", e.a.write(list.Array(), e.usage)) })
}
