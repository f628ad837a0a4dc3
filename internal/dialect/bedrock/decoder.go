package bedrock

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decoder reads a provider's stream (Amazon Bedrock API, ConverseStream). Only
// calls have a start; a text or a thought begins with its first delta. Why the
// answer ended and what it cost are two events, and either may come first or the
// second never.
type decoder struct {
	out     []llm.Event
	next    int
	open    map[int64]*openBlock
	order   []int64 // of the open blocks
	calls   bool
	started bool
	stopped bool // why it ended was said
	counted bool // what it cost was said
	done    bool
}

// openBlock is a block under way.
type openBlock struct {
	part   int
	kind   llm.PartKind
	name   string        // of a block the vendor's own tools made, else empty
	head   jsonx.Value   // its start
	args   []byte        // of a call
	pieces *dialect.List // of a result
}

func newDecoder() *decoder { return &decoder{open: make(map[int64]*openBlock)} }

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out = d.out[:0]
	if ev.Failed {
		return nil, eventError(ev.Name, ev.Data)
	}
	data := bytes.Clone(ev.Data) // events outlive the frame
	if d.done || len(data) == 0 {
		return nil, nil
	}
	r, ok := dialect.ReadEvent(data)
	if !ok {
		return nil, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	r.Take("p") // padding that hides how long a text is
	if !d.started {
		d.started = true
		d.emit(llm.Event{Kind: llm.EventStart})
		d.emit(llm.Event{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}})
	}
	d.event(ev.Name, r)
	return d.out, r.Done()
}

func (d *decoder) event(name string, r *dialect.Reader) {
	at := int64(0)
	if n := r.Int("contentBlockIndex"); n != nil {
		at = *n
	}
	switch name {
	case "contentBlockStart":
		d.begin(at, r.Object(r.Take("start"), "start"))
	case "contentBlockDelta":
		d.delta(at, r.Object(r.Take("delta"), "delta"))
	case "contentBlockStop":
		d.close(at)
	case "messageStop":
		d.stop(r)
	case "metadata":
		d.metadata(r)
	}
}

func (d *decoder) emit(e llm.Event) { d.out = append(d.out, e) }

// begin opens a block that has a start. An empty one says nothing.
func (d *decoder) begin(at int64, r *dialect.Reader) {
	for _, name := range []string{"toolUse", "toolResult"} {
		head := r.Take(name)
		if head == nil {
			continue
		}
		b := &openBlock{head: head}
		p := b.block(name, head)
		if b.kind = p.Kind; p.Raw != nil {
			b.name = name
			b.pieces = &dialect.List{}
		} else if p.Call != nil {
			p.Call.Args, p.Call.Object = "", false // it comes as text
			d.calls = true
		}
		d.push(at, b, &p)
	}
}

// block reads a start, or a whole block, as a block of an answer is read.
func (b *openBlock) block(name string, v jsonx.Value) llm.Part {
	var w dialect.Writer
	w.Raw(name, v)
	return readBlock(dialect.ReadReply(w.Object()))
}

func (d *decoder) push(at int64, b *openBlock, shell *llm.Part) {
	d.close(at)
	b.part = d.next
	d.next++
	d.open[at] = b
	d.order = append(d.order, at)
	d.emit(llm.Event{Kind: llm.EventOpen, Part: b.part, Shell: shell})
}

// begun is the block a delta belongs to, opened if there is none of its kind.
func (d *decoder) begun(at int64, kind llm.PartKind) *openBlock {
	if b := d.open[at]; b != nil && b.kind == kind {
		return b
	}
	b := &openBlock{kind: kind}
	d.push(at, b, &llm.Part{Kind: kind})
	return b
}

func (d *decoder) delta(at int64, r *dialect.Reader) {
	switch {
	case r.Peek("text") != nil:
		b := d.begun(at, llm.PartText)
		d.emit(llm.Event{Kind: llm.EventDelta, Part: b.part, Text: r.Text("text")})
	case r.Peek("toolUse") != nil:
		input := r.Object(r.Take("toolUse"), "toolUse").Text("input")
		b := d.open[at]
		if b == nil || b.kind != llm.PartCall {
			return // of a call without a start nobody knows what to call
		}
		if b.args = append(b.args, input...); b.name == "" {
			d.emit(llm.Event{Kind: llm.EventDelta, Part: b.part, Field: llm.DeltaArgs, Text: input})
		}
	case r.Peek("reasoningContent") != nil:
		d.thought(at, r.Object(r.Take("reasoningContent"), "reasoningContent"))
	case r.Peek("citation") != nil:
		b, c := d.begun(at, llm.PartText), readCite(r.Take("citation"))
		d.emit(llm.Event{Kind: llm.EventDelta, Part: b.part, Field: llm.DeltaCite, Cite: &c})
	case r.Peek("toolResult") != nil:
		if b := d.open[at]; b != nil && b.pieces != nil {
			for v := range jsonx.Elements(r.Take("toolResult")) {
				b.pieces.Add(v)
			}
		}
	}
}

// thought is more of a thought: words, their proof, or the whole of what is
// withheld.
func (d *decoder) thought(at int64, r *dialect.Reader) {
	if r.Peek("redactedContent") != nil {
		d.push(at, &openBlock{kind: llm.PartThinking}, &llm.Part{Kind: llm.PartThinking, Seal: redacted(r.Text("redactedContent"))})
		return
	}
	e := llm.Event{Kind: llm.EventDelta, Part: d.begun(at, llm.PartThinking).part}
	switch {
	case r.Peek("text") != nil:
		e.Text = r.Text("text")
	case r.Peek("signature") != nil:
		e.Field, e.Seal = llm.DeltaSeal, signature(r.Text("signature"))
	default:
		return
	}
	d.emit(e)
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
	if b.kind == llm.PartCall && b.name == "" && len(b.args) == 0 { // joined, the pieces must be JSON
		d.emit(llm.Event{Kind: llm.EventDelta, Part: b.part, Field: llm.DeltaArgs, Text: "{}"})
	}
	if b.name != "" {
		e.Shell = b.whole()
	}
	d.emit(e)
}

// whole is a block of the vendor's own tools, put together.
func (b *openBlock) whole() *llm.Part {
	o, err := jsonx.Parse(b.head)
	if err == nil && b.kind == llm.PartCall {
		if _, err := jsonx.Parse(b.args); err == nil {
			o.Set("input", b.args)
		}
	} else if err == nil {
		o.Set("content", b.pieces.Array())
	}
	p := b.block(b.name, o.Bytes())
	return &p
}

func (d *decoder) stop(r *dialect.Reader) {
	if d.stopped {
		return
	}
	for len(d.order) > 0 {
		d.close(d.order[0])
	}
	stop := stopOf(r.Text("stopReason"), sequenceOf(r.Peek("additionalModelResponseFields")), d.calls)
	d.note(r)
	d.emit(llm.Event{Kind: llm.EventStop, Stop: stop})
	d.stopped = true
	d.finish()
}

func (d *decoder) metadata(r *dialect.Reader) {
	if u := readUsage(r.Take("usage")); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.note(r)
	d.counted = true
	d.finish()
}

func (d *decoder) note(r *dialect.Reader) {
	if x := r.Said(family); len(x.Fields) > 0 {
		d.emit(llm.Event{Kind: llm.EventNote, Extra: x})
	}
}

func (d *decoder) finish() {
	if d.stopped && d.counted {
		d.emit(llm.Event{Kind: llm.EventEnd})
		d.done = true
	}
}

// End is the end of the bytes, which must not come before messageStop.
func (d *decoder) End() ([]llm.Event, error) {
	d.out = d.out[:0]
	if d.counted = d.stopped; d.done {
		return nil, nil
	}
	if !d.stopped {
		return nil, dialect.Interrupted("it ended before the answer was complete", nil)
	}
	d.finish()
	return d.out, nil
}
