package anthropic

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decoder reads a provider's stream (Anthropic API, streaming messages). The
// wire's index is only a key into the blocks that are open: parts get numbers
// of our own.
type decoder struct {
	out     []llm.Event
	next    int
	open    map[int64]*openBlock
	order   []int64 // of the open blocks
	counts  counts
	stop    llm.Stop
	calls   bool
	started bool
	done    bool
	words   jsonx.Value     // in the data, of the delta under way
	plain   dialect.Pattern // of the last event, if it was one delta
}

// openBlock is a block under way.
type openBlock struct {
	part int
	kind llm.PartKind
	raw  *jsonx.Object // of a block nobody else speaks: grows with its deltas
	args []byte        // of such a block
	some bool          // a call has arguments
}

func newDecoder() *decoder { return &decoder{open: make(map[int64]*openBlock)} }

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
		if ev.Name == "error" {
			return nil, eventError(nil)
		}
		return nil, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	kind := r.Text("type")
	if kind == "" {
		kind = ev.Name
	}
	switch kind {
	case "error":
		return nil, eventError(data)
	case "ping":
		if d.started {
			d.emit(llm.Event{Kind: llm.EventPing})
		}
		return d.out, nil
	case "message_start":
		d.start(r.Object(r.Take("message"), "message"))
		return d.out, r.Err()
	}
	if !d.started { // some hosts leave the start out
		d.started = true
		d.emit(llm.Event{Kind: llm.EventStart})
		d.emit(llm.Event{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}})
	}
	d.event(kind, r)
	if err := r.Done(); err != nil {
		return d.out, err
	}
	d.plain.Learn(ev.Name, data, d.words, d.out)
	return d.out, nil
}

// Repeats implements dialect.Repeater: nothing is kept of a delta's words.
func (d *decoder) Repeats(ev framing.Event) (dialect.Words, bool) { return d.plain.Match(ev) }

func (d *decoder) event(kind string, r *dialect.Reader) {
	at := int64(0)
	if n := r.Int("index"); n != nil {
		at = *n
	}
	switch kind {
	case "content_block_start":
		d.begin(at, r.Object(r.Take("content_block"), "content_block"))
	case "content_block_delta":
		d.delta(at, r.Object(r.Take("delta"), "delta"))
	case "content_block_stop":
		d.close(at)
	case "message_delta":
		d.messageDelta(r)
	case "message_stop":
		d.finish()
	}
}

func (d *decoder) emit(e llm.Event) { d.out = append(d.out, e) }

func (d *decoder) start(m *dialect.Reader) {
	if d.started {
		return
	}
	d.started = true
	usage := m.Take("usage")
	d.counts.merge(usage)
	d.counts.keep(usage)
	m.Take("type")
	m.Take("role")
	m.Take("stop_reason")
	m.Take("stop_sequence")
	e := llm.Event{Kind: llm.EventStart, ID: m.Text("id"), Model: m.Text("model"), Usage: d.counts.usage()}
	content := m.Take("content")
	e.Extra = m.Said(family)
	d.emit(e)
	d.emit(llm.Event{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}})
	for v := range jsonx.Elements(content) { // calls made from code come whole
		d.begin(-1, m.Object(v, "content"))
		d.close(-1)
	}
}

// begin opens a block. Whatever its start holds already is in the shell, but
// for the empty input that every call begins with.
func (d *decoder) begin(at int64, r *dialect.Reader) {
	if d.open[at] != nil {
		d.close(at)
	}
	p := readBlock(r)
	b := &openBlock{part: d.next, kind: p.Kind}
	d.next++
	if p.Raw != nil {
		if o, err := jsonx.Parse(p.Raw); err == nil {
			b.raw = &o
		}
	}
	if p.Call != nil {
		d.calls = d.calls || p.Call.By == llm.ByClient
		if p.Call.Args == "{}" {
			p.Call.Args, p.Call.Object = "", false // it comes as text
		}
		b.add(p.Call.Args)
	}
	d.open[at] = b
	d.order = append(d.order, at)
	d.emit(llm.Event{Kind: llm.EventOpen, Part: b.part, Shell: &p})
}

func (d *decoder) delta(at int64, r *dialect.Reader) {
	b := d.open[at]
	kind := r.Text("type")
	if b == nil { // a host that leaves starts out
		p, known := implied[kind]
		if !known {
			return
		}
		b = &openBlock{part: d.next, kind: p}
		d.next++
		d.open[at] = b
		d.order = append(d.order, at)
		d.emit(llm.Event{Kind: llm.EventOpen, Part: b.part, Shell: &llm.Part{Kind: p}})
	}
	e := llm.Event{Kind: llm.EventDelta, Part: b.part}
	switch kind {
	case "text_delta":
		d.words, e.Text = r.Peek("text"), r.Text("text")
	case "thinking_delta":
		d.words, e.Text = r.Peek("thinking"), r.Text("thinking")
	case "signature_delta":
		e.Field = llm.DeltaSeal
		e.Seal = &llm.Seal{Origin: origin, Kind: llm.Signature, Data: r.Text("signature")}
	case "input_json_delta":
		if b.raw == nil {
			d.words = r.Peek("partial_json")
		}
		e.Field, e.Text = llm.DeltaArgs, r.Text("partial_json")
		b.add(e.Text)
		if b.kind != llm.PartCall {
			return
		}
	case "citations_delta":
		c := readCite(r.Take("citation"))
		e.Field, e.Cite = llm.DeltaCite, &c
	default:
		b.grow(r)
		return
	}
	d.emit(e)
}

// add notes arguments. Only a block that is written anew keeps them.
func (b *openBlock) add(args string) {
	if b.some = b.some || args != ""; b.raw != nil {
		b.args = append(b.args, args...)
	}
}

var implied = map[string]llm.PartKind{"text_delta": llm.PartText, "thinking_delta": llm.PartThinking}

// grow adds a delta to a block nobody else speaks: texts are joined, anything
// else replaces.
func (b *openBlock) grow(r *dialect.Reader) {
	if b.raw == nil {
		return
	}
	for _, f := range r.Rest(family).Fields {
		if f.Name == "type" {
			continue
		}
		if more, ok := jsonx.Text(f.Value); ok {
			before, _ := jsonx.Text(b.raw.Get(f.Name))
			f.Value = jsonx.Quote(before + more)
		}
		b.raw.Set(f.Name, f.Value)
	}
}

func (d *decoder) close(at int64) {
	b := d.open[at]
	if b == nil {
		return
	}
	delete(d.open, at)
	for i, key := range d.order {
		if key == at {
			d.order = append(d.order[:i], d.order[i+1:]...)
			break
		}
	}
	e := llm.Event{Kind: llm.EventClose, Part: b.part}
	if b.kind == llm.PartCall && b.raw == nil && !b.some { // joined, the pieces must be JSON
		d.emit(llm.Event{Kind: llm.EventDelta, Part: b.part, Field: llm.DeltaArgs, Text: "{}"})
	}
	if b.raw != nil {
		if _, err := jsonx.Parse(b.args); err == nil {
			b.raw.Set("input", b.args)
		}
		p := readBlock(dialect.ReadReply(b.raw.Bytes()))
		e.Shell = &p
	}
	d.emit(e)
}

func (d *decoder) messageDelta(r *dialect.Reader) {
	delta := r.Object(r.Take("delta"), "delta")
	if word := delta.Text("stop_reason"); word != "" {
		d.stop = llm.Stop{Raw: word, Sequence: delta.Text("stop_sequence")}
	}
	usage := r.Take("usage")
	d.counts.merge(usage)
	d.counts.keep(usage)
	note := delta.Said(family)
	note.Family, note.Fields = family, append(note.Fields, r.Said(family).Fields...)
	if len(note.Fields) > 0 {
		d.emit(llm.Event{Kind: llm.EventNote, Extra: note})
	}
	if u := d.counts.usage(); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
}

func (d *decoder) finish() {
	for len(d.order) > 0 {
		d.close(d.order[0])
	}
	d.emit(llm.Event{Kind: llm.EventStop, Stop: stopOf(d.stop.Raw, d.stop.Sequence, d.calls)})
	d.emit(llm.Event{Kind: llm.EventEnd})
	d.done = true
}

// End is the end of the bytes, which must not come before message_stop.
func (d *decoder) End() ([]llm.Event, error) {
	if d.done {
		return nil, nil
	}
	return nil, dialect.Interrupted("it ended before the answer was complete", nil)
}
