package plain

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer.
func (c codec) DecodeReply(body []byte) (*llm.Reply, error) {
	a, err := c.whole(body)
	if err != nil {
		return nil, err
	}
	r := &llm.Reply{ID: a.id, Model: a.model, Usage: a.usage}
	for i, t := range a.texts {
		m := llm.Message{Role: llm.Assistant, Parts: []llm.Part{{Text: t.text}}}
		r.Choices = append(r.Choices, llm.Choice{Index: i, Messages: []llm.Message{m}, Stop: t.stop})
	}
	return r, nil
}

// NewDecoder reads a stream.
func (c codec) NewDecoder() dialect.Decoder { return &decoder{f: c.format} }

// decoder reads pieces of one text.
type decoder struct {
	f       *format
	begun   bool
	stop    llm.Stop
	usage   *llm.Usage
	ended   bool
	pending []llm.Event
}

// done is the end mark some of the formats took over from OpenAI's.
const done = "[DONE]"

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.pending = d.pending[:0]
	if len(ev.Data) == 0 || d.ended {
		return nil, nil
	}
	if string(ev.Data) == done {
		return d.end(), nil
	}
	a, err := pieceOf(d.f, ev.Data)
	if err != nil {
		return nil, err
	}
	d.begin(a)
	for _, t := range a.texts {
		if t.text != "" {
			d.emit(llm.Event{Kind: llm.EventDelta, Text: t.text})
		}
		if t.stop.Kind != llm.StopUnsaid {
			d.stop = t.stop
		}
	}
	if a.usage != nil {
		d.usage = later(d.usage, a.usage)
	}
	if a.done {
		return d.end(), nil
	}
	return d.pending, nil
}

func pieceOf(f *format, data []byte) (*answer, error) {
	if err := jsonx.Check(data); err != nil {
		return nil, dialect.Interrupted("the provider's stream holds an event that is not JSON", err)
	}
	return f.piece(jsonx.Value(data))
}

func (d *decoder) emit(e llm.Event) { d.pending = append(d.pending, e) }

func (d *decoder) begin(a *answer) {
	if d.begun {
		return
	}
	d.begun = true
	d.emit(llm.Event{Kind: llm.EventStart, ID: a.id, Model: a.model})
	d.emit(llm.Event{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}})
	d.emit(llm.Event{Kind: llm.EventOpen, Shell: &llm.Part{}})
}

func (d *decoder) end() []llm.Event {
	d.begin(&answer{})
	d.ended = true
	if d.stop.Kind == llm.StopUnsaid {
		d.stop.Kind = llm.StopEnd
	}
	d.emit(llm.Event{Kind: llm.EventClose})
	d.emit(llm.Event{Kind: llm.EventStop, Stop: d.stop})
	if d.usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: d.usage})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return d.pending
}

// later is the cost with what an event adds to it: some tell the input with the
// first event alone.
func later(before, now *llm.Usage) *llm.Usage {
	if before == nil {
		return now
	}
	return &llm.Usage{Input: max(before.Input, now.Input), Output: max(before.Output, now.Output)}
}

// End closes a stream that had no end mark; one that broke off before its reason
// was told is cut.
func (d *decoder) End() ([]llm.Event, error) {
	d.pending = d.pending[:0]
	switch {
	case d.ended:
		return nil, nil
	case d.stop.Kind == llm.StopUnsaid:
		return nil, dialect.Interrupted("the provider's stream ended before it was complete", nil)
	}
	return d.end(), nil
}

// tap looks at a stream on its way.
type tap struct {
	f     *format
	facts dialect.Facts
}

// Event looks at one event.
func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	if len(ev.Data) == 0 {
		return dialect.Empty, nil
	}
	if string(ev.Data) == done {
		return dialect.Done, nil
	}
	a, err := pieceOf(t.f, ev.Data)
	if err != nil {
		return dialect.Content, err
	}
	if a.usage != nil {
		t.facts.Usage = later(t.facts.Usage, a.usage)
	}
	mark := dialect.Content
	for _, x := range a.texts {
		if x.stop.Kind != llm.StopUnsaid {
			mark, t.facts.Finish = dialect.Finished, x.stop.Raw
		}
	}
	if a.done {
		mark = dialect.Done
	}
	return mark, nil
}

// Facts is what the stream has told.
func (t *tap) Facts() dialect.Facts { return t.facts }
