package responses

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// open puts a part into the item it goes on with, or into a new one.
func (e *encoder) open(dst []byte, ev *llm.Event) []byte {
	shell := ev.Shell.Clone()
	kind := kindOf(&shell, e.about)
	if kind == noItem {
		return dst
	}
	if alone(&shell) {
		dst = e.proof(e.settle(dst), shell.Seal, dialect.Next)
	}
	i := e.last
	if i == nil || !i.takes(kind) {
		dst = e.settle(dst)
		i = &outItem{item: *e.a.newItem(kind, e.about, &shell), index: int64(len(e.items))}
		e.items = append(e.items, i)
		e.last = i
		i.parts = []*llm.Part{&shell}
		dst = e.itemEvent(dst, "response.output_item.added", i, e.beginning(i))
	} else {
		i.parts = append(i.parts, &shell)
	}
	i.open++
	p := &outPart{p: &shell, in: i, index: int64(len(i.parts) - 1)}
	e.parts[ev.Part] = p
	return e.first(dst, p)
}

// first writes what the part begins with.
func (e *encoder) first(dst []byte, p *outPart) []byte {
	shell := p.p
	switch p.in.kind {
	case message:
		text, cites := shell.Text, shell.Cites
		shell.Text, shell.Cites = "", nil
		dst = e.partEvent(dst, "response.content_part.added", p, func(w *dialect.Writer) { w.Raw("part", partAgain(shell)) })
		p.begun = true
		dst = e.text(dst, p, text)
		for j := range cites {
			dst = e.cite(dst, p, &cites[j])
		}
	case reasoning:
		text := shell.Text
		shell.Text = ""
		p.index = thoughts(p.in.parts[:p.index], shell.Label)
		if thought(shell) {
			dst = e.beginThought(dst, p)
		}
		dst = e.text(dst, p, text)
	case call:
		args := shell.Call.Args
		shell.Call.Args = ""
		p.wait = !shell.Call.FreeForm && dialect.FreeForm(e.a.as.Chat, shell.Call.Name) || shell.Call.Object
		dst = e.arguments(dst, p, args)
	}
	return dst
}

// thoughts counts the parts before this one in the same list.
func thoughts(before []*llm.Part, label string) (n int64) {
	for _, p := range before {
		if thought(p) && (p.Label == reasoningText) == (label == reasoningText) {
			n++
		}
	}
	return n
}

// beginning is an item before anything is in it.
func (e *encoder) beginning(i *outItem) jsonx.Value {
	if i.kind == whole {
		return i.parts[0].Raw
	}
	empty := i.item
	about := *i.of
	if about.Status != "" {
		about.Status = statusInProgress
	}
	empty.of = &about
	switch i.kind {
	case message, reasoning:
		empty.parts = nil
	case call:
		c := *dialect.Unwrap(i.parts[0].Call, e.a.as.Chat)
		c.Args, c.Object = "", false
		status := statusInProgress
		if c.FreeForm {
			status = ""
		}
		return callItem(i.id, empty.status(status), &c)
	}
	if !i.native && i.kind == message {
		empty.native, about.Status, about.ID = true, statusInProgress, i.id
	}
	return empty.write(nil)
}

func (e *encoder) itemEvent(dst []byte, name string, i *outItem, v jsonx.Value) []byte {
	return e.event(dst, name, func(w *dialect.Writer) {
		w.Number("output_index", i.index)
		w.Raw("item", v)
	})
}

// partEvent writes an event about a part, with the place of the part.
func (e *encoder) partEvent(dst []byte, name string, p *outPart, members func(*dialect.Writer)) []byte {
	return e.event(dst, name, func(w *dialect.Writer) {
		w.Text("item_id", p.in.id)
		w.Number("output_index", p.in.index)
		switch {
		case p.in.kind == message, p.in.kind == reasoning && p.p.Label == reasoningText:
			w.Number("content_index", p.index)
		case p.in.kind == reasoning:
			w.Number("summary_index", p.index)
		}
		members(w)
	})
}

func (e *encoder) delta(dst []byte, p *outPart, ev *llm.Event) []byte {
	switch ev.Field {
	case llm.DeltaText:
		return e.text(dst, p, ev.Text)
	case llm.DeltaArgs:
		if p.in.kind == call {
			return e.arguments(dst, p, ev.Text)
		}
	case llm.DeltaSeal:
		p.p.Seal, p.late = ev.Seal, true
	case llm.DeltaCite:
		if p.in.kind == message {
			return e.cite(dst, p, ev.Cite)
		}
	}
	return dst
}

func (e *encoder) text(dst []byte, p *outPart, text string) []byte {
	if text == "" || p.in.kind != message && p.in.kind != reasoning {
		return dst
	}
	p.said = append(p.said, text...)
	name := "response.output_text.delta"
	switch {
	case p.p.Kind == llm.PartRefusal:
		name = "response.refusal.delta"
	case p.p.Label == reasoningText:
		name = "response.reasoning_text.delta"
	case p.in.kind == reasoning:
		name = "response.reasoning_summary_text.delta"
		dst = e.beginThought(dst, p)
	}
	return e.partEvent(dst, name, p, func(w *dialect.Writer) {
		w.Text("delta", text)
		if name == "response.output_text.delta" {
			w.Raw("logprobs", jsonx.Value("[]"))
		}
	})
}

func (e *encoder) beginThought(dst []byte, p *outPart) []byte {
	if p.begun || p.p.Label == reasoningText {
		return dst
	}
	p.begun = true
	return e.partEvent(dst, "response.reasoning_summary_part.added", p, func(w *dialect.Writer) {
		w.Raw("part", thoughtPart(&llm.Part{}))
	})
}

func (e *encoder) cite(dst []byte, p *outPart, c *llm.Cite) []byte {
	p.settle()
	v := annotation(c, p.p.Text)
	if p.p.Cites = append(p.p.Cites, *c); v == nil {
		return dst
	}
	return e.partEvent(dst, "response.output_text.annotation.added", p, func(w *dialect.Writer) {
		w.Number("annotation_index", int64(len(p.p.Cites)-1))
		w.Raw("annotation", v)
	})
}

func (e *encoder) arguments(dst []byte, p *outPart, args string) []byte {
	if args == "" {
		return dst
	}
	if p.said = append(p.said, args...); p.wait {
		return dst
	}
	return e.argumentsDelta(dst, p, p.p.Call.FreeForm, args)
}

func (e *encoder) argumentsDelta(dst []byte, p *outPart, free bool, args string) []byte {
	name := "response.function_call_arguments.delta"
	if free {
		name = "response.custom_tool_call_input.delta"
	}
	return e.partEvent(dst, name, p, func(w *dialect.Writer) { w.Text("delta", args) })
}

// settle gives the part what was said of it: growing a text piece by piece would
// copy it with each.
func (p *outPart) settle() {
	switch p.in.kind {
	case call:
		p.p.Call.Args = string(p.said)
	case message, reasoning:
		p.p.Text = string(p.said)
	}
}

// close writes the end of a part, and of its item where nothing can follow.
func (e *encoder) close(dst []byte, p *outPart, final *llm.Part) []byte {
	if p.settle(); final != nil {
		*p.p = final.Clone()
	}
	i := p.in
	i.open--
	switch i.kind {
	case message:
		dst = e.messagePartDone(dst, p)
	case reasoning:
		dst = e.thoughtDone(dst, p)
	case call:
		dst = e.callDone(dst, p)
	}
	if p.late && alone(p.p) {
		i.late = append(i.late, p.p.Seal)
		if i == e.last {
			return e.settle(dst) // nothing may come between a proof and what it is of
		}
	}
	if i != e.last {
		return e.itemDone(dst, i)
	}
	return dst
}

// proof writes an item for the proof of a part of another one.
func (e *encoder) proof(dst []byte, s *llm.Seal, where dialect.Beside) []byte {
	i := &outItem{item: *e.a.proof(s, where), index: int64(len(e.items))}
	e.items = append(e.items, i)
	dst = e.itemEvent(dst, "response.output_item.added", i, e.beginning(i))
	return e.itemDone(dst, i)
}

func (e *encoder) messagePartDone(dst []byte, p *outPart) []byte {
	switch {
	case p.p.Raw != nil:
	case p.p.Kind == llm.PartRefusal:
		dst = e.partEvent(dst, "response.refusal.done", p, func(w *dialect.Writer) { w.Text(refusalType, p.p.Text) })
	default:
		dst = e.partEvent(dst, "response.output_text.done", p, func(w *dialect.Writer) {
			w.Text("text", p.p.Text)
			w.Raw("logprobs", jsonx.Value("[]"))
		})
	}
	return e.partEvent(dst, "response.content_part.done", p, func(w *dialect.Writer) { w.Raw("part", partAgain(p.p)) })
}

func (e *encoder) thoughtDone(dst []byte, p *outPart) []byte {
	text := func(w *dialect.Writer) { w.Text("text", p.p.Text) }
	switch {
	case !thought(p.p):
		return dst
	case p.p.Label == reasoningText:
		return e.partEvent(dst, "response.reasoning_text.done", p, text)
	}
	dst = e.beginThought(dst, p)
	dst = e.partEvent(dst, "response.reasoning_summary_text.done", p, text)
	return e.partEvent(dst, "response.reasoning_summary_part.done", p, func(w *dialect.Writer) { w.Raw("part", thoughtPart(p.p)) })
}

func (e *encoder) callDone(dst []byte, p *outPart) []byte {
	c := dialect.Unwrap(p.p.Call, e.a.as.Chat)
	args := c.Args
	if !c.FreeForm {
		args = argumentsOf(c)
	}
	if p.wait && args != "" {
		dst = e.argumentsDelta(dst, p, c.FreeForm, args)
	}
	if c.FreeForm {
		return e.partEvent(dst, "response.custom_tool_call_input.done", p, func(w *dialect.Writer) { w.Text("input", args) })
	}
	return e.partEvent(dst, "response.function_call_arguments.done", p, func(w *dialect.Writer) {
		w.Text("name", c.Name)
		w.Text("arguments", args)
	})
}

// settle ends the last item: nothing goes on with it any more.
func (e *encoder) settle(dst []byte) []byte {
	i := e.last
	e.last = nil
	if i == nil {
		return dst
	}
	return e.itemDone(dst, i)
}

// itemDone writes the finished item, once all its parts have ended.
func (e *encoder) itemDone(dst []byte, i *outItem) []byte {
	if i.open > 0 || i.written != nil {
		return dst
	}
	i.written = i.write(e.a.as.Chat)
	dst = e.itemEvent(dst, "response.output_item.done", i, i.written)
	for _, s := range i.late {
		dst = e.proof(dst, s, dialect.Last)
	}
	return dst
}
