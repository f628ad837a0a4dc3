package cohere

import (
	"bytes"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decoder reads a provider's stream (Cohere API, Chat with streaming, v2).
// Contents and calls are counted apart on the wire; parts get numbers of our own.
type decoder struct {
	out     []llm.Event
	next    int
	open    *openPart    // of text, thinking or plan; it stays so until another part begins
	calls   []*openPart  // under way
	notes   dialect.List // citations of what is closed, or no text
	some    bool         // there was a call
	started bool
	done    bool
	words   jsonx.Value     // in the data, of the content under way
	plain   dialect.Pattern // of the last event, if it was one piece of the open part
}

// openPart is a part under way.
type openPart struct {
	part  int
	kind  llm.PartKind
	label string
	index int64 // on the wire
	body  []byte
	call  *llm.Call
	held  bool // the arguments so far may become null
}

func newDecoder() *decoder { return &decoder{} }

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out, d.words = d.out[:0], nil
	d.plain.Forget()
	data := bytes.Clone(bytes.TrimSpace(ev.Data)) // events outlive the frame
	if d.done || len(data) == 0 {
		return nil, nil
	}
	r, ok := dialect.ReadEvent(data)
	if !ok {
		return nil, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	kind := r.Text("type")
	if kind == "" {
		kind = ev.Name
	}
	if kind == "" {
		return nil, eventError(data)
	}
	delta := inner(r, "delta")
	if kind == "message-end" {
		if e := failed(delta.Peek("finish_reason"), delta.Peek("error")); e != nil {
			return nil, e
		}
	}
	d.start(r)
	at := int64(0)
	if n := r.Int("index"); n != nil {
		at = *n
	}
	d.event(kind, at, delta)
	if err := r.Err(); err != nil {
		return d.out, err
	}
	d.plain.Learn(ev.Name, data, d.words, d.out)
	return d.out, nil
}

// Repeats implements dialect.Repeater.
func (d *decoder) Repeats(ev framing.Event) (dialect.Words, bool) {
	w, ok := d.plain.Match(ev)
	if ok {
		d.open.body = append(d.open.body, w.Said...)
	}
	return w, ok
}

// inner is a member that is an object, or an empty one where there is none.
func inner(r *dialect.Reader, name string) *dialect.Reader {
	v := r.Peek(name)
	if v == nil {
		v = jsonx.Value("{}")
	}
	return r.Object(v, name)
}

func (d *decoder) emit(e llm.Event) { d.out = append(d.out, e) }

func (d *decoder) start(r *dialect.Reader) {
	if d.started {
		return
	}
	d.started = true
	d.emit(llm.Event{Kind: llm.EventStart, ID: r.Text("id")})
	d.emit(llm.Event{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}})
}

func (d *decoder) event(kind string, at int64, delta *dialect.Reader) {
	m := inner(delta, "message")
	switch kind {
	case "content-start", "content-delta":
		if v := m.Peek("content"); jsonx.KindOf(v) == jsonx.Composite {
			d.content(at, m.Object(v, "content"))
		}
	case "tool-plan-delta":
		d.text(llm.PartThinking, plan, 0, m.Text(plan))
	case "tool-call-start":
		d.call(at, m.Object(m.Take("tool_calls"), "tool_calls"))
	case "tool-call-delta":
		d.arguments(at, m.Object(m.Take("tool_calls"), "tool_calls"))
	case "tool-call-end":
		d.closeCall(at)
	case "citation-start":
		d.cite(m.Take("citations"))
	case "message-end":
		d.finish(delta)
	case "debug":
		d.emit(llm.Event{Kind: llm.EventPing})
	}
}

// content begins a content or goes on with it. What is neither text nor
// thinking comes whole.
func (d *decoder) content(at int64, c *dialect.Reader) {
	kind, _ := jsonx.Text(c.Peek("type"))
	switch {
	case c.Peek("thinking") != nil:
		d.words = c.Peek("thinking")
		d.text(llm.PartThinking, "", at, c.Text("thinking"))
	case c.Peek("text") != nil:
		d.words = c.Peek("text")
		d.text(llm.PartText, "", at, c.Text("text"))
	case kind != "" && kind != "text" && kind != "thinking":
		d.closeText()
		p := readPart(c)
		d.emit(llm.Event{Kind: llm.EventOpen, Part: d.next, Shell: &p})
		d.emit(llm.Event{Kind: llm.EventClose, Part: d.next})
		d.next++
	}
}

// text goes on with the open part, or closes it and opens another.
func (d *decoder) text(kind llm.PartKind, label string, at int64, s string) {
	if s == "" {
		return
	}
	if p := d.open; p == nil || p.kind != kind || p.label != label || p.index != at {
		d.closeText()
		d.open = &openPart{part: d.next, kind: kind, label: label, index: at}
		d.next++
		d.emit(llm.Event{Kind: llm.EventOpen, Part: d.open.part, Shell: &llm.Part{Kind: kind, Label: label}})
	}
	d.open.body = append(d.open.body, s...)
	d.emit(llm.Event{Kind: llm.EventDelta, Part: d.open.part, Text: s})
}

func (d *decoder) closeText() {
	if d.open != nil {
		d.emit(llm.Event{Kind: llm.EventClose, Part: d.open.part})
		d.open = nil
	}
}

func (d *decoder) call(at int64, r *dialect.Reader) {
	d.closeText()
	d.closeCall(at)
	c := readCall(r)
	first := c.Args
	c.Args = ""
	p := &openPart{part: d.next, kind: llm.PartCall, call: c, index: at}
	d.calls = append(d.calls, p)
	d.some = true
	d.emit(llm.Event{Kind: llm.EventOpen, Part: p.part, Shell: &llm.Part{Kind: llm.PartCall, Call: c}})
	d.next++
	d.piece(p, first)
}

// find is where the call of an index stands, -1 for none.
func (d *decoder) find(at int64) int {
	return slices.IndexFunc(d.calls, func(p *openPart) bool { return p.index == at })
}

func (d *decoder) arguments(at int64, r *dialect.Reader) {
	i := d.find(at)
	if i < 0 {
		return // of a call that never began
	}
	f := r.Object(r.Take("function"), "function")
	d.piece(d.calls[i], f.Text("arguments"))
}

// piece adds to the arguments. A null is held back: nobody else writes so that
// there are none.
func (d *decoder) piece(p *openPart, s string) {
	if s == "" {
		return
	}
	before := len(p.body)
	p.body = append(p.body, s...)
	if strings.HasPrefix(noArguments, string(p.body)) {
		p.held = true
		return
	}
	if p.held {
		p.held, before = false, 0
	}
	d.emit(llm.Event{Kind: llm.EventDelta, Part: p.part, Field: llm.DeltaArgs, Text: string(p.body[before:])})
}

func (d *decoder) closeCall(at int64) {
	i := d.find(at)
	if i < 0 {
		return
	}
	p := d.calls[i]
	d.calls = slices.Delete(d.calls, i, i+1)
	e := llm.Event{Kind: llm.EventClose, Part: p.part}
	switch {
	case string(p.body) == noArguments:
		final := *p.call
		final.Args = noArguments
		settle(&final)
		e.Shell = &llm.Part{Kind: llm.PartCall, Call: &final}
		fallthrough
	case len(p.body) == 0: // joined, the pieces must be JSON
		d.emit(llm.Event{Kind: llm.EventDelta, Part: p.part, Field: llm.DeltaArgs, Text: "{}"})
	case p.held:
		d.emit(llm.Event{Kind: llm.EventDelta, Part: p.part, Field: llm.DeltaArgs, Text: string(p.body)})
	}
	d.emit(e)
}

// cite reads a citation. The wire closes a text before or after its citations,
// so that here the part is open still, unless another has begun.
func (d *decoder) cite(v jsonx.Value) {
	p := d.open
	kind, _ := jsonx.Text(jsonx.At(v, "type"))
	index, said := jsonx.Int(jsonx.At(v, "content_index"))
	if p == nil || p.kind != llm.PartText || kind != "" && kind != "TEXT_CONTENT" || said && index != p.index {
		if v != nil {
			d.notes.Add(v)
		}
		return
	}
	c := readCite(v, string(p.body))
	d.emit(llm.Event{Kind: llm.EventDelta, Part: p.part, Field: llm.DeltaCite, Cite: &c})
}

func (d *decoder) finish(delta *dialect.Reader) {
	d.closeText()
	for len(d.calls) > 0 {
		d.closeCall(d.calls[0].index)
	}
	if !d.notes.Empty() {
		x := llm.Extra{Family: family, Fields: []llm.Field{{Name: "citations", Value: d.notes.Array()}}}
		d.emit(llm.Event{Kind: llm.EventNote, Message: llm.Message{Extra: x}})
	}
	d.emit(llm.Event{Kind: llm.EventStop, Stop: stopOf(delta.Text("finish_reason"), d.some)})
	if u := readUsage(delta.Take("usage")); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	d.done = true
}

// End is the end of the bytes, which must not come before message-end.
func (d *decoder) End() ([]llm.Event, error) {
	if d.done {
		return nil, nil
	}
	return nil, dialect.Interrupted("it ended before the answer was complete", nil)
}
