package cohere

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// v1Writer writes one prompt for version 1 (wire formats, Cohere v1 chat).
type v1Writer struct {
	requestWriter
	preamble []string
	history  dialect.List
	turns    []v1Turn
	calls    map[string]*llm.Call // by id: a result repeats its call
}

// v1Turn is a message of the history, or the last one.
type v1Turn struct {
	role    string
	text    string
	calls   dialect.List
	results dialect.List
}

// EncodeRequest asks a provider.
func (v1Codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, v1Family); err != nil {
		return nil, nil, err
	}
	p, moved := dialect.Merged(p, v1Family)
	e := &v1Writer{calls: make(map[string]*llm.Call)}
	e.p, e.lost = p, moved
	var w dialect.Writer
	w.Some("model", p.Model)
	e.talk(&w)
	if p.Stream {
		yes := true
		w.Bool("stream", &yes)
	}
	e.v1Tools(&w)
	e.v1Output(&w)
	e.knobs(&w)
	e.missing()
	if p.Reasoning.Mode != llm.ThinkOff && (p.Reasoning.Mode != llm.ThinkUnsaid || p.Reasoning.Effort != "") {
		e.lost.Add("%s", e.asked())
	}
	e.lost.Extra("", p.Extra, v1Family)
	if e.err != nil {
		return nil, nil, e.err
	}
	return w.Object(), e.lost, nil
}

// talk writes the conversation. Where the tools spoke last, the user says
// nothing.
func (e *v1Writer) talk(w *dialect.Writer) {
	for i := range e.p.Messages {
		e.turn(i, &e.p.Messages[i])
	}
	last := v1Turn{}
	if n := len(e.turns); n > 0 && (e.turns[n-1].role == "USER" || e.turns[n-1].role == "TOOL") {
		last, e.turns = e.turns[n-1], e.turns[:n-1]
	} else {
		e.refuse("messages", "the last message must be the user's, or a tool's, for this provider")
	}
	w.Text("message", last.text)
	if len(e.preamble) > 0 {
		w.Text("preamble", strings.Join(e.preamble, "\n\n"))
	}
	for i := range e.turns {
		e.history.Add(e.turns[i].object())
	}
	if !e.history.Empty() {
		w.Raw("chat_history", e.history.Array())
	}
	if !last.results.Empty() {
		w.Raw("tool_results", last.results.Array())
		yes := true
		w.Bool("force_single_step", &yes)
	}
}

func (t *v1Turn) object() jsonx.Value {
	var w dialect.Writer
	w.Text("role", t.role)
	if t.role == "TOOL" {
		w.Raw("tool_results", t.results.Array())
		return w.Object()
	}
	w.Text("message", t.text)
	if !t.calls.Empty() {
		w.Raw("tool_calls", t.calls.Array())
	}
	return w.Object()
}

// turn takes one message apart. Results are the tools' turn, the rest is the
// user's.
func (e *v1Writer) turn(i int, m *llm.Message) {
	e.besides(i, m)
	t := v1Turn{role: map[llm.Role]string{llm.User: "USER", llm.Assistant: "CHATBOT"}[m.Role]}
	tools := v1Turn{role: "TOOL"}
	var texts []string
	for _, p := range e.places(i, m.Parts) {
		switch {
		case p.Kind == llm.PartThinking:
			e.lost.Add("%s:thinking", p.at)
		case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
			e.calls[p.Call.ID] = p.Call
			t.calls.Add(e.v1Call(p.Call, p.at))
		case p.Kind == llm.PartResult && p.Result.By == llm.ByClient:
			tools.results.Add(e.v1Result(&p))
		case p.Kind == llm.PartCall, p.Kind == llm.PartResult:
			e.lost.Add("%s:%s", p.at, p.Label) // the vendor's own, done with
		default:
			texts = append(texts, e.words(&p))
		}
	}
	t.text = strings.Join(texts, "\n")
	if m.Role.Instructs() {
		if t.role = "SYSTEM"; len(e.turns) == 0 {
			e.preamble = append(e.preamble, t.text)
			return
		}
	}
	if !tools.results.Empty() {
		e.result(tools)
	}
	if t.text != "" || !t.calls.Empty() {
		e.turns = append(e.turns, t)
	}
}

// words are the text of a part: all that a message may hold.
func (e *v1Writer) words(p *placed) string {
	switch {
	case p.Kind == llm.PartText, p.Kind == llm.PartRefusal:
		return p.Text
	case p.Kind == llm.PartMedia && readable(p.Media):
		var text dialect.Writer
		e.document(&text, p.at, p.Media)
		s, _ := jsonx.Text(jsonx.At(text.Object(), "text"))
		return s
	}
	e.refuse(p.at, "%s cannot be carried over to this provider", dialect.PartName(p.Part))
	return ""
}

// result joins results of one turn.
func (e *v1Writer) result(t v1Turn) {
	if n := len(e.turns); n > 0 && e.turns[n-1].role == "TOOL" {
		for v := range jsonx.Elements(t.results.Array()) {
			e.turns[n-1].results.Add(v)
		}
		return
	}
	e.turns = append(e.turns, t)
}

func (e *v1Writer) v1Call(c *llm.Call, at string) jsonx.Value {
	args, ok := dialect.Arguments(c)
	if !ok {
		e.lost.Add("%s.arguments", at)
		args = jsonx.Value("{}")
	}
	var w dialect.Writer
	w.Text("name", c.Name)
	w.Raw("parameters", args)
	return w.Object()
}

// v1Result writes a result with the call it is of. Outputs are objects.
func (e *v1Writer) v1Result(p *placed) jsonx.Value {
	r := p.Result
	call := e.calls[r.CallID]
	if call == nil {
		e.refuse(p.at, "there is no call before this result that it could belong to")
		return jsonx.Value("{}")
	}
	if r.IsError != nil && *r.IsError {
		e.lost.Add("%s.is_error", p.at)
	}
	var outputs dialect.List
	for j := range r.Parts {
		part := &r.Parts[j]
		if part.Kind != llm.PartText {
			e.refuse(p.at, "this provider takes only text from tools")
			continue
		}
		if _, err := jsonx.Parse([]byte(part.Text)); err == nil {
			outputs.Add(jsonx.Value(part.Text))
			continue
		}
		var o dialect.Writer
		o.Text("result", part.Text)
		outputs.Add(o.Object())
	}
	var w dialect.Writer
	w.Raw("call", e.v1Call(call, p.at))
	w.Raw("outputs", outputs.Array())
	return w.Object()
}

func (e *v1Writer) v1Output(w *dialect.Writer) {
	o := &e.p.Output
	for _, m := range o.Modalities {
		if m != "text" {
			e.refuse("modalities", "this provider cannot answer with %s", m)
		}
	}
	if !o.JSON && o.Schema == nil {
		return
	}
	if len(e.p.Tools) > 0 {
		e.refuse("response_format", "this provider cannot be held to a form of JSON while it has tools")
	}
	var f dialect.Writer
	f.Text("type", "json_object")
	if o.Schema != nil {
		f.Raw("schema", o.Schema.Raw)
	}
	w.Raw("response_format", f.Object())
}
