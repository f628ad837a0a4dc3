package gemini

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// maxStops is how many stop strings the API takes.
const maxStops = 5

// requestWriter writes one prompt for a provider.
type requestWriter struct {
	p    *llm.Prompt
	card *card
	lost dialect.Losses
	err  error // the first thing that may not be lost
}

// EncodeRequest asks a provider what a client of another dialect asked (wire
// formats, Gemini, request). Model and stream are for the address to say.
func (codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, family); err != nil {
		return nil, nil, err
	}
	p, moved := dialect.Merged(p, family)
	e := &requestWriter{p: p, lost: moved, card: cardOf(p.Model)}
	w := dialect.Compose()
	s := spellingOf(p.Extra)
	system, contents := e.conversation()
	w.Raw(s.name("systemInstruction"), system)
	w.Raw("contents", contents)
	tools := e.tools()
	w.Raw("tools", tools)
	e.toolConfig(&w)
	e.config(&w)
	e.caller(&w)
	e.rest(&w)
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

// ours are members that other surfaces of this gateway take for this vendor.
var ours = map[string]string{"safety_settings": "safetySettings", "cached_content": "cachedContent"}

// rest writes what belongs to this family alone and reports what belongs to
// another.
func (e *requestWriter) rest(w *dialect.Writer) {
	x := e.p.Extra
	x.Fields = nil
	for _, f := range e.p.Extra.Fields {
		switch name, is := ours[f.Name]; {
		case !e.native() && is:
			w.Raw(name, f.Value)
		case e.native() && strings.Contains(f.Name, "."): // of an inner object
		default:
			x.Fields = append(x.Fields, f)
		}
	}
	w.Extra(x, family)
	e.lost.Extra("", x, family)
}

// inner writes an object of the configuration, with the members of this family
// that the root keeps for it. It is left out if it is empty and was not there.
func (e *requestWriter) inner(w *dialect.Writer, camel string, fill func(*dialect.Writer, spelling)) {
	s := spellingOf(e.p.Extra)
	name := s.name(camel)
	var o dialect.Writer
	fill(&o, s)
	if e.native() {
		x := llm.Extra{Family: family}
		for _, f := range e.p.Extra.Fields {
			if inner, ok := strings.CutPrefix(f.Name, name+"."); ok {
				x.Fields = append(x.Fields, llm.Field{Name: inner, Value: f.Value})
			}
		}
		o.Extra(x, family)
	}
	if !o.Empty() || s.marked(name+":said") {
		w.Raw(name, o.Object())
	}
}

func (e *requestWriter) config(w *dialect.Writer) {
	e.inner(w, "generationConfig", func(g *dialect.Writer, s spelling) {
		l, k := &e.p.Limits, &e.p.Sampling
		g.Int(s.name("maxOutputTokens"), l.MaxTokens)
		e.stops(g, s.name("stopSequences"), l.Stop)
		g.Float("temperature", k.Temperature)
		g.Float(s.name("topP"), k.TopP)
		g.Int(s.name("topK"), k.TopK)
		g.Int("seed", k.Seed)
		if k.N != nil && (*k.N > 1 || e.native()) {
			g.Int(s.name("candidateCount"), k.N)
		}
		g.Float(s.name("presencePenalty"), k.PresencePenalty)
		g.Float(s.name("frequencyPenalty"), k.FrequencyPenalty)
		e.output(g, s)
		e.thinking(g)
	})
}

func (e *requestWriter) stops(g *dialect.Writer, name string, stops []string) {
	if len(stops) > maxStops && !e.native() {
		e.lost.Add("stop[%d:]", maxStops)
		stops = stops[:maxStops]
	}
	if len(stops) > 0 {
		g.Raw(name, dialect.Texts(stops))
	}
}

func (e *requestWriter) output(g *dialect.Writer, s spelling) {
	o := &e.p.Output
	if len(o.Modalities) > 0 {
		words := make([]string, len(o.Modalities))
		for i, m := range o.Modalities {
			words[i] = strings.ToUpper(m)
		}
		g.Raw(s.name("responseModalities"), dialect.Texts(words))
	}
	if o.Verbosity != "" {
		e.lost.Add("verbosity")
	}
	e.lost.Extra("", o.Extra, family)
	if o.JSON || o.Schema != nil && !s.marked("responseMimeType:none") {
		g.Text(s.name("responseMimeType"), jsonType)
	}
	if o.Schema == nil {
		return
	}
	e.lost.Extra("response_format.json_schema.", o.Schema.Extra, family)
	switch {
	case o.Schema.Source.Family == family:
		g.Extra(o.Schema.Source, family)
	case e.card.subset:
		g.Raw("responseSchema", toSubset(o.Schema.Raw))
	default:
		g.Raw("responseJsonSchema", o.Schema.Raw)
	}
}

// thinking writes how much the model thinks, in the words of its generation.
func (e *requestWriter) thinking(g *dialect.Writer) {
	r := &e.p.Reasoning
	if r.Source.Family == family {
		g.Extra(r.Source, family)
		return
	}
	if r.Mode == llm.ThinkUnsaid && r.Effort == "" && r.Budget == nil {
		return
	}
	var t dialect.Writer
	switch e.card.thinking {
	case leveled:
		e.level(&t)
	case budgeted:
		e.budget(&t)
	default:
		if r.Mode != llm.ThinkOff {
			e.lost.Add("%s", e.asked())
		}
		return
	}
	// Thoughts are shown to those who asked for thinking as such: an effort
	// alone is a wish about the answer.
	if shown := r.Show != "omitted" && r.Show != "none"; shown && (r.Show != "" || r.Mode == llm.ThinkOn || r.Mode == llm.ThinkAdaptive) {
		t.Raw("includeThoughts", jsonx.Value("true"))
	}
	if !t.Empty() {
		g.Raw("thinkingConfig", t.Object())
	}
}

// asked names the member the client asked for thinking with.
func (e *requestWriter) asked() string {
	if e.p.Reasoning.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

func (e *requestWriter) level(t *dialect.Writer) {
	effort := effortOf(&e.p.Reasoning)
	if effort == "" {
		return // as much as it sees fit
	}
	if _, known := ranks[effort]; !known {
		e.lost.Add("%s", e.asked())
		return
	}
	word, same := e.card.level(effort)
	if !same || e.p.Reasoning.Budget != nil {
		e.lost.Add("%s:%s", e.asked(), word)
	}
	t.Text("thinkingLevel", word)
}

func (e *requestWriter) budget(t *dialect.Writer) {
	r := &e.p.Reasoning
	var n int64
	switch effort := r.Effort; {
	case r.Mode == llm.ThinkOff || effort == "none":
	case r.Budget != nil:
		n = *r.Budget
	case effort != "":
		known := false
		if n, known = budgets[effort]; !known {
			e.lost.Add("%s", e.asked())
			return
		}
	default:
		n = -1 // as much as it sees fit
	}
	if within := min(max(n, e.card.least), e.card.most); n >= 0 && within != n {
		e.lost.Add("%s:%d", e.asked(), within)
		n = within
	}
	t.Number("thinkingBudget", n)
}

func (e *requestWriter) caller(w *dialect.Writer) {
	c := &e.p.Caller
	s := spellingOf(e.p.Extra)
	if e.native() {
		w.Some(s.name("serviceTier"), tierWords[c.Tier])
		w.Raw("labels", c.Metadata)
		return
	}
	if word := tierWords[c.Tier]; word != "" {
		if word != "standard" { // what it is anyway
			w.Text("serviceTier", word)
		}
	} else if c.Tier != "" && c.Tier != "auto" {
		e.lost.Add("service_tier")
	}
}

func placeMark(i int) string { return fmt.Sprintf("tools:%d", i) }

// placeOf finds the mark again, empty for a tool of another family.
func placeOf(t *llm.Tool) string {
	s := spellingOf(t.Extra)
	if i := slices.IndexFunc(s, func(m string) bool { return strings.HasPrefix(m, "tools:") }); i >= 0 {
		return s[i]
	}
	return ""
}
