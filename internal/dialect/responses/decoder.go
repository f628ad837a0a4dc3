package responses

import (
	"bytes"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decoder reads a provider's stream (vocabulary, codec state machines). Its
// keys are output_index and the index within the item: item ids change on the
// way at some hosts and are empty at others.
type decoder struct {
	out     []llm.Event
	started bool
	done    bool
	next    int // number of the next part
	items   []*inItem
	current *inItem // whose message is the reply's last
	calls   bool
	refused bool
}

func newDecoder() *decoder { return &decoder{} }

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out = d.out[:0]
	data := bytes.Clone(bytes.TrimSpace(ev.Data)) // events outlive the frame
	switch {
	case d.done:
		return nil, nil
	case len(data) == 0:
		d.ping()
		return d.out, nil
	case bytes.Equal(data, done):
		return nil, dialect.Interrupted("it ended before the answer was complete", nil)
	}
	r, ok := dialect.ReadEvent(data)
	if !ok {
		if ev.Name == "error" {
			return nil, unreadable(data)
		}
		return nil, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	kind := r.Text("type")
	if kind == "" {
		kind = ev.Name
	}
	switch {
	case kind == "error", kind == "" && r.Peek("error") != nil:
		return d.out, failure(data)
	case kind == "response.failed":
		return d.out, failure(r.Peek("response"))
	}
	d.event(kind, r)
	return d.out, r.Done()
}

func (d *decoder) emit(e llm.Event) { d.out = append(d.out, e) }

func (d *decoder) ping() {
	if d.started {
		d.emit(llm.Event{Kind: llm.EventPing})
	}
}

func (d *decoder) event(kind string, r *dialect.Reader) {
	switch kind {
	case "response.created", "response.queued", "response.in_progress":
		d.start(r.Object(r.Take("response"), "response"))
		return
	case "response.completed", "response.incomplete":
		d.finish(r.Object(r.Take("response"), "response"))
		return
	}
	if !strings.HasPrefix(kind, "response.") {
		d.ping()
		return
	}
	d.begin(llm.Event{Extra: ours(llm.Extra{})})
	at := r.Int("output_index")
	if at == nil {
		d.ping()
		return
	}
	i := d.item(*at)
	switch kind {
	case "response.output_item.added":
		d.added(i, r.Object(r.Take("item"), "item"))
	case "response.output_item.done":
		d.itemDone(i, r.Object(r.Take("item"), "item"))
	default:
		d.piece(i, kind, r)
	}
}

// piece reads an event about a part of an item.
func (d *decoder) piece(i *inItem, kind string, r *dialect.Reader) {
	w, known := pieces[kind]
	switch {
	case strings.HasPrefix(kind, "response.reasoning_summary_part."):
		return // its text says the same
	case !known, i.done, i.raw:
		d.ping() // searching, generating, pieces of what comes whole later
		return
	}
	key := partKey{list: w.list}
	if w.index != "" {
		if n := r.Int(w.index); n != nil {
			key.index = *n
		}
	}
	if w.whole {
		d.whole(i, key, r.Object(r.Take("part"), "part"), kind == "response.content_part.done")
		return
	}
	if w.part == llm.PartCall && i.part(key) == nil {
		return // nobody knows yet what is called: it comes whole at the item's end
	}
	p := d.open(i, key, llm.Part{Kind: w.part, Label: w.label})
	switch {
	case p.kind != w.part, !p.open:
	case w.field == "annotation":
		c := readCite(r.Take(w.field), p.text.String())
		p.cites++
		d.emit(llm.Event{Kind: llm.EventDelta, Part: p.number, Field: llm.DeltaCite, Cite: &c})
	case w.field == "delta":
		d.delta(p, r.Text("delta"))
	default:
		d.rest(p, r.Text(w.field))
	}
}

// whole reads the part as it is at its begin or at its end.
func (d *decoder) whole(i *inItem, key partKey, r *dialect.Reader, ended bool) {
	p := readPart(r)
	if p.Label == reasoningText {
		p.Kind, key.list = llm.PartThinking, contentList
	}
	shell := p
	shell.Text, shell.Cites = "", nil
	o := d.open(i, key, shell)
	if o.kind == p.Kind {
		d.rest(o, p.Text)
	}
	if ended && p.Kind != llm.PartThinking && o.open {
		d.close(o, &p)
	}
}

// start reads the response object that a stream begins with.
func (d *decoder) start(r *dialect.Reader) {
	if d.started {
		return
	}
	for _, name := range []string{"output", "status", "usage", "error", "incomplete_details"} {
		r.Take(name)
	}
	e := llm.Event{ID: r.Text("id"), Model: r.Text("model"), Created: createdAt(r)}
	e.Extra = ours(r.Said(family))
	d.begin(e)
}

func (d *decoder) begin(e llm.Event) {
	if !d.started {
		d.started = true
		e.Kind = llm.EventStart
		d.emit(e)
	}
}

// finish reads the response object at the end, which repeats everything.
func (d *decoder) finish(r *dialect.Reader) {
	output, usage, status := r.Take("output"), r.Take("usage"), r.Text("status")
	why := reason(r)
	e := llm.Event{ID: r.Text("id"), Model: r.Text("model"), Created: createdAt(r), Extra: ours(llm.Extra{})}
	d.begin(e)
	d.missed(output, r)
	for _, i := range d.items {
		d.closeAll(i)
	}
	if x := r.Said(family); len(x.Fields) > 0 {
		d.emit(llm.Event{Kind: llm.EventNote, Extra: x})
	}
	d.emit(llm.Event{Kind: llm.EventStop, Stop: stopOf(status, why, d.calls, d.refused)})
	if u := fullUsage(usage); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	d.done = true
}

// missed takes from the end what did not come before: whole items, or the end
// of an item. Hosts that count items differently in both places have sent as
// many as they repeat.
func (d *decoder) missed(output jsonx.Value, r *dialect.Reader) {
	n := int64(0)
	for v := range jsonx.Elements(output) {
		if i := d.find(n); i != nil && !i.done || i == nil && len(d.items) <= int(n) {
			d.itemDone(d.item(n), r.Object(v, "output"))
		}
		n++
	}
}

// End is the end of the bytes, which must not come before the answer is
// complete.
func (d *decoder) End() ([]llm.Event, error) {
	if d.done {
		return nil, nil
	}
	return nil, dialect.Interrupted("it ended before the answer was complete", nil)
}
