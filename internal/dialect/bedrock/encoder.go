package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encoder writes a client's stream. Blocks have numbers, so that what is open
// side by side may come in any order; a block gets its number once it has
// something to show.
type encoder struct {
	begun   bool
	stopped bool
	next    int64
	parts   map[int]*outPart
	usage   *llm.Usage
	stop    llm.Extra // members of messageStop
	extra   llm.Extra // members of metadata
}

// outPart is a part that is open.
type outPart struct {
	shell *llm.Part
	index int64
	shown bool
	text  []byte // of a call whose arguments become an object at its end
}

func newEncoder(dialect.Reply) *encoder { return &encoder{parts: make(map[int]*outPart)} }

// Encode writes one event.
func (e *encoder) Encode(dst []byte, ev *llm.Event) []byte {
	if ev.Choice > 0 { // this dialect has one
		return dst
	}
	switch ev.Kind {
	case llm.EventStart:
		e.usage = ev.Usage
		e.note(ev.Extra)
	case llm.EventMessage:
		return e.begin(dst)
	case llm.EventOpen:
		return e.open(dst, ev)
	case llm.EventDelta:
		if p := e.parts[ev.Part]; p != nil {
			return e.delta(dst, p, ev)
		}
	case llm.EventClose:
		return e.close(dst, ev)
	case llm.EventStop:
		return e.end(dst, ev.Stop)
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventNote:
		e.note(ev.Extra)
	case llm.EventEnd:
		return e.metadata(e.end(e.begin(dst), llm.Stop{}))
	}
	return dst
}

// note keeps members of this family until the event they belong to.
func (e *encoder) note(x llm.Extra) {
	if x.Family != family {
		return
	}
	for _, f := range x.Fields {
		to := &e.extra
		if f.Name == "additionalModelResponseFields" {
			to = &e.stop
		}
		to.Family, to.Fields = family, append(to.Fields, f)
	}
}

func (e *encoder) begin(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	return framing.AppendAmazonEvent(dst, "messageStart", jsonx.Value(`{"role":"assistant"}`))
}

// foreign reports whether a part is made by the tools of another vendor, or
// cannot be shown for another reason.
func foreign(p *llm.Part) bool {
	switch {
	case p.Raw != nil:
		return p.Extra.Family != family
	case p.Kind == llm.PartCall:
		return p.Call.By != llm.ByClient
	}
	return p.Kind != llm.PartText && p.Kind != llm.PartRefusal && p.Kind != llm.PartThinking
}

func (e *encoder) open(dst []byte, ev *llm.Event) []byte {
	if foreign(ev.Shell) {
		return dst
	}
	p := &outPart{shell: ev.Shell}
	e.parts[ev.Part] = p
	switch s := ev.Shell; {
	case s.Raw != nil:
		return dst // at its end, whole
	case s.Call != nil:
		if s.Call.FreeForm {
			p.text = append(p.text, s.Call.Args...)
			return dst
		}
		dst = e.start(dst, p)
		return e.delta(dst, p, &llm.Event{Field: llm.DeltaArgs, Text: s.Call.Args})
	default:
		dst = e.delta(dst, p, &llm.Event{Text: s.Text})
		if s.Seal != nil {
			dst = e.delta(dst, p, &llm.Event{Field: llm.DeltaSeal, Seal: s.Seal})
		}
		for i := range s.Cites {
			dst = e.delta(dst, p, &llm.Event{Field: llm.DeltaCite, Cite: &s.Cites[i]})
		}
	}
	return dst
}

// start writes the start that calls have.
func (e *encoder) start(dst []byte, p *outPart) []byte {
	c := p.shell.Call
	var t, s dialect.Writer
	t.Text("toolUseId", callID(c.ID))
	t.Text("name", c.Name)
	t.Extra(c.Extra, family)
	s.Raw("toolUse", t.Object())
	return e.write(dst, p, "contentBlockStart", "start", s.Object())
}

// write writes an event of a block, which is counted with the first of them.
func (e *encoder) write(dst []byte, p *outPart, event, name string, v jsonx.Value) []byte {
	if !p.shown {
		p.shown, p.index = true, e.next
		e.next++
	}
	var w dialect.Writer
	w.Number("contentBlockIndex", p.index)
	w.Raw(name, v)
	return framing.AppendAmazonEvent(dst, event, w.Object())
}

func (e *encoder) delta(dst []byte, p *outPart, ev *llm.Event) []byte {
	var d, inner dialect.Writer
	switch ev.Field {
	case llm.DeltaText:
		if ev.Text == "" {
			return dst
		}
		if p.shell.Kind != llm.PartThinking {
			d.Text("text", ev.Text)
			break
		}
		inner.Text("text", ev.Text)
		d.Raw("reasoningContent", inner.Object())
	case llm.DeltaArgs:
		if p.shell.Call == nil || p.shell.Raw != nil || ev.Text == "" {
			return dst
		}
		if p.shell.Call.FreeForm {
			p.text = append(p.text, ev.Text...)
			return dst
		}
		inner.Text("input", ev.Text)
		d.Raw("toolUse", inner.Object())
	case llm.DeltaSeal:
		if p.shell.Kind != llm.PartThinking {
			return dst
		}
		d.Raw("reasoningContent", sealDelta(ev.Seal))
	case llm.DeltaCite:
		if ev.Cite.Family != family {
			return dst
		}
		d.Raw("citation", ev.Cite.Raw)
	}
	return e.write(dst, p, "contentBlockDelta", "delta", d.Object())
}

func sealDelta(s *llm.Seal) jsonx.Value {
	var w dialect.Writer
	if !withheld(s) {
		w.Text("signature", slot(s))
		return w.Object()
	}
	writeThinking(&w, &llm.Part{Seal: s})
	return jsonx.At(w.Object(), "reasoningContent")
}

func (e *encoder) close(dst []byte, ev *llm.Event) []byte {
	p := e.parts[ev.Part]
	if p == nil {
		return dst
	}
	delete(e.parts, ev.Part)
	switch {
	case p.shell.Raw != nil:
		if ev.Shell != nil {
			p.shell = ev.Shell
		}
		dst = e.whole(dst, p)
	case p.shell.Call != nil && p.shell.Call.FreeForm:
		c := *p.shell.Call
		c.Args = string(p.text)
		c = *dialect.Wrap(&c)
		p.shell = &llm.Part{Kind: llm.PartCall, Call: &c}
		dst = e.start(dst, p)
		dst = e.delta(dst, p, &llm.Event{Field: llm.DeltaArgs, Text: c.Args})
	}
	if !p.shown {
		return dst
	}
	var w dialect.Writer
	w.Number("contentBlockIndex", p.index)
	return framing.AppendAmazonEvent(dst, "contentBlockStop", w.Object())
}

// whole writes a block of the vendor's own tools; other blocks of this family
// do not come in streams.
func (e *encoder) whole(dst []byte, p *outPart) []byte {
	for _, k := range []struct{ name, body string }{{"toolUse", "input"}, {"toolResult", "content"}} {
		o, err := jsonx.Parse(jsonx.At(p.shell.Raw, k.name))
		if err != nil {
			continue
		}
		body := o.Get(k.body)
		o.Delete(k.body)
		var s, d dialect.Writer
		s.Raw(k.name, o.Bytes())
		dst = e.write(dst, p, "contentBlockStart", "start", s.Object())
		if k.name == "toolUse" {
			var in dialect.Writer
			in.Text(k.body, string(body))
			body = in.Object()
		}
		d.Raw(k.name, body)
		return e.write(dst, p, "contentBlockDelta", "delta", d.Object())
	}
	return dst
}

// end writes why the answer ended.
func (e *encoder) end(dst []byte, s llm.Stop) []byte {
	if e.stopped {
		return dst
	}
	e.stopped = true
	var w dialect.Writer
	w.Text("stopReason", stopWord(s))
	w.Extra(e.stop, family)
	return framing.AppendAmazonEvent(dst, "messageStop", w.Object())
}

// metadata writes the cost.
func (e *encoder) metadata(dst []byte) []byte {
	var w dialect.Writer
	if e.usage != nil {
		w.Raw("usage", writeUsage(e.usage))
	}
	w.Extra(e.extra, family)
	return framing.AppendAmazonEvent(dst, "metadata", w.Object())
}
