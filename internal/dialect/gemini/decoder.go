package gemini

import (
	"bytes"
	"slices"
	"strconv"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decoder reads a provider's stream (Gemini API, streamGenerateContent). Each
// event is a small reply. The wire has no borders between parts: a text goes
// on until another kind of part comes, or a proof has closed it.
type decoder struct {
	out     []llm.Event
	started bool
	done    bool
	seed    string
	said    []llm.Field // members of the reply, as last told
	counts  counts
	usage   []llm.Field
	choices []*choiceState
}

func newDecoder() *decoder { return &decoder{} }

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out = d.out[:0]
	data := bytes.Clone(bytes.TrimSpace(ev.Data)) // events outlive the frame
	if d.done {
		return nil, nil
	}
	if len(data) == 0 {
		if d.started {
			d.emit(llm.Event{Kind: llm.EventPing})
		}
		return d.out, nil
	}
	valid := jsonx.Check(data) == nil
	switch {
	case valid && (data[0] == '[' || ev.Name == "error"),
		valid && data[0] == '{' && jsonx.KindOf(jsonx.At(data, "error")) == jsonx.Composite:
		return nil, eventError(data)
	case !valid || data[0] != '{':
		return nil, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	r := dialect.ReadReply(data)
	d.chunk(read(r))
	return d.out, r.Done()
}

func (d *decoder) emit(e llm.Event) { d.out = append(d.out, e) }

func (d *decoder) chunk(o *object) {
	head := readHead(o)
	stop, blocked := blockReason(o)
	candidates, usage := o.r.Take("candidates"), o.r.Take("usageMetadata")
	rest := o.r.Said(family)
	rest.Family = family
	if !d.started {
		d.started, d.seed = true, head.ID
		d.emit(llm.Event{Kind: llm.EventStart, ID: head.ID, Model: head.Model, Created: head.Created, Extra: rest})
		d.said = rest.Fields
	} else if d.news(rest.Fields) {
		d.emit(llm.Event{Kind: llm.EventNote, Extra: rest})
	}
	for v := range jsonx.Elements(candidates) {
		d.candidate(read(o.r.Object(v, "candidates")))
	}
	if blocked && len(d.choices) == 0 {
		c := d.find(0)
		d.stop(c, stop)
	}
	d.cost(usage)
}

// news remembers members and reports whether they tell anything new: many
// stand in every event.
func (d *decoder) news(fields []llm.Field) (some bool) {
	for _, f := range fields {
		i := slices.IndexFunc(d.said, func(s llm.Field) bool { return s.Name == f.Name })
		switch {
		case i < 0:
			d.said = append(d.said, f)
			some = true
		case !bytes.Equal(d.said[i].Value, f.Value):
			d.said[i] = f
			some = true
		}
	}
	return some
}

// cost tells what it has cost so far, once any number is known.
func (d *decoder) cost(v jsonx.Value) {
	o, err := jsonx.Parse(v)
	if err != nil {
		return
	}
	d.counts.merge(v)
	for name, member := range o.All() {
		i := slices.IndexFunc(d.usage, func(f llm.Field) bool { return f.Name == name })
		if i < 0 {
			d.usage = append(d.usage, llm.Field{Name: name, Value: member})
		} else {
			d.usage[i].Value = member
		}
	}
	if u := d.counts.usage(); u != nil {
		u.Raw = llm.Extra{Family: family, Fields: slices.Clone(d.usage)}
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
}

func (d *decoder) find(index int) *choiceState {
	for _, c := range d.choices {
		if c.index == index {
			return c
		}
	}
	c := &choiceState{index: index, open: -1, streaming: -1}
	c.parts.seed = d.seed + "/" + strconv.Itoa(index)
	d.choices = append(d.choices, c)
	d.emit(llm.Event{Kind: llm.EventMessage, Choice: index, Message: llm.Message{Role: llm.Assistant}})
	return c
}

func (d *decoder) candidate(o *object) {
	index := 0
	if n := o.int("index"); n != nil {
		index = int(*n)
	}
	word := o.text("finishReason")
	c := d.find(index)
	if c.stopped {
		return
	}
	c.parts.dead = badCalls[word]
	if v := o.take("content"); v != nil {
		inner := o.r.Object(v, "content")
		for at, p := range inner.List("parts") {
			d.part(c, inner.Object(p, at))
		}
	}
	d.cites(c, citesOf(o))
	if x := o.r.Said(family); len(x.Fields) > 0 {
		d.emit(llm.Event{Kind: llm.EventNote, Choice: index, Aside: x})
	}
	if word != "" {
		d.stop(c, stopOf(word, c.calls))
	}
}

// stop ends a choice, after all that is open in it.
func (d *decoder) stop(c *choiceState, s llm.Stop) {
	d.closeText(c)
	d.closeCall(c)
	c.stopped = true
	d.emit(llm.Event{Kind: llm.EventStop, Choice: c.index, Stop: s})
}

// End is the end of the bytes; every choice must have ended (reliability
// rules, R20).
func (d *decoder) End() ([]llm.Event, error) {
	d.out = d.out[:0]
	if d.done {
		return nil, nil
	}
	unfinished := slices.ContainsFunc(d.choices, func(c *choiceState) bool { return !c.stopped })
	if unfinished || len(d.choices) == 0 {
		return nil, dialect.Interrupted("it ended before the answer was complete", nil)
	}
	d.done = true
	d.emit(llm.Event{Kind: llm.EventEnd})
	return d.out, nil
}
