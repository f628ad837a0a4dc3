package cohere

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// EncodeReply answers a client with what a provider of another dialect said.
// This dialect has one choice and one message in it.
func (codec) EncodeReply(r *llm.Reply, _ dialect.Reply) (body []byte, lost []string, err error) {
	e := &replyWriter{}
	for i := range r.Choices {
		if i > 0 {
			e.lost.Add("%s", path("choices", i))
			continue
		}
		c := &r.Choices[i]
		e.lost.Extra("choices[0].", c.Extra, family)
		for j := range c.Messages {
			e.message(&c.Messages[j])
		}
		e.stop = c.Stop
	}
	w := dialect.Compose()
	w.Text("id", r.ID)
	w.Raw("message", e.object())
	w.Text("finish_reason", stopWord(e.stop))
	if r.Usage != nil {
		w.Raw("usage", writeUsage(r.Usage))
	}
	w.Extra(r.Extra, family)
	return w.Finish(), e.lost, nil
}

// replyWriter collects the members of the one message.
type replyWriter struct {
	lost                  dialect.Losses
	stop                  llm.Stop
	plan                  strings.Builder
	content, calls, cites dialect.List
	extra                 llm.Extra
}

func (e *replyWriter) message(m *llm.Message) {
	e.lost.Extra("choices[0].message.", m.Extra, family)
	if m.Extra.Family == family {
		e.extra = m.Extra
	}
	for i := range m.Parts {
		e.part(&m.Parts[i])
	}
}

func (e *replyWriter) part(p *llm.Part) {
	switch {
	case p.Label == plan && p.Kind == llm.PartThinking:
		e.plan.WriteString(p.Text)
	case p.Kind == llm.PartText, p.Kind == llm.PartRefusal, p.Kind == llm.PartThinking:
		e.text(p)
	case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
		e.calls.Add(writeCall(dialect.Wrap(p.Call)))
	case p.Kind == llm.PartOpaque && p.Extra.Family == family:
		e.content.Add(p.Raw)
	default:
		e.lost.Add("%s", dialect.PartName(p))
	}
}

func (e *replyWriter) text(p *llm.Part) {
	if p.Seal != nil {
		e.lost.Add("thinking:signature") // nobody here could check it
	}
	if p.Text == "" && p.Extra.Family != family && p.Kind != llm.PartText {
		return
	}
	var w dialect.Writer
	name := "text"
	if p.Kind == llm.PartThinking {
		name = "thinking"
	}
	w.Text("type", name)
	w.Text(name, p.Text)
	w.Extra(p.Extra, family)
	e.content.Add(w.Object())
	for i := range p.Cites {
		if v := writeCite(&p.Cites[i]); v != nil {
			e.cites.Add(v)
			continue
		}
		e.lost.Add("citations")
		return
	}
}

func (e *replyWriter) object() jsonx.Value {
	var w dialect.Writer
	w.Text("role", "assistant")
	w.Some(plan, e.plan.String())
	if !e.content.Empty() {
		w.Raw("content", e.content.Array())
	}
	if !e.calls.Empty() {
		w.Raw("tool_calls", e.calls.Array())
	}
	if !e.cites.Empty() {
		w.Raw("citations", e.cites.Array())
	}
	w.Extra(e.extra, family)
	return w.Object()
}
