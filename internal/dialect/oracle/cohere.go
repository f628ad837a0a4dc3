package oracle

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// cohere is the form made after version 1 of Cohere's chat.
type cohere struct{}

func (cohere) prepare(p *llm.Prompt) *llm.Prompt { return p }

// cohereNames are the members of a request under their other names.
var cohereNames = []struct{ from, to string }{
	{"message", "message"},
	{"preamble", "preambleOverride"},
	{"force_single_step", "isForceSingleStep"},
	{"max_tokens", "maxTokens"},
	{"temperature", "temperature"},
	{"p", "topP"},
	{"k", "topK"},
	{"seed", "seed"},
	{"frequency_penalty", "frequencyPenalty"},
	{"presence_penalty", "presencePenalty"},
	{"stop_sequences", "stopSequences"},
}

func (cohere) ask(r *dialect.Reader, p *llm.Prompt, lost *dialect.Losses) (jsonx.Value, error) {
	var w dialect.Writer
	w.Text("apiFormat", "COHERE")
	limited := r.Peek("max_tokens") != nil
	for _, m := range cohereNames {
		w.Raw(m.to, r.Take(m.from))
	}
	if !limited {
		w.Number("maxTokens", most)
	}
	var history dialect.List
	for at, v := range r.List("chat_history") {
		history.Add(cohereTurn(r.Object(v, at)))
	}
	if !history.Empty() {
		w.Raw("chatHistory", history.Array())
	}
	w.Raw("toolResults", r.Take("tool_results")) // {call, outputs}: the same in both
	if tools := cohereTools(r); tools != nil {
		w.Raw("tools", tools)
	}
	if v := r.Take("response_format"); v != nil {
		var f dialect.Writer
		f.Text("type", "JSON_OBJECT")
		f.Raw("schema", jsonx.At(v, "schema"))
		w.Raw("responseFormat", f.Object())
	}
	if r.Take("stream") != nil {
		w.Raw("isStream", jsonx.Value("true"))
		w.Raw("streamOptions", jsonx.Value(`{"isIncludeUsage":true}`))
	}
	lost.Extra("", r.Rest("cohere-v1"), "")
	return w.Object(), r.Err()
}

func cohereTurn(m *dialect.Reader) jsonx.Value {
	var w dialect.Writer
	w.Text("role", m.Text("role"))
	w.Raw("message", m.Take("message"))
	w.Raw("toolCalls", m.Take("tool_calls"))
	w.Raw("toolResults", m.Take("tool_results"))
	return w.Object()
}

func cohereTools(r *dialect.Reader) jsonx.Value {
	var list dialect.List
	for at, v := range r.List("tools") {
		t := r.Object(v, at)
		var w, all dialect.Writer
		w.Text("name", t.Text("name"))
		w.Text("description", t.Text("description"))
		if o, err := jsonx.Parse(t.Take("parameter_definitions")); err == nil {
			for name, v := range o.All() {
				d := t.Object(v, name)
				var one dialect.Writer
				one.Some("description", d.Text("description"))
				one.Some("type", d.Text("type"))
				one.Bool("isRequired", d.Bool("required"))
				all.Raw(name, one.Object())
			}
		}
		w.Raw("parameterDefinitions", all.Object())
		list.Add(w.Object())
	}
	if list.Empty() {
		return nil
	}
	return list.Array()
}

func (cohere) answer(chat *dialect.Reader, _ string) (jsonx.Value, error) {
	return cohereAnswer(chat), chat.Err()
}

// cohereAnswer renames an answer, or the last event of a stream, which repeats
// it.
func cohereAnswer(r *dialect.Reader) jsonx.Value {
	var w dialect.Writer
	if r.Peek("text") == nil && r.Peek("toolCalls") == nil {
		r.Fail("", "has no text")
	}
	w.Raw("text", r.Take("text"))
	if v := r.Take("toolCalls"); jsonx.At(v, "0") != nil {
		w.Raw("tool_calls", v)
	}
	w.Raw("finish_reason", r.Take("finishReason"))
	w.Raw("citations", r.Take("citations"))
	if u := r.Peek("usage"); jsonx.KindOf(u) == jsonx.Composite {
		var tokens, meta dialect.Writer
		tokens.Raw("input_tokens", jsonx.At(u, "promptTokens"))
		tokens.Raw("output_tokens", jsonx.At(u, "completionTokens"))
		meta.Raw("tokens", tokens.Object())
		w.Raw("meta", meta.Object())
	}
	return w.Object()
}

// events renames the pieces of a stream. The last one has the reason, and tells
// everything again.
func (cohere) events() func(jsonx.Value) (jsonx.Value, error) {
	return func(data jsonx.Value) (jsonx.Value, error) {
		r := dialect.ReadReply(data)
		var w dialect.Writer
		calls := r.Peek("toolCalls")
		switch {
		case r.Peek("finishReason") != nil:
			w.Text("event_type", "stream-end")
			w.Raw("is_finished", jsonx.Value("true"))
			w.Raw("finish_reason", r.Peek("finishReason"))
			if r.Peek("text") == nil && calls == nil {
				w.Raw("response", jsonx.Value("{}"))
				break
			}
			w.Raw("response", cohereAnswer(r))
		case jsonx.At(calls, "0") != nil:
			w.Text("event_type", "tool-calls-generation")
			w.Raw("tool_calls", calls)
		default:
			w.Text("event_type", "text-generation")
			w.Text("text", r.Text("text"))
		}
		return w.Object(), r.Err()
	}
}
