package openai

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decoder reads a provider's stream (vocabulary, codec state machines). The
// wire has no borders between parts: a change of field closes what was open.
type decoder struct {
	out     []llm.Event
	started bool
	done    bool
	choices []*choiceState
	words   jsonx.Value     // in the data, of the delta under way
	plain   dialect.Pattern // of the last event, if it was one delta
	grows   *choiceState    // whose body its words belong to; nil: nobody's
}

// choiceState is one choice under way.
type choiceState struct {
	index   int
	next    int // number of the next part
	open    int // the open part of text, thinking or refusal; -1: none
	kind    llm.PartKind
	label   string
	calls   []callState
	refused bool
	body    []byte       // of the open text
	notes   dialect.List // annotations
	stopped bool
	stop    llm.Stop
}

// callState is one call, found by its index on the wire or else by its id.
type callState struct {
	index int64
	id    string
	part  int
}

func newDecoder() *decoder { return &decoder{} }

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out, d.words, d.grows = d.out[:0], nil, nil
	d.plain.Forget()
	data := bytes.Clone(bytes.TrimSpace(ev.Data)) // events outlive the frame
	switch {
	case d.done:
		return nil, nil
	case len(data) == 0:
		if d.started {
			d.emit(llm.Event{Kind: llm.EventPing})
		}
		return d.out, nil
	case bytes.Equal(data, done):
		return d.finish()
	}
	r, ok := dialect.ReadEvent(data)
	if !ok {
		if ev.Name == "error" {
			return nil, unreadableError(data)
		}
		return nil, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	failed := ev.Name == "error" || r.Peek("error") != nil
	if r.Peek("choices") == nil && !failed {
		if e := disguised(data); e != nil {
			return nil, e
		}
	}
	d.chunk(r)
	if failed {
		return d.out, eventError(data)
	}
	if err := r.Done(); err != nil {
		return d.out, err
	}
	d.plain.Learn(ev.Name, data, d.words, d.out)
	return d.out, nil
}

// Repeats implements dialect.Repeater.
func (d *decoder) Repeats(ev framing.Event) (dialect.Words, bool) {
	w, ok := d.plain.Match(ev)
	if ok && d.grows != nil {
		d.grows.body = append(d.grows.body, w.Said...)
	}
	return w, ok
}

func (d *decoder) emit(e llm.Event) { d.out = append(d.out, e) }

func (d *decoder) chunk(r *dialect.Reader) {
	start := llm.Event{Kind: llm.EventStart, ID: r.Text("id"), Model: r.Text("model")}
	if n := r.Int("created"); n != nil {
		start.Created = *n
	}
	choices, usage := r.Take("choices"), r.Take("usage")
	groq := r.Take("x_groq")
	some := false
	for range jsonx.Elements(choices) {
		some = true
		break
	}
	if !d.started && some {
		r.Take("object")
		r.Take("obfuscation")
		r.Take("error")
		start.Extra = r.Said(family)
		d.started = true
		d.emit(start)
	}
	for v := range jsonx.Elements(choices) {
		d.choice(r.Object(v, "choices"))
	}
	if jsonx.KindOf(usage) != jsonx.Composite {
		usage = jsonx.At(groq, "usage")
	}
	d.usage(usage)
}

func (d *decoder) usage(v jsonx.Value) {
	if jsonx.KindOf(v) != jsonx.Composite || !d.started {
		return
	}
	if u := fullUsage(v); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
}

func (d *decoder) choice(r *dialect.Reader) {
	index := 0
	if n := r.Int("index"); n != nil {
		index = int(*n)
	}
	c := d.find(index)
	if v := r.Take("delta"); v != nil && !c.stopped {
		d.delta(c, r.Object(v, "delta"))
	}
	if word := r.Text("finish_reason"); word != "" && !c.stopped {
		d.stop(c, word)
	}
	d.usage(r.Take("usage")) // Moonshot counts there
}

func (d *decoder) find(index int) *choiceState {
	for _, c := range d.choices {
		if c.index == index {
			return c
		}
	}
	c := &choiceState{index: index, open: -1}
	d.choices = append(d.choices, c)
	d.emit(llm.Event{Kind: llm.EventMessage, Choice: index, Message: llm.Message{Role: llm.Assistant}})
	return c
}

func (d *decoder) delta(c *choiceState, r *dialect.Reader) {
	for _, name := range thinkingNames {
		if s, ok := jsonx.Text(r.Peek(name)); ok && s != "" {
			d.words = r.Peek(name)
			d.text(c, llm.PartThinking, name, s)
			break // two views of the same
		}
	}
	if s, ok := jsonx.Text(r.Peek("content")); ok {
		if s != "" {
			d.words = r.Peek("content")
		}
		d.text(c, llm.PartText, "", s)
	} else {
		for v := range jsonx.Elements(r.Peek("content")) {
			d.piece(c, v)
		}
	}
	said := r.Peek("refusal")
	if s := r.Text("refusal"); s != "" {
		d.words = said
		c.refused = true
		d.text(c, llm.PartRefusal, "", s)
	}
	for v := range jsonx.Elements(r.Peek("annotations")) {
		c.notes.Add(v)
	}
	for at, v := range r.List("tool_calls") {
		d.call(c, r.Object(v, at))
	}
	if v := r.Take("function_call"); v != nil {
		d.legacy(c, r.Object(v, "function_call"))
	}
}

// piece reads a part of a content in pieces: a text, or what the model thinks
// (Mistral).
func (d *decoder) piece(c *choiceState, v jsonx.Value) {
	s, _ := jsonx.Text(jsonx.At(v, "text"))
	d.text(c, llm.PartText, "", s)
	for t := range jsonx.Elements(jsonx.At(v, "thinking")) {
		s, _ := jsonx.Text(jsonx.At(t, "text"))
		d.text(c, llm.PartThinking, pieces, s)
	}
}

// text goes on with the open part, or closes it and opens another.
func (d *decoder) text(c *choiceState, kind llm.PartKind, label, s string) {
	if s == "" {
		return
	}
	if c.open < 0 || c.kind != kind || c.label != label {
		d.closeText(c)
		c.open, c.kind, c.label, c.body = c.next, kind, label, nil
		c.next++
		d.emit(llm.Event{Kind: llm.EventOpen, Choice: c.index, Part: c.open, Shell: &llm.Part{Kind: kind, Label: label}})
	}
	d.grows = nil
	if kind == llm.PartText {
		d.grows = c
		c.body = append(c.body, s...)
	}
	d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.open, Text: s})
}

func (d *decoder) closeText(c *choiceState) {
	if c.open >= 0 {
		d.cites(c)
		d.emit(llm.Event{Kind: llm.EventClose, Choice: c.index, Part: c.open})
		c.open = -1
	}
}

func (d *decoder) call(c *choiceState, r *dialect.Reader) {
	index, id := r.Int("index"), r.Text("id")
	free := jsonx.KindOf(r.Peek("custom")) == jsonx.Composite
	name, args := "", ""
	if v := r.Take("custom"); v != nil {
		f := r.Object(v, "custom")
		d.words = f.Peek("input")
		name, args = f.Text("name"), f.Text("input")
	} else if v := r.Take("function"); v != nil {
		f := r.Object(v, "function")
		d.words = f.Peek("arguments")
		name, args = f.Text("name"), readArguments(f)
	}
	at := c.lookup(index, id)
	if at < 0 {
		d.closeText(c)
		key := int64(len(c.calls))
		if index != nil {
			key = *index
		}
		at = len(c.calls)
		c.calls = append(c.calls, callState{index: key, id: id, part: c.next})
		c.next++
		d.emit(llm.Event{Kind: llm.EventOpen, Choice: c.index, Part: c.calls[at].part, Shell: &llm.Part{
			Kind: llm.PartCall, Call: &llm.Call{ID: id, Name: name, FreeForm: free},
		}})
	}
	if args != "" {
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.calls[at].part, Field: llm.DeltaArgs, Text: args})
	}
}

// lookup finds the call a piece belongs to, -1 for a new one. A new id on a
// used index is a new call; a piece without either belongs to the last one.
func (c *choiceState) lookup(index *int64, id string) int {
	for i := len(c.calls) - 1; i >= 0; i-- {
		s := &c.calls[i]
		if index != nil && s.index == *index {
			if id != "" && s.id != "" && id != s.id {
				return -1
			}
			return i
		}
		if index == nil && (id == "" || id == s.id) {
			return i
		}
	}
	return -1
}

// legacy reads the one function call of the API's first form.
func (d *decoder) legacy(c *choiceState, f *dialect.Reader) {
	name, args := f.Text("name"), readArguments(f)
	if len(c.calls) == 0 {
		d.closeText(c)
		c.calls = append(c.calls, callState{part: c.next})
		c.next++
		d.emit(llm.Event{Kind: llm.EventOpen, Choice: c.index, Part: c.calls[0].part, Shell: &llm.Part{
			Kind: llm.PartCall, Call: &llm.Call{Name: name, Label: "function_call"},
		}})
	}
	if args != "" {
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.calls[0].part, Field: llm.DeltaArgs, Text: args})
	}
}

func (d *decoder) stop(c *choiceState, word string) {
	d.closeText(c)
	for i := range c.calls {
		d.emit(llm.Event{Kind: llm.EventClose, Choice: c.index, Part: c.calls[i].part})
	}
	c.stopped = true
	if !c.notes.Empty() {
		x := llm.Extra{Family: family, Fields: []llm.Field{{Name: "annotations", Value: c.notes.Array()}}}
		d.emit(llm.Event{Kind: llm.EventNote, Choice: c.index, Message: llm.Message{Extra: x}})
	}
	c.stop = stopOf(word, len(c.calls) > 0, c.refused)
	d.emit(llm.Event{Kind: llm.EventStop, Choice: c.index, Stop: c.stop})
}

// finish is the terminal frame. A few hosts never give a reason; their frame
// stands for one.
func (d *decoder) finish() ([]llm.Event, error) {
	if !d.started {
		return nil, dialect.Invalid("the stream ended before it began", nil)
	}
	for _, c := range d.choices {
		if !c.stopped {
			d.stop(c, "")
		}
	}
	d.done = true
	d.emit(llm.Event{Kind: llm.EventEnd})
	return d.out, nil
}

// End is the end of the bytes. Without the terminal frame every choice must
// have ended (reliability rules, R20).
func (d *decoder) End() ([]llm.Event, error) {
	d.out = d.out[:0]
	if d.done {
		return nil, nil
	}
	for _, c := range d.choices {
		if !c.stopped {
			return nil, dialect.Interrupted("it ended before the answer was complete", nil)
		}
	}
	if !d.started {
		return nil, dialect.Interrupted("it ended before the answer was complete", nil)
	}
	return d.finish()
}
