package anthropic

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encoder writes a client's stream. Blocks are strictly one after another
// here: what arrives for a later part waits until the earlier one has ended.
type encoder struct {
	start llm.Event
	begun bool
	index int // of the next block
	parts []*outPart
	stop  llm.Stop
	usage *llm.Usage
	plain dialect.Mould // of the last event, if it was one piece of text
}

// outPart is a part that is open, or waits.
type outPart struct {
	number  int
	shell   *llm.Part
	written bool // its start was written
	waiting []llm.Event
	closed  bool
	final   *llm.Part
}

func newEncoder(dialect.Reply) *encoder { return &encoder{} }

// Encode writes one event.
func (e *encoder) Encode(dst []byte, ev *llm.Event) []byte {
	e.plain.Forget()
	if ev.Choice > 0 { // this dialect has one
		return dst
	}
	switch ev.Kind {
	case llm.EventStart:
		e.start = *ev
		e.usage = ev.Usage
	case llm.EventMessage:
		return e.begin(dst)
	case llm.EventOpen:
		e.parts = append(e.parts, &outPart{number: ev.Part, shell: ev.Shell})
		return e.drain(dst)
	case llm.EventDelta, llm.EventClose:
		return e.more(dst, ev)
	case llm.EventStop:
		e.stop = ev.Stop
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventNote:
		e.note(ev.Extra)
	case llm.EventPing:
		if e.begun {
			return appendFrame(dst, "ping", jsonx.Value(`{"type":"ping"}`))
		}
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

// Splices implements dialect.Splicer.
func (e *encoder) Splices() bool { return e.plain.Ready() }

// Splice implements dialect.Splicer: nothing is kept of a delta's words.
func (e *encoder) Splice(dst []byte, w dialect.Words) []byte { return e.plain.Splice(dst, w) }

func (e *encoder) note(x llm.Extra) {
	if x.Family == family {
		e.start.Extra.Family = family
		e.start.Extra.Fields = append(e.start.Extra.Fields, x.Fields...)
	}
}

// begin writes the start. Clients read the input's cost there, even if it is
// known only at the end.
func (e *encoder) begin(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	var m, w dialect.Writer
	m.Text("id", e.start.ID)
	m.Text("type", "message")
	m.Text("role", "assistant")
	m.Text("model", e.start.Model)
	m.Raw("content", jsonx.Value("[]"))
	m.Null("stop_reason")
	m.Null("stop_sequence")
	m.Raw("usage", writeUsage(e.usage))
	m.Extra(e.start.Extra, family)
	e.start.Extra = llm.Extra{}
	w.Text("type", "message_start")
	w.Raw("message", m.Object())
	return appendFrame(dst, "message_start", w.Object())
}

func (e *encoder) more(dst []byte, ev *llm.Event) []byte {
	for i, p := range e.parts {
		if p.number != ev.Part {
			continue
		}
		if ev.Kind == llm.EventClose {
			p.closed, p.final = true, ev.Shell
			return e.drain(dst)
		}
		if i == 0 && p.written {
			from := len(dst)
			dst = e.delta(dst, p, ev)
			e.plain.Learn(dst[from:], ev.Text, 1)
			return dst
		}
		p.waiting = append(p.waiting, *ev)
		if i == 0 {
			return e.drain(dst)
		}
	}
	return dst
}

// mute reports whether a part of thinking has nothing to show yet: no words,
// and no proof.
func (p *outPart) mute() bool {
	if p.written || p.shell.Kind != llm.PartThinking || p.shell.Text != "" || p.shell.Seal != nil {
		return false
	}
	return !slices.ContainsFunc(p.waiting, func(ev llm.Event) bool { return ev.Text != "" || ev.Seal != nil })
}

// drain writes the first part as far as it has come, and those after it once
// it has ended.
func (e *encoder) drain(dst []byte) []byte {
	for len(e.parts) > 0 {
		p := e.parts[0]
		if p.shell.Raw != nil || p.shell.Kind == llm.PartCall && p.shell.Call.By != llm.ByClient {
			if !p.closed {
				return dst
			}
			dst = e.whole(dst, p)
			e.parts = e.parts[1:]
			continue
		}
		if p.mute() {
			if !p.closed {
				return dst
			}
			e.parts = e.parts[1:]
			continue
		}
		if c := p.shell.Call; c != nil && c.FreeForm && !p.written {
			if !p.closed { // text becomes an object, which is known at its end only
				return dst
			}
			p.wrap()
		}
		if !p.written {
			dst = e.open(dst, p)
		}
		for i := range p.waiting {
			dst = e.delta(dst, p, &p.waiting[i])
		}
		p.waiting = nil
		if !p.closed {
			return dst
		}
		dst = e.blockStop(dst)
		e.parts = e.parts[1:]
	}
	return dst
}

// wrap makes an object of a free-form call's text.
func (p *outPart) wrap() {
	c := *p.shell.Call
	for i := range p.waiting {
		c.Args += p.waiting[i].Text
	}
	input, _ := dialect.Arguments(&c)
	c.Args, c.FreeForm = string(input), false
	p.shell, p.waiting = &llm.Part{Kind: llm.PartCall, Call: &c}, nil
}

// whole writes a block of this family in one piece; other families' are not
// for this client.
func (e *encoder) whole(dst []byte, p *outPart) []byte {
	final := p.final
	if final == nil {
		final = p.shell
	}
	if final.Raw == nil || final.Extra.Family != family {
		return dst
	}
	dst = e.blockStart(dst, final.Raw)
	return e.blockStop(dst)
}

func (e *encoder) blockStart(dst []byte, block jsonx.Value) []byte {
	var w dialect.Writer
	w.Text("type", "content_block_start")
	w.Number("index", int64(e.index))
	w.Raw("content_block", block)
	return appendFrame(dst, "content_block_start", w.Object())
}

func (e *encoder) blockStop(dst []byte) []byte {
	var w dialect.Writer
	w.Text("type", "content_block_stop")
	w.Number("index", int64(e.index))
	e.index++
	return appendFrame(dst, "content_block_stop", w.Object())
}

func (e *encoder) open(dst []byte, p *outPart) []byte {
	p.written = true
	s := p.shell
	var w dialect.Writer
	switch s.Kind {
	case llm.PartThinking:
		if sealed(s) && s.Seal.Kind == llm.Redacted {
			writeThinking(&w, s)
			return e.blockStart(dst, w.Object())
		}
		writeThinking(&w, &llm.Part{})
	case llm.PartCall:
		w.Text("type", "tool_use")
		w.Text("id", callID(s.Call.ID))
		w.Text("name", s.Call.Name)
		w.Raw("input", jsonx.Value("{}"))
		w.Extra(s.Call.Extra, family)
	default:
		w.Text("type", "text")
		w.Text("text", "")
	}
	dst = e.blockStart(dst, w.Object())
	if s.Call != nil {
		return e.delta(dst, p, &llm.Event{Field: llm.DeltaArgs, Text: s.Call.Args})
	}
	dst = e.delta(dst, p, &llm.Event{Text: s.Text})
	if s.Seal != nil {
		dst = e.delta(dst, p, &llm.Event{Field: llm.DeltaSeal, Seal: s.Seal})
	}
	for i := range s.Cites {
		dst = e.delta(dst, p, &llm.Event{Field: llm.DeltaCite, Cite: &s.Cites[i]})
	}
	return dst
}

func (e *encoder) delta(dst []byte, p *outPart, ev *llm.Event) []byte {
	var d dialect.Writer
	switch ev.Field {
	case llm.DeltaText:
		if ev.Text == "" {
			return dst
		}
		name := "text"
		if p.shell.Kind == llm.PartThinking {
			name = "thinking"
		}
		d.Text("type", name+"_delta")
		d.Text(name, ev.Text)
	case llm.DeltaArgs:
		if ev.Text == "" {
			return dst
		}
		d.Text("type", "input_json_delta")
		d.Text("partial_json", ev.Text)
	case llm.DeltaSeal:
		if p.shell.Kind != llm.PartThinking || ev.Seal.Origin == origin && ev.Seal.Kind != llm.Signature {
			return dst
		}
		d.Text("type", "signature_delta")
		d.Text("signature", slot(ev.Seal))
	case llm.DeltaCite:
		if ev.Cite.Family != family {
			return dst
		}
		d.Text("type", "citations_delta")
		d.Raw("citation", ev.Cite.Raw)
	}
	var w dialect.Writer
	w.Text("type", "content_block_delta")
	w.Number("index", int64(e.index))
	w.Raw("delta", d.Object())
	return appendFrame(dst, "content_block_delta", w.Object())
}

// end writes the reason and the cost, which other dialects tell last.
func (e *encoder) end(dst []byte) []byte {
	dst = e.begin(dst)
	var d, w dialect.Writer
	writeStop(&d, e.stop)
	d.Extra(e.start.Extra, family)
	w.Text("type", "message_delta")
	w.Raw("delta", d.Object())
	w.Raw("usage", writeUsage(e.usage))
	dst = appendFrame(dst, "message_delta", w.Object())
	return appendFrame(dst, "message_stop", jsonx.Value(`{"type":"message_stop"}`))
}
