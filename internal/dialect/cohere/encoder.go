package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encoder writes a client's stream.
type encoder struct {
	parts    map[int]*outPart
	contents int64 // begun so far
	calls    int64
	cites    int64
	stop     llm.Stop
	usage    *llm.Usage
	id       string
	begun    bool
}

// outPart is a part under way.
type outPart struct {
	shell   *llm.Part
	index   int64
	written bool // its start was written
	args    []byte
}

func newEncoder() *encoder { return &encoder{parts: make(map[int]*outPart)} }

// Encode writes one event.
func (e *encoder) Encode(dst []byte, ev *llm.Event) []byte {
	if ev.Choice > 0 { // this dialect has one
		return dst
	}
	switch ev.Kind {
	case llm.EventStart:
		e.id, e.usage = ev.ID, ev.Usage
	case llm.EventMessage:
		return e.begin(dst)
	case llm.EventOpen:
		return e.open(dst, ev)
	case llm.EventDelta:
		if p := e.parts[ev.Part]; p != nil {
			return e.delta(dst, ev, p)
		}
	case llm.EventClose:
		if p := e.parts[ev.Part]; p != nil {
			delete(e.parts, ev.Part)
			return e.close(dst, p, ev.Shell)
		}
	case llm.EventNote:
		for v := range jsonx.Elements(ev.Message.Extra.Get(family, "citations")) {
			dst = e.cite(dst, &llm.Cite{Raw: v, Family: family})
		}
	case llm.EventStop:
		e.stop = ev.Stop
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

// appendEvent writes one event; message is what it adds to the message.
func appendEvent(dst []byte, kind string, index int64, name string, value jsonx.Value) []byte {
	var m, d, w dialect.Writer
	w.Text("type", kind)
	w.Number("index", index)
	if value != nil {
		m.Raw(name, value)
		d.Raw("message", m.Object())
		w.Raw("delta", d.Object())
	}
	return appendFrame(dst, kind, w.Object())
}

func appendFrame(dst []byte, name string, data jsonx.Value) []byte {
	dst = append(append(dst, "event: "...), name...)
	dst = append(append(dst, "\ndata: "...), dialect.OneLine(data)...)
	return append(dst, "\n\n"...)
}

func (e *encoder) begin(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	var w dialect.Writer
	w.Text("type", "message-start")
	w.Text("id", e.id)
	w.Raw("delta", jsonx.Value(`{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}`))
	return appendFrame(dst, "message-start", w.Object())
}

func (e *encoder) open(dst []byte, ev *llm.Event) []byte {
	s := ev.Shell
	p := &outPart{shell: s}
	switch {
	case s.Kind == llm.PartOpaque && s.Extra.Family == family:
		dst = appendEvent(dst, "content-start", e.contents, "content", s.Raw)
		dst = appendEvent(dst, "content-end", e.contents, "", nil)
		e.contents++
		return dst
	case s.Kind == llm.PartCall && s.Call.By == llm.ByClient:
		p.index, p.written = e.calls, true
		e.calls++
		dst = appendEvent(dst, "tool-call-start", p.index, "tool_calls", callStart(s.Call))
		e.parts[ev.Part] = p
		return e.arguments(dst, p, argumentsOf(s.Call))
	case s.Kind > llm.PartRefusal:
		return dst
	}
	e.parts[ev.Part] = p
	dst = e.text(dst, p, s.Text)
	for i := range s.Cites {
		dst = e.cite(dst, &s.Cites[i])
	}
	return dst
}

func callStart(c *llm.Call) jsonx.Value {
	var f, o dialect.Writer
	f.Text("name", c.Name)
	f.Text("arguments", "")
	f.Extra(c.Function, family)
	o.Text("id", c.ID)
	o.Text("type", "function")
	o.Raw("function", f.Object())
	o.Extra(c.Extra, family)
	return o.Object()
}

func (e *encoder) delta(dst []byte, ev *llm.Event, p *outPart) []byte {
	switch ev.Field {
	case llm.DeltaText:
		return e.text(dst, p, ev.Text)
	case llm.DeltaArgs:
		return e.arguments(dst, p, ev.Text)
	case llm.DeltaCite:
		return e.cite(dst, ev.Cite)
	}
	return dst
}

// text writes a piece of text, and before the first one that its content
// begins.
func (e *encoder) text(dst []byte, p *outPart, text string) []byte {
	switch {
	case text == "" || p.shell.Kind == llm.PartCall:
		return dst
	case p.shell.Label == plan && p.shell.Kind == llm.PartThinking:
		return appendEvent(dst, "tool-plan-delta", 0, plan, jsonx.Quote(text))
	}
	name := "text"
	if p.shell.Kind == llm.PartThinking {
		name = "thinking"
	}
	if !p.written {
		p.written, p.index = true, e.contents
		e.contents++
		var c dialect.Writer
		c.Text("type", name)
		c.Text(name, "")
		dst = appendEvent(dst, "content-start", p.index, "content", c.Object())
	}
	var c dialect.Writer
	c.Text(name, text)
	return appendEvent(dst, "content-delta", p.index, "content", c.Object())
}

// arguments writes a piece of them. A call of plain text becomes an object,
// which is known at its end only; so is how the vendor wrote that there are none.
func (e *encoder) arguments(dst []byte, p *outPart, args string) []byte {
	if p.shell.Call == nil || args == "" {
		return dst
	}
	if p.shell.Call.FreeForm || args == "{}" && len(p.args) == 0 {
		p.args = append(p.args, args...)
		return dst
	}
	return e.piece(dst, p, args)
}

func (e *encoder) piece(dst []byte, p *outPart, args string) []byte {
	var f, o dialect.Writer
	f.Text("arguments", args)
	o.Raw("function", f.Object())
	return appendEvent(dst, "tool-call-delta", p.index, "tool_calls", o.Object())
}

func (e *encoder) close(dst []byte, p *outPart, final *llm.Part) []byte {
	switch {
	case p.shell.Kind == llm.PartCall:
		c := *p.shell.Call
		c.Args = string(p.args)
		switch {
		case c.FreeForm:
			dst = e.piece(dst, p, dialect.Wrap(&c).Args)
		case final != nil && final.Call != nil && spelt(final.Call.Function, noArguments):
			dst = e.piece(dst, p, noArguments)
		case c.Args != "":
			dst = e.piece(dst, p, c.Args)
		}
		return appendEvent(dst, "tool-call-end", p.index, "", nil)
	case p.written:
		return appendEvent(dst, "content-end", p.index, "", nil)
	}
	return dst
}

func (e *encoder) cite(dst []byte, c *llm.Cite) []byte {
	v := writeCite(c)
	if v == nil {
		return dst
	}
	dst = appendEvent(dst, "citation-start", e.cites, "citations", v)
	dst = appendEvent(dst, "citation-end", e.cites, "", nil)
	e.cites++
	return dst
}

// end writes the reason and the cost, which other dialects tell last.
func (e *encoder) end(dst []byte) []byte {
	dst = e.begin(dst)
	var d, w dialect.Writer
	d.Text("finish_reason", stopWord(e.stop))
	if e.usage != nil {
		d.Raw("usage", writeUsage(e.usage))
	}
	w.Text("type", "message-end")
	w.Raw("delta", d.Object())
	return appendFrame(dst, "message-end", w.Object())
}
