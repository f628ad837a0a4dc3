package gemini

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// EncodeReply answers a client with what a provider of another dialect said
// (wire formats, Gemini, response).
func (codec) EncodeReply(r *llm.Reply, as dialect.Reply) (body []byte, lost []string, err error) {
	e := &replyWriter{native: r.Extra.Family == family}
	var list dialect.List
	if !e.native || !unanswered(r) {
		for _, c := range ordered(r.Choices) {
			list.Add(e.candidate(&c))
		}
	}
	w := as.Compose()
	w.Raw("candidates", list.Array())
	if r.Usage != nil {
		w.Raw("usageMetadata", writeUsage(r.Usage))
	}
	w.Some("modelVersion", r.Model)
	w.Some("responseId", r.ID)
	w.Extra(r.Extra, family)
	return w.Finish(), e.lost, nil
}

// ordered sorts choices by their index: in a stream any may come first.
func ordered(choices []llm.Choice) []llm.Choice {
	return slices.SortedStableFunc(slices.Values(choices), func(a, b llm.Choice) int { return a.Index - b.Index })
}

// unanswered reports whether the prompt was blocked: then there is no
// candidate, only the reason.
func unanswered(r *llm.Reply) bool {
	return jsonx.At(r.Extra.Get(family, "promptFeedback"), "blockReason") != nil &&
		len(r.Choices) == 1 && len(r.Choices[0].Messages) == 1 && len(r.Choices[0].Messages[0].Parts) == 0
}

// replyWriter writes what a model said for a client.
type replyWriter struct {
	native bool // the answer is of this family: its parts are kept apart
	lost   dialect.Losses
}

func (e *replyWriter) candidate(c *llm.Choice) jsonx.Value {
	s := spellingOf(c.Extra)
	var parts dialect.List
	var message llm.Extra
	for i := range c.Messages {
		m := &c.Messages[i]
		e.lost.Extra("choices[0].message.", m.Extra, family)
		if m.Extra.Family == family {
			message = m.Extra
		}
		for _, p := range e.joined(m.Parts) {
			parts.Add(e.part(&p))
		}
	}
	e.lost.Extra("choices[0].", c.Extra, family)
	var content, w dialect.Writer
	if !spellingOf(message).marked("role:none") {
		content.Text("role", "model")
	}
	if !parts.Empty() || !e.native {
		content.Raw("parts", parts.Array())
	}
	content.Extra(message, family)
	if !s.marked("content:none") || !parts.Empty() {
		w.Raw("content", content.Object())
	}
	if !s.marked("finish:none") {
		w.Text("finishReason", stopWord(c.Stop, e.native))
	}
	if !s.marked("index:none") || c.Index > 0 {
		w.Number("index", int64(c.Index))
	}
	w.Extra(c.Extra, family)
	return w.Object()
}

// joined puts texts together that other dialects cut in pieces: here a text
// goes on until something else comes, streamed or not.
func (e *replyWriter) joined(parts []llm.Part) []llm.Part {
	if e.native {
		return parts
	}
	var out []llm.Part
	for i := range parts {
		p := parts[i]
		if p.Kind == llm.PartRefusal {
			p.Kind = llm.PartText
		}
		isText := p.Raw == nil && (p.Kind == llm.PartText || p.Kind == llm.PartThinking)
		if isText && p.Text == "" && p.Seal == nil {
			continue
		}
		if n := len(out); isText && n > 0 && goesOn(&out[n-1], &p) {
			out[n-1].Text += p.Text
			out[n-1].Seal = p.Seal
			continue
		}
		if invisible(&p) {
			e.lost.Add("%s", labelOf(&p))
			continue // a text goes on behind it
		}
		out = append(out, p)
	}
	return out
}

// goesOn reports whether a text is more of the part before it.
func goesOn(before, p *llm.Part) bool {
	return before.Raw == nil && before.Kind == p.Kind && before.Seal == nil
}

// invisible reports whether a part of another family has no place here: what
// its vendor ran itself, and what only it can speak.
func invisible(p *llm.Part) bool {
	switch {
	case p.Extra.Family == family:
		return false
	case p.Raw != nil, p.Kind == llm.PartResult, p.Kind == llm.PartOpaque:
		return true
	case p.Kind == llm.PartCall:
		return p.Call.By != llm.ByClient
	}
	return p.Kind == llm.PartMedia && p.Media.Data+p.Media.URL+p.Media.FileID == ""
}

func labelOf(p *llm.Part) string {
	switch {
	case p.Label != "":
		return p.Label
	case p.Call != nil && p.Call.Label != "":
		return p.Call.Label
	}
	return p.Kind.String()
}

// part writes one part for a client.
func (e *replyWriter) part(p *llm.Part) jsonx.Value {
	if p.Raw != nil {
		return p.Raw
	}
	var w dialect.Writer
	s := spellingOf(p.Extra)
	switch p.Kind {
	case llm.PartText, llm.PartThinking, llm.PartRefusal:
		writeText(&w, p, s)
	case llm.PartCall:
		e.call(&w, p.Call, s)
	case llm.PartMedia:
		repeatMedia(&w, p.Media, s)
	}
	if p.Seal != nil && !sealed(p) {
		w.Text("thoughtSignature", dialect.PackTwice(p.Seal)) // the SDKs take bytes here
	}
	writeSeal(&w, p, s)
	w.Extra(p.Extra, family)
	return w.Object()
}

// call writes a call. Arguments that were cut off are no object; the client
// gets their text, under a name that no tool has.
func (e *replyWriter) call(w *dialect.Writer, c *llm.Call, part spelling) {
	args, ok := dialect.Arguments(c)
	if !ok {
		e.lost.Add("tool_calls:arguments")
		var o dialect.Writer
		o.Text("_raw", c.Args)
		args = o.Object()
	}
	s := spellingOf(c.Extra)
	var f dialect.Writer
	if c.ID != "" && !s.marked("id:none") {
		f.Text("id", c.ID)
	}
	f.Text("name", c.Name)
	if !s.marked("args:none") || string(args) != "{}" {
		f.Raw("args", args)
	}
	f.Extra(c.Extra, family)
	w.Raw(part.name("functionCall"), f.Object())
}
