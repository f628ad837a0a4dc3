package oracle

import (
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// generic is the form made after OpenAI's.
type generic struct{}

// prepare makes the prompt another dialect's, so that the base writes what every
// host of its format understands.
func (generic) prepare(p *llm.Prompt) *llm.Prompt {
	foreign := *p
	foreign.Family = ""
	foreign.Sampling.TopK = nil // the base has none, and ask writes it
	foreign.Extra.Spelling = nil
	foreign.Tools = slices.Clone(p.Tools)
	for i := range foreign.Tools {
		foreign.Tools[i].Extra.Spelling = nil
	}
	foreign.Messages = slices.Clone(p.Messages)
	for i := range foreign.Messages {
		modern(&foreign.Messages[i])
	}
	return &foreign
}

// modern takes out of a message how calls were spelt once, of which nobody made
// another form.
func modern(m *llm.Message) {
	m.Extra.Spelling = nil
	for j := range m.Parts {
		if c := m.Parts[j].Call; c != nil && c.Label != "" && c.By == llm.ByClient {
			plain := *c
			plain.Label = ""
			m.Parts = slices.Clone(m.Parts)
			m.Parts[j].Call = &plain
		}
	}
}

// most is how many tokens a shared model gives at most. Left to itself the
// service stops after a few (https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/latest/GenericChatRequest, maxTokens).
const most = 4000

// counted reports whether a model takes the limit that counts thinking too: those
// of OpenAI's do, and refuse the other; but not its open ones.
func counted(model string) bool {
	return strings.HasPrefix(model, "openai.") && !strings.HasPrefix(model, "openai.gpt-oss")
}

// quiet are members that nobody misses: the stream always tells its cost, the
// others are for the books of the vendor.
var quiet = []string{"stream", "stream_options", "user", "safety_identifier", "prompt_cache_key", "store"}

// same are members with the same values under another name.
var same = []struct{ from, to string }{
	{"temperature", "temperature"},
	{"top_p", "topP"},
	{"frequency_penalty", "frequencyPenalty"},
	{"presence_penalty", "presencePenalty"},
	{"n", "numGenerations"},
	{"stop", "stop"},
	{"seed", "seed"},
	{"logit_bias", "logitBias"},
	{"parallel_tool_calls", "isParallelToolCalls"},
	{"metadata", "metadata"},
}

func (generic) ask(r *dialect.Reader, p *llm.Prompt, lost *dialect.Losses) (jsonx.Value, error) {
	a := &asker{lost: lost, p: p}
	var w dialect.Writer
	w.Text("apiFormat", "GENERIC")
	w.Raw("messages", a.messages(r))
	if p.Stream {
		w.Raw("isStream", jsonx.Value("true"))
		w.Raw("streamOptions", jsonx.Value(`{"isIncludeUsage":true}`))
	}
	a.limit(&w, r)
	for _, m := range same {
		w.Raw(m.to, r.Take(m.from))
	}
	w.Int("topK", p.Sampling.TopK)
	a.words(&w, r)
	a.tools(&w, r)
	for _, name := range quiet {
		r.Take(name)
	}
	lost.Extra("", r.Rest("openai-chat"), "")
	if a.err == nil {
		a.err = r.Err()
	}
	return w.Object(), a.err
}

// asker renames one request.
type asker struct {
	p    *llm.Prompt
	lost *dialect.Losses
	err  error
}

func (a *asker) refuse(field, format string, args ...any) {
	if a.err == nil {
		a.err = dialect.Refuse(field, format, args...)
	}
}

func (a *asker) limit(w *dialect.Writer, r *dialect.Reader) {
	n := r.Int("max_completion_tokens")
	if old := r.Int("max_tokens"); n == nil {
		n = old
	}
	switch {
	case counted(a.p.Model):
		w.Int("maxCompletionTokens", n)
	case n == nil:
		w.Number("maxTokens", most)
	default:
		w.Int("maxTokens", n)
	}
}

// words are members whose values are words, or hold them.
func (a *asker) words(w *dialect.Writer, r *dialect.Reader) {
	for _, m := range []struct{ from, to, known string }{
		{"reasoning_effort", "reasoningEffort", "minimal low medium high"},
		{"verbosity", "verbosity", "low medium high"},
		{"service_tier", "serviceTier", "auto default priority"},
	} {
		word := r.Text(m.from)
		switch {
		case word == "":
		case strings.Contains(" "+m.known+" ", " "+word+" "):
			w.Text(m.to, strings.ToUpper(word))
		case m.from == "reasoning_effort" && word != "none":
			w.Text(m.to, "HIGH") // more than that
			a.lost.Add("%s:clamped", m.from)
		default:
			a.lost.Add("%s", m.from)
		}
	}
	if v := r.Take("response_format"); v != nil {
		w.Raw("responseFormat", a.format(r.Object(v, "response_format")))
	}
	for _, word := range r.Texts("modalities") {
		if word != "text" {
			a.refuse("modalities", "this provider cannot answer with %s", word)
		}
	}
}

func (a *asker) format(r *dialect.Reader) jsonx.Value {
	var w dialect.Writer
	kind := r.Text("type")
	w.Text("type", strings.ToUpper(kind))
	if v := r.Take("json_schema"); v != nil {
		s := r.Object(v, "json_schema")
		var o dialect.Writer
		o.Some("name", s.Text("name"))
		o.Some("description", s.Text("description"))
		o.Raw("schema", s.Take("schema"))
		o.Bool("isStrict", s.Bool("strict"))
		a.lost.Extra("response_format.json_schema.", s.Rest("openai-chat"), "")
		w.Raw("jsonSchema", o.Object())
	}
	return w.Object()
}
