package cohere

import (
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/llm"
)

// What the API takes (Cohere API, Chat v2).
const (
	maxStops = 5
	minTopP  = 0.01
	maxTopP  = 0.99
	maxTopK  = 500
)

// requestWriter writes one prompt for a provider.
type requestWriter struct {
	p    *llm.Prompt
	lost dialect.Losses
	err  error // the first thing that may not be lost
}

// EncodeRequest asks a provider (wire formats, Cohere v2 chat).
func (codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, family); err != nil {
		return nil, nil, err
	}
	p, moved := dialect.Merged(p, family)
	e := &requestWriter{p: p, lost: moved}
	w := dialect.Compose()
	w.Text("model", p.Model)
	w.Raw("messages", e.messages())
	if p.Stream {
		yes := true
		w.Bool("stream", &yes)
	}
	e.tools(&w)
	e.output(&w)
	e.reasoning(&w)
	e.knobs(&w)
	e.missing()
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

// native reports whether the client speaks this dialect too: then everything
// is repeated as it came.
func (e *requestWriter) native() bool { return e.p.Family == family }

func (e *requestWriter) knobs(w *dialect.Writer) {
	l, s := &e.p.Limits, &e.p.Sampling
	w.Int("max_tokens", l.MaxTokens)
	if stops := l.Stop; len(stops) > 0 {
		if len(stops) > maxStops && !e.native() {
			e.lost.Add("stop[%d:]", maxStops)
			stops = stops[:maxStops]
		}
		w.Raw("stop_sequences", dialect.Texts(stops))
	}
	w.Float("temperature", e.clamp("temperature", s.Temperature, 0, 1))
	w.Float("p", e.clamp("top_p", s.TopP, minTopP, maxTopP))
	k := s.TopK
	if k != nil && *k > maxTopK && !e.native() {
		e.lost.Add("top_k:clamped")
		most := int64(maxTopK)
		k = &most
	}
	w.Int("k", k)
	w.Int("seed", s.Seed)
	w.Float("frequency_penalty", e.clamp("frequency_penalty", s.FrequencyPenalty, 0, 1))
	w.Float("presence_penalty", e.clamp("presence_penalty", s.PresencePenalty, 0, 1))
}

// clamp keeps a knob within the vendor's scale, which is often shorter than
// others'.
func (e *requestWriter) clamp(name string, v *float64, low, high float64) *float64 {
	if v == nil || e.native() || *v >= low && *v <= high {
		return v
	}
	e.lost.Add("%s:clamped", name)
	bound := min(max(*v, low), high)
	return &bound
}

// missing notes the knobs the vendor has no word for.
func (e *requestWriter) missing() {
	tier := e.p.Caller.Tier
	for _, k := range []struct {
		name string
		said bool
	}{
		{"n", e.p.Sampling.N != nil && *e.p.Sampling.N > 1},
		{"verbosity", e.p.Output.Verbosity != ""},
		{"service_tier", tier != "" && tier != "auto" && tier != "default"},
	} {
		if k.said {
			e.lost.Add("%s", k.name)
		}
	}
}

// output writes the form of the answer. The vendor takes the schema itself, and
// refuses any form together with tools or documents (Cohere, structured outputs).
func (e *requestWriter) output(w *dialect.Writer) {
	o := &e.p.Output
	for _, m := range o.Modalities {
		if m != "text" {
			e.refuse("modalities", "this provider cannot answer with %s", m)
		}
	}
	e.lost.Extra("", o.Extra, family)
	var f dialect.Writer
	switch {
	case o.Schema != nil:
		f.Text("type", "json_object")
		name := "json_schema"
		if spelt(o.Schema.Extra, oldSchema) {
			name = oldSchema
		}
		f.Raw(name, o.Schema.Raw)
		e.lost.Extra("response_format.json_schema.", o.Schema.Extra, family)
	case o.JSON:
		f.Text("type", "json_object")
	case o.Plain && e.native():
		f.Text("type", "text")
	default:
		return
	}
	if len(e.p.Tools) > 0 && !e.native() && !o.Plain {
		e.refuse("response_format", "this provider cannot be held to a form of JSON while it has tools")
	}
	w.Raw("response_format", f.Object())
}

// budgets are the tokens an effort may think. More than these is unbounded,
// which is the vendor's default.
var budgets = map[string]int64{"minimal": 512, "low": 2048, "medium": 8192}

// thoughtless are models that refuse to be told to think (Cohere, reasoning);
// those to come are taken for thinking ones.
var thoughtless = []string{"command-r", "command-a-03", "command-a-vision", "command-a-translate", "command-light", "command-nightly", "c4ai-", "aya", "tiny-aya"}

func thinks(model string) bool {
	return model != "command" && !slices.ContainsFunc(thoughtless, func(name string) bool { return strings.HasPrefix(model, name) })
}

func (e *requestWriter) reasoning(w *dialect.Writer) {
	r := &e.p.Reasoning
	if r.Source.Family == family {
		w.Extra(r.Source, family)
		return
	}
	var o dialect.Writer
	switch {
	case r.Mode == llm.ThinkUnsaid && r.Effort == "":
		return
	case !thinks(e.p.Model):
		if r.Mode != llm.ThinkOff {
			e.lost.Add("%s", e.asked())
		}
		return
	case r.Mode == llm.ThinkOff:
		o.Text("type", "disabled")
	default:
		o.Text("type", "enabled")
		budget := r.Budget
		if n, known := budgets[r.Effort]; known && budget == nil {
			budget = &n
		} else if r.Effort != "" && budget == nil {
			e.lost.Add("%s:unbounded", e.asked())
		}
		o.Int("token_budget", budget)
	}
	w.Raw("thinking", o.Object())
}

// asked names the member the client asked for thinking with.
func (e *requestWriter) asked() string {
	if e.p.Reasoning.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}
