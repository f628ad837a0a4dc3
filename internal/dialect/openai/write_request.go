package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// maxStops is how many stop strings the API takes.
const maxStops = 4

// requestWriter writes one prompt for a provider.
type requestWriter struct {
	p    *llm.Prompt
	lost dialect.Losses
	err  error // the first thing that may not be lost
}

// EncodeRequest asks a provider what a client of another dialect asked
// (wire formats, Messages API as the client surface).
func (codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, family); err != nil {
		return nil, nil, err
	}
	p, moved := dialect.Merged(p, family)
	e := &requestWriter{p: p, lost: moved}
	w := dialect.Compose()
	w.Text("model", p.Model)
	w.Raw("messages", e.messages())
	e.stream(&w)
	e.tools(&w)
	e.output(&w)
	e.reasoning(&w)
	e.knobs(&w)
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

// stream asks for the cost too: without it a client of another dialect would
// read zeros in its final event.
func (e *requestWriter) stream(w *dialect.Writer) {
	if !e.p.Stream {
		if e.p.StreamUsage != nil && e.p.Extra.Get(family, "stream_options") == nil {
			e.streamOptions(w, *e.p.StreamUsage)
		}
		return
	}
	w.Raw("stream", jsonx.Value("true"))
	switch {
	case e.p.Extra.Get(family, "stream_options") != nil:
	case e.p.StreamUsage != nil:
		e.streamOptions(w, *e.p.StreamUsage)
	case !e.native():
		e.streamOptions(w, true)
	}
}

func (e *requestWriter) streamOptions(w *dialect.Writer, usage bool) {
	var o dialect.Writer
	o.Bool("include_usage", &usage)
	w.Raw("stream_options", o.Object())
}

func (e *requestWriter) knobs(w *dialect.Writer) {
	l, s, c := &e.p.Limits, &e.p.Sampling, &e.p.Caller
	if e.native() && !l.IncludesThinking {
		w.Int("max_tokens", l.MaxTokens)
	} else {
		w.Int("max_completion_tokens", l.MaxTokens)
	}
	if stops := l.Stop; len(stops) > 0 {
		if len(stops) > maxStops && !e.native() {
			e.lost.Add("stop_sequences[%d:]", maxStops)
			stops = stops[:maxStops]
		}
		w.Raw("stop", dialect.Texts(stops))
	}
	w.Float("temperature", s.Temperature)
	w.Float("top_p", s.TopP)
	if e.native() {
		w.Int("top_k", s.TopK)
	} else if s.TopK != nil {
		e.lost.Add("top_k")
	}
	w.Int("seed", s.Seed)
	w.Int("n", s.N)
	w.Float("frequency_penalty", s.FrequencyPenalty)
	w.Float("presence_penalty", s.PresencePenalty)
	w.Some("user", c.User)
	w.Some("safety_identifier", c.SafetyID)
	w.Some("prompt_cache_key", c.CacheKey)
	if e.native() {
		w.Raw("metadata", c.Metadata)
	}
	if c.Tier == "standard_only" { // Anthropic's word
		w.Text("service_tier", "default")
	} else {
		w.Some("service_tier", c.Tier)
	}
}

func (e *requestWriter) output(w *dialect.Writer) {
	o := &e.p.Output
	w.Some("verbosity", o.Verbosity)
	e.lost.Extra("output_config.", o.Extra, family)
	if len(o.Modalities) > 0 {
		w.Raw("modalities", dialect.Texts(o.Modalities))
	}
	var f dialect.Writer
	switch {
	case o.Schema != nil:
		name := o.Schema.Name
		if name == "" && !e.native() {
			name = "output"
		}
		var s dialect.Writer
		s.Some("name", name)
		s.Some("description", o.Schema.Description)
		s.Raw("schema", o.Schema.Raw)
		s.Bool("strict", o.Schema.Strict)
		s.Extra(o.Schema.Extra, family)
		e.lost.Extra("output_config.format.", o.Schema.Extra, family)
		f.Text("type", "json_schema")
		f.Raw("json_schema", s.Object())
	case o.JSON:
		f.Text("type", "json_object")
	default:
		return
	}
	w.Raw("response_format", f.Object())
}

// The budgets up to which an effort is low and medium (wire formats, Messages
// API as the client surface).
const (
	lowBudget    = 2048
	mediumBudget = 8192
)

func (e *requestWriter) reasoning(w *dialect.Writer) {
	r := &e.p.Reasoning
	if r.Source.Family == family {
		w.Some("reasoning_effort", r.Effort)
		w.Extra(r.Source, family)
		return
	}
	effort := r.Effort
	switch {
	case effort == "max": // one step more than this dialect has
		effort = "xhigh"
		e.lost.Add("output_config.effort:max")
	case effort != "" || r.Mode != llm.ThinkOn || r.Budget == nil:
	case *r.Budget <= lowBudget:
		effort = "low"
	case *r.Budget <= mediumBudget:
		effort = "medium"
	default:
		effort = "high"
	}
	w.Some("reasoning_effort", effort)
}

func (e *requestWriter) tools(w *dialect.Writer) {
	var list, functions dialect.List
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		switch {
		case isSpelt(t.Extra, legacyTools):
			functions.Add(legacyTool(t))
		case t.Builtin == "":
			list.Add(e.tool(i, t))
		case t.Search && t.Extra.Family != family:
			e.lost.Add("%s", path("tools", i))
		case t.Web != nil && t.Extra.Family != family:
			e.webSearch(w, i, t)
		case t.Extra.Family != family:
			e.refuse(dialect.ToolPath(t, i), "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
		case t.Builtin == "web_search_options":
			w.Extra(t.Extra, family)
		default:
			var o dialect.Writer
			o.Extra(t.Extra, family)
			list.Add(o.Object())
		}
	}
	if !list.Empty() {
		w.Raw("tools", list.Array())
	}
	if !functions.Empty() {
		w.Raw(legacyTools, functions.Array())
	}
	if isSpelt(e.p.Extra, legacyChoice) {
		e.legacyChoice(w)
		return
	}
	e.choice(w)
}

// webSearch writes another vendor's web search, which is no tool here.
func (e *requestWriter) webSearch(w *dialect.Writer, i int, t *llm.Tool) {
	e.lost.Web(dialect.ToolPath(t, i), t.Web, family, "search_context_size")
	var o dialect.Writer
	o.Raw("user_location", dialect.Location(t.Web, true))
	o.Some("search_context_size", t.Web.Size)
	w.Raw("web_search_options", o.Object())
}

func (e *requestWriter) tool(i int, t *llm.Tool) jsonx.Value {
	var f, o dialect.Writer
	f.Text("name", t.Name)
	if t.HasDescription {
		f.Text("description", t.Description)
	}
	kind := "function"
	if t.FreeForm && e.native() {
		kind = "custom"
	} else {
		f.Raw("parameters", t.Schema)
		f.Bool("strict", t.Strict)
	}
	f.Extra(t.Function, family)
	o.Text("type", kind)
	o.Raw(kind, f.Object())
	writeCache(&o, t.Cache, e.native())
	o.Extra(t.Extra, family)
	e.lost.Deferred(path("tools", i), t)
	e.lost.Extra(path("tools", i)+".", t.Extra, family)
	return o.Object()
}

func (e *requestWriter) choice(w *dialect.Writer) {
	c := &e.p.Choice
	if !isSpelt(e.p.Extra, legacyTools) { // nobody said anything about it
		w.Bool("parallel_tool_calls", c.Parallel)
	}
	switch c.Mode {
	case llm.ChoiceAuto:
		w.Text("tool_choice", "auto")
	case llm.ChoiceNone:
		w.Text("tool_choice", "none")
	case llm.ChoiceRequired:
		w.Text("tool_choice", "required")
	case llm.ChoiceNamed:
		kind := c.Kind
		if kind == "" || !e.native() {
			kind = "function"
		}
		w.Raw("tool_choice", named(kind, c.Names[0]))
	case llm.ChoiceForeign:
		if c.Family != family {
			e.refuse("tool_choice", "this provider has no such choice of tools")
		}
		w.Raw("tool_choice", c.Raw)
	case llm.ChoiceAllowed:
		var list dialect.List
		for _, name := range c.Names {
			list.Add(named("function", name))
		}
		var a, o dialect.Writer
		a.Text("mode", map[bool]string{true: "required", false: "auto"}[c.Must])
		a.Raw("tools", list.Array())
		o.Text("type", "allowed_tools")
		o.Raw("allowed_tools", a.Object())
		w.Raw("tool_choice", o.Object())
	}
}

func named(kind, name string) jsonx.Value {
	var f, o dialect.Writer
	f.Text("name", name)
	o.Text("type", kind)
	o.Raw(kind, f.Object())
	return o.Object()
}
