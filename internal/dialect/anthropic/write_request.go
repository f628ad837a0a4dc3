package anthropic

import (
	"fmt"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// requestWriter writes one prompt for a provider.
type requestWriter struct {
	p        *llm.Prompt
	card     *card
	lost     dialect.Losses
	err      error // the first thing that may not be lost
	marks    int   // cache marks still to be left out
	thinking bool  // the model is asked to think
	budgeted bool  // it thinks with a budget
}

// EncodeRequest asks a provider what a client of another dialect asked (wire
// formats, Anthropic Messages, request).
func (codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, family); err != nil {
		return nil, nil, err
	}
	p, moved := dialect.Merged(p, family)
	e := &requestWriter{p: p, lost: moved, card: cardOf(p.Model)}
	e.marks = max(0, countMarks(p)-maxMarks)
	w := dialect.Compose()
	w.Text("model", p.Model)
	limit := e.limit()
	thinking := e.reasoning(&limit)
	w.Int("max_tokens", limit)
	if p.Stream {
		w.Raw("stream", jsonx.Value("true"))
	}
	tools := e.tools()
	e.conversation(&w)
	w.Raw("tools", tools)
	w.Raw("mcp_servers", e.servers())
	if tools != nil || e.native() {
		e.choice(&w)
	}
	w.Raw("thinking", thinking)
	e.output(&w)
	e.knobs(&w)
	e.caller(&w)
	if p.Cache != nil {
		w.Raw("cache_control", mark(p.Cache))
	}
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

// limit is the client's limit, or all that the model can write: the vendor
// refuses a request without.
func (e *requestWriter) limit() *int64 {
	if e.p.Limits.MaxTokens != nil || e.native() {
		return e.p.Limits.MaxTokens
	}
	n := e.card.maxTokens(e.p.Stream)
	return &n
}

func (e *requestWriter) knobs(w *dialect.Writer) {
	l, s := &e.p.Limits, &e.p.Sampling
	if e.native() {
		if l.Stop != nil {
			w.Raw("stop_sequences", dialect.Texts(l.Stop))
		}
		w.Float("temperature", s.Temperature)
		w.Float("top_p", s.TopP)
		w.Int("top_k", s.TopK)
		return
	}
	e.stops(w, l.Stop)
	e.sampling(w, s)
	for _, k := range []struct {
		name string
		said bool
	}{
		{"frequency_penalty", s.FrequencyPenalty != nil && *s.FrequencyPenalty != 0},
		{"presence_penalty", s.PresencePenalty != nil && *s.PresencePenalty != 0},
		{"seed", s.Seed != nil},
		{"n", s.N != nil && *s.N > 1},
		{"verbosity", e.p.Output.Verbosity != ""},
	} {
		if k.said {
			e.lost.Add("%s", k.name)
		}
	}
}

// stops leaves out what is only white space: the vendor refuses it.
func (e *requestWriter) stops(w *dialect.Writer, stops []string) {
	var kept []string
	for i, s := range stops {
		if strings.TrimSpace(s) == "" {
			e.lost.Add("stop[%d]", i)
			continue
		}
		kept = append(kept, s)
	}
	if len(kept) > 0 {
		w.Raw("stop_sequences", dialect.Texts(kept))
	}
}

// sampling writes the knobs that the model takes together.
func (e *requestWriter) sampling(w *dialect.Writer, s *llm.Sampling) {
	t, p, k := s.Temperature, s.TopP, s.TopK
	drop := func(name string, said bool) {
		if said {
			e.lost.Add("%s", name)
		}
	}
	if e.card.knobs == noneOfKnobs || e.thinking {
		drop("temperature", t != nil)
		drop("top_k", k != nil)
		t, k = nil, nil
		if p != nil && (e.card.knobs == noneOfKnobs || *p < 0.95) {
			drop("top_p", true)
			p = nil
		}
	}
	if t != nil && *t > 1 { // this vendor's scale ends where others have the middle
		one := 1.0
		t = &one
		e.lost.Add("temperature:clamped")
	}
	if e.card.knobs == oneOfTwo && t != nil && p != nil {
		drop("top_p", true)
		p = nil
	}
	w.Float("temperature", t)
	w.Float("top_p", p)
	w.Int("top_k", k)
}

func (e *requestWriter) caller(w *dialect.Writer) {
	c := &e.p.Caller
	if e.native() {
		w.Some("service_tier", c.Tier)
		if c.User != "" && e.p.Extra.Get(family, "metadata") == nil {
			e.user(w, c.User)
		}
		return
	}
	user := c.User
	if user == "" {
		user = c.SafetyID
	}
	// The vendor wants no names of persons there.
	if user != "" && len(user) <= 256 && !strings.Contains(user, "@") {
		e.user(w, user)
	}
	switch c.Tier {
	case "", "auto":
		w.Some("service_tier", c.Tier)
	case "default":
		w.Text("service_tier", "standard_only")
	default:
		e.lost.Add("service_tier")
	}
}

func (e *requestWriter) user(w *dialect.Writer, id string) {
	var m dialect.Writer
	m.Text("user_id", id)
	w.Raw("metadata", m.Object())
}

// output writes the form of the answer. Where JSON of any shape is wanted,
// the instructions ask for it (see jsonLine).
func (e *requestWriter) output(w *dialect.Writer) {
	o := &e.p.Output
	for _, m := range o.Modalities {
		if m != "text" {
			e.refuse("modalities", "this provider cannot answer with %s", m)
		}
	}
	var c dialect.Writer
	c.Some("effort", e.effort())
	if s := o.Schema; s != nil {
		if !e.card.schemas && !e.native() {
			e.refuse("response_format", "the model %s cannot be held to a JSON schema", e.p.Model)
		}
		var f dialect.Writer
		f.Text("type", "json_schema")
		f.Raw("schema", s.Raw)
		f.Extra(s.Extra, family)
		e.lost.Extra("response_format.json_schema.", s.Extra, family)
		c.Raw("format", f.Object())
	}
	c.Extra(o.Extra, family)
	e.lost.Extra("", o.Extra, family)
	if !c.Empty() {
		w.Raw("output_config", c.Object())
	}
}

// maxMarks is how many cache marks a request may hold.
const maxMarks = 4

func countMarks(p *llm.Prompt) (n int) {
	if p.Cache != nil {
		n++
	}
	for i := range p.Tools {
		if p.Tools[i].Cache != nil {
			n++
		}
	}
	for i := range p.Messages {
		for j := range p.Messages[i].Parts {
			if p.Messages[i].Parts[j].Cache != nil {
				n++
			}
		}
	}
	return n
}

// cache writes a mark; of too many the oldest are left out.
func (e *requestWriter) cache(w *dialect.Writer, at dialect.Place, m *llm.CacheMark) {
	switch {
	case m == nil:
	case e.marks > 0 && !e.native():
		e.marks--
		e.lost.Add("%s.cache_control", at)
	default:
		w.Raw("cache_control", mark(m))
	}
}

func mark(m *llm.CacheMark) jsonx.Value {
	var w dialect.Writer
	w.Text("type", "ephemeral")
	w.Some("ttl", m.TTL)
	w.Extra(m.Extra, family)
	return w.Object()
}

func index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
