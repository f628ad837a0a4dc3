package gemini

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encoder writes a client's stream. Each event is a small reply; calls are
// whole here, and the reason of the end comes with the cost, last of all. Parts
// stand strictly one after another: what arrives for a later part waits until
// the earlier one has ended.
type encoder struct {
	as      dialect.Reply
	id      string
	model   string
	extra   llm.Extra // members of the reply that are not yet written
	usage   *llm.Usage
	choices []*choiceOut
	writer  replyWriter
}

type choiceOut struct {
	index int
	parts []*outPart // open, or waiting
	aside llm.Extra
	stop  llm.Stop
	any   bool // a part was written
}

// outPart is a part that is open, or waits.
type outPart struct {
	number int
	part   llm.Part // what is not yet written of it
	closed bool
}

func newEncoder(as dialect.Reply) *encoder { return &encoder{as: as} }

// Encode writes one event.
func (e *encoder) Encode(dst []byte, ev *llm.Event) []byte {
	switch ev.Kind {
	case llm.EventStart:
		e.id, e.model, e.usage, e.extra = ev.ID, ev.Model, ev.Usage, ev.Extra
		e.writer.native = ev.Extra.Family == family
	case llm.EventMessage:
		e.of(ev.Choice)
	case llm.EventOpen:
		c := e.of(ev.Choice)
		c.parts = append(c.parts, &outPart{number: ev.Part, part: ev.Shell.Clone()})
		return e.drain(dst, c)
	case llm.EventDelta:
		return e.delta(dst, ev)
	case llm.EventClose:
		return e.close(dst, ev)
	case llm.EventStop:
		e.of(ev.Choice).stop = ev.Stop
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventNote:
		add(&e.extra, ev.Extra)
		add(&e.of(ev.Choice).aside, ev.Aside)
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

// add collects members of this family, the later ones over the earlier.
func add(to *llm.Extra, x llm.Extra) {
	if x.Family != family {
		return
	}
	to.Family = family
	fresh := append([]llm.Field(nil), x.Fields...)
	for _, f := range to.Fields {
		if x.Get(family, f.Name) == nil {
			fresh = append(fresh, f)
		}
	}
	to.Fields = fresh
}

func (e *encoder) of(choice int) *choiceOut {
	for _, c := range e.choices {
		if c.index == choice {
			return c
		}
	}
	c := &choiceOut{index: choice}
	e.choices = append(e.choices, c)
	return c
}

func (c *choiceOut) find(number int) *outPart {
	for _, p := range c.parts {
		if p.number == number {
			return p
		}
	}
	return nil
}

func (e *encoder) delta(dst []byte, ev *llm.Event) []byte {
	c := e.of(ev.Choice)
	p := c.find(ev.Part)
	if p == nil {
		return dst
	}
	switch ev.Field {
	case llm.DeltaText:
		p.part.Text += ev.Text
	case llm.DeltaArgs:
		if p.part.Call != nil {
			p.part.Call.Args += ev.Text
		}
	case llm.DeltaSeal:
		p.part.Seal = ev.Seal
	case llm.DeltaCite:
		return dst // they are with the candidate
	}
	return e.drain(dst, c)
}

func (e *encoder) close(dst []byte, ev *llm.Event) []byte {
	c := e.of(ev.Choice)
	p := c.find(ev.Part)
	if p == nil {
		return dst
	}
	p.closed = true
	if ev.Shell != nil && !isText(&p.part) { // of a text all was told already
		p.part = ev.Shell.Clone()
	}
	return e.drain(dst, c)
}

func isText(p *llm.Part) bool {
	return p.Raw == nil && (p.Kind == llm.PartText || p.Kind == llm.PartThinking || p.Kind == llm.PartRefusal)
}

// drain writes the first part as far as it has come, and those after it once
// it has ended.
func (e *encoder) drain(dst []byte, c *choiceOut) []byte {
	for len(c.parts) > 0 {
		p := c.parts[0]
		switch {
		case isText(&p.part):
			dst = e.text(dst, c, &p.part)
		case !p.closed:
			return dst
		default:
			for _, whole := range e.writer.joined([]llm.Part{p.part}) {
				dst = e.chunk(dst, c, e.writer.part(&whole))
			}
		}
		if !p.closed {
			return dst
		}
		c.parts = c.parts[1:]
	}
	return dst
}

// text writes what is new of a text.
func (e *encoder) text(dst []byte, c *choiceOut, p *llm.Part) []byte {
	if p.Text == "" && p.Seal == nil {
		return dst
	}
	piece := *p
	p.Text, p.Seal = "", nil
	if piece.Kind == llm.PartRefusal {
		piece.Kind = llm.PartText
	}
	return e.chunk(dst, c, e.writer.part(&piece))
}

// chunk writes an event with one part.
func (e *encoder) chunk(dst []byte, c *choiceOut, part jsonx.Value) []byte {
	c.any = true
	var w dialect.Writer
	w.Raw("content", content(part))
	w.Number("index", int64(c.index))
	var list dialect.List
	list.Add(w.Object())
	return e.event(dst, list.Array(), nil)
}

func content(part jsonx.Value) jsonx.Value {
	var parts dialect.List
	parts.Add(part)
	var w dialect.Writer
	w.Raw("parts", parts.Array())
	w.Text("role", "model")
	return w.Object()
}

func (e *encoder) event(dst []byte, candidates jsonx.Value, usage *llm.Usage) []byte {
	var w dialect.Writer
	w.Raw("candidates", candidates)
	if usage != nil {
		w.Raw("usageMetadata", writeUsage(usage))
	}
	w.Some("modelVersion", e.model)
	w.Some("responseId", e.id)
	w.Extra(e.extra, family)
	e.extra.Fields = nil
	return appendFrame(dst, w.Object())
}

// end writes how every choice ended, and the cost.
func (e *encoder) end(dst []byte) []byte {
	var list dialect.List
	for _, c := range e.choices {
		if !c.any && jsonx.At(e.extra.Get(family, "promptFeedback"), "blockReason") != nil {
			continue // there was no candidate
		}
		var w dialect.Writer
		w.Raw("content", content(jsonx.Value(`{"text":""}`)))
		w.Text("finishReason", stopWord(c.stop, e.writer.native))
		w.Number("index", int64(c.index))
		w.Extra(c.aside, family)
		list.Add(w.Object())
	}
	if list.Empty() {
		return e.event(dst, nil, e.usage)
	}
	return e.event(dst, list.Array(), e.usage)
}
