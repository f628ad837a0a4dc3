package responses

import (
	"fmt"
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// requestWriter writes one prompt for a provider.
type requestWriter struct {
	p    *llm.Prompt
	lost dialect.Losses
	err  error           // the first thing that may not be lost
	free map[string]bool // ids of calls whose arguments are plain text
}

// EncodeRequest asks a provider what a client of another dialect asked (wire
// formats, OpenAI Responses).
func (codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, family); err != nil {
		return nil, nil, err
	}
	e := &requestWriter{p: p, free: make(map[string]bool)}
	w := dialect.Compose()
	w.Text("model", p.Model)
	if e.native() {
		e.repeat(&w)
	} else {
		w.Raw(inputList, e.input())
	}
	if p.Stream {
		w.Raw("stream", jsonx.Value("true"))
	}
	if tools := e.tools(); string(tools) != "[]" {
		w.Raw("tools", tools)
	}
	w.Raw("tool_choice", e.choice())
	w.Bool("parallel_tool_calls", p.Choice.Parallel)
	w.Raw("text", e.output())
	w.Raw(typeReasoning, e.reasoning())
	e.knobs(&w)
	e.state(&w)
	w.Extra(p.Extra, family)
	e.lost.Extra("", p.Extra, family)
	if e.err != nil {
		return nil, nil, e.err
	}
	return w.Finish(), e.lost, nil
}

func (e *requestWriter) refuse(field, format string, args ...any) {
	if e.err == nil {
		e.err = dialect.Refuse(field, format, args...)
	}
}

// native reports whether the client speaks this dialect too, so that even
// spellings are kept.
func (e *requestWriter) native() bool { return e.p.Family == family }

func index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// state keeps nothing at the vendor for clients who cannot know that it would
// be kept, and asks a model that thinks for its sealed thinking instead, to be
// sent back.
func (e *requestWriter) state(w *dialect.Writer) {
	native := e.native()
	if e.p.State.Unstored || !native {
		w.Raw("store", jsonx.Value("false"))
	}
	if native && e.p.Extra.Get(family, "include") != nil {
		return
	}
	if e.p.State.Sealed || !native && thinks(e.p) {
		w.Raw("include", dialect.Texts([]string{sealedThinking}))
	}
}

func (e *requestWriter) knobs(w *dialect.Writer) {
	s, c := &e.p.Sampling, &e.p.Caller
	w.Int("max_output_tokens", e.limit())
	w.Float("temperature", s.Temperature)
	w.Float("top_p", s.TopP)
	w.Some("user", c.User)
	w.Some("safety_identifier", c.SafetyID)
	w.Some("prompt_cache_key", c.CacheKey)
	w.Raw("metadata", c.Metadata)
	e.tier(w, c.Tier)
	if s.N != nil && *s.N > 1 {
		e.refuse("n", "this provider gives one answer, not %d", *s.N)
	}
	stop := "stop"
	if e.p.Slot {
		stop = "stop_sequences"
	}
	for _, k := range []struct {
		name string
		said bool
	}{
		{stop, len(e.p.Limits.Stop) > 0},
		{"top_k", s.TopK != nil},
		{"seed", s.Seed != nil},
		{"frequency_penalty", s.FrequencyPenalty != nil && *s.FrequencyPenalty != 0},
		{"presence_penalty", s.PresencePenalty != nil && *s.PresencePenalty != 0},
	} {
		if k.said {
			e.lost.Add("%s", k.name)
		}
	}
}

// minTokens is the smallest limit the vendor takes.
const minTokens = 16

func (e *requestWriter) limit() *int64 {
	n := e.p.Limits.MaxTokens
	if n == nil || *n >= minTokens || e.native() {
		return n
	}
	e.lost.Add("max_tokens:raised")
	least := int64(minTokens)
	return &least
}

// tiers are the words of this vendor, and Anthropic's.
var tiers = map[string]string{
	"auto": "auto", "default": "default", "flex": "flex", "scale": "scale", "priority": "priority",
	"standard_only": "default",
}

func (e *requestWriter) tier(w *dialect.Writer, tier string) {
	word, known := tiers[tier]
	if e.native() {
		word = tier
	} else if !known && tier != "" {
		e.lost.Add("service_tier")
	}
	w.Some("service_tier", word)
}

func (e *requestWriter) output() jsonx.Value {
	o := &e.p.Output
	for _, m := range o.Modalities {
		if m != "text" {
			e.refuse("modalities", "this provider cannot answer with %s", m)
		}
	}
	var w, f dialect.Writer
	switch {
	case o.Schema != nil:
		name := o.Schema.Name
		if name == "" && !e.native() {
			name = "output"
		}
		f.Text("type", "json_schema")
		f.Some("name", name)
		f.Some("description", o.Schema.Description)
		f.Raw("schema", o.Schema.Raw)
		f.Bool("strict", o.Schema.Strict)
		f.Extra(o.Schema.Extra, family)
		e.lost.Extra("output.schema.", o.Schema.Extra, family)
	case o.JSON:
		f.Text("type", "json_object")
	case o.Plain:
		f.Text("type", "text")
	}
	if !f.Empty() {
		w.Raw("format", f.Object())
	}
	w.Some("verbosity", o.Verbosity)
	w.Extra(o.Extra, family)
	e.lost.Extra("output_config.", o.Extra, family)
	if !w.Empty() {
		return w.Object()
	}
	return nil
}

// The budgets up to which an effort is low and medium (wire formats, Messages
// API as the client surface).
const (
	lowBudget    = 2048
	mediumBudget = 8192
)

// efforts are the vendor's words (OpenAI API, reasoning.effort).
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

func (e *requestWriter) reasoning() jsonx.Value {
	r := &e.p.Reasoning
	if r.Source.Family == family {
		return r.Source.Get(family, typeReasoning)
	}
	effort := r.Effort
	switch {
	case effort != "" && !slices.Contains(efforts, effort): // a host's own word
		effort = ""
		e.lost.Add("reasoning_effort")
	case effort == "" && r.Mode == llm.ThinkOff:
		effort = "none"
	case effort != "" || r.Budget == nil:
	case *r.Budget <= lowBudget:
		effort = "low"
	case *r.Budget <= mediumBudget:
		effort = "medium"
	default:
		effort = "high"
	}
	var w dialect.Writer
	w.Some("effort", effort)
	asked := r.Mode == llm.ThinkOn || r.Mode == llm.ThinkAdaptive
	if asked && r.Show != "omitted" || r.Show == "summarized" {
		w.Text("summary", "auto") // this vendor shows no thinking but in summaries
	}
	if !w.Empty() {
		return w.Object()
	}
	return nil
}
