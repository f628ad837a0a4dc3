package bedrock

import (
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
	quietly  bool  // it thinks so much that it takes no knobs
	only     string
	names    map[string]bool // of documents
	more     dialect.Writer  // the family's own fields
	limit    *int64
}

// EncodeRequest asks a provider what a client of another dialect asked (wire
// formats, Converse request).
func (codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, family); err != nil {
		return nil, nil, err
	}
	p, moved := dialect.Merged(p, family)
	e := &requestWriter{p: p, lost: moved, card: cardOf(p.Model), names: make(map[string]bool), limit: p.Limits.MaxTokens}
	e.marks = max(0, countMarks(p)-maxMarks)
	w := dialect.Compose()
	e.reasoning()
	tools := e.toolConfig()
	system, messages := e.conversation()
	w.Raw("system", system)
	w.Raw("messages", messages)
	e.inference(&w)
	w.Raw("toolConfig", tools)
	e.output(&w)
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

// ours are members that other surfaces of this gateway take for this vendor, as
// the incumbent does (wire formats, Converse request).
var ours = map[string]string{
	"guardrail_config": "guardrailConfig", "guardrailConfig": "guardrailConfig",
	"performance_config": "performanceConfig", "performanceConfig": "performanceConfig",
	"additional_model_request_fields": more, more: more, "anthropic_beta": more,
	"additional_model_response_field_paths": "additionalModelResponseFieldPaths",
	"additionalModelResponseFieldPaths":     "additionalModelResponseFieldPaths",
}

// rest writes what belongs to this family alone and reports what belongs to
// another.
func (e *requestWriter) rest(w *dialect.Writer) {
	x := e.p.Extra
	x.Fields = nil
	for _, f := range e.p.Extra.Fields {
		switch name, is := ours[f.Name]; {
		case e.native() || !is:
			x.Fields = append(x.Fields, f)
		case f.Name == "anthropic_beta":
			e.betas(f.Value)
		case name == more:
			addAll(&e.more, f.Value)
		default:
			w.Raw(name, f.Value)
		}
	}
	switch source := e.p.Reasoning.Source.Get(family, more); {
	case source != nil:
		w.Raw(more, source)
	case !e.native():
		nest(w, more, &e.more, llm.Extra{})
	}
	w.Extra(x, family)
	e.lost.Extra("", x, family)
}

// betas are names of features, one text with commas or a list.
func (e *requestWriter) betas(v jsonx.Value) {
	if text, ok := jsonx.Text(v); ok {
		names := strings.Split(text, ",")
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		v = dialect.Texts(names)
	}
	e.more.Raw("anthropic_beta", v)
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
	if s := o.Schema; s != nil {
		if !e.card.schemas && !e.native() {
			e.refuse("response_format", "the model %s cannot be held to a JSON schema", e.p.Model)
		}
		var j, structure, f dialect.Writer
		name := s.Name
		if name == "" && !e.native() {
			name = "output"
		}
		j.Some("name", name)
		j.Some("description", s.Description)
		j.Text("schema", string(s.Raw))
		j.Extra(s.Extra, family)
		e.lost.Extra("response_format.json_schema.", s.Extra, family)
		structure.Raw("jsonSchema", j.Object())
		f.Text("type", "json_schema")
		f.Raw("structure", structure.Object())
		c.Raw("textFormat", f.Object())
	}
	nest(w, "outputConfig", &c, e.p.Extra)
	e.lost.Extra("", o.Extra, family)
}

// tiers are the vendor's words for how urgent a request is (Amazon Bedrock API,
// ServiceTier).
var tiers = map[string]string{
	"default": "default", "standard_only": "default", "priority": "priority", "flex": "flex", "reserved": "reserved",
}

func (e *requestWriter) caller(w *dialect.Writer) {
	c := &e.p.Caller
	if e.native() {
		var t dialect.Writer
		t.Some("type", c.Tier)
		nest(w, "serviceTier", &t, e.p.Extra)
		w.Raw("requestMetadata", c.Metadata)
		return
	}
	user := c.User
	if user == "" {
		user = c.SafetyID
	}
	// Claude's maker wants no names of persons there; nobody else has the word.
	if e.card.proofs && user != "" && len(user) <= 256 && !strings.Contains(user, "@") {
		e.put([]string{"metadata", "user_id"}, jsonx.Quote(user))
	}
	switch word, known := tiers[c.Tier]; {
	case known:
		var t dialect.Writer
		t.Text("type", word)
		w.Raw("serviceTier", t.Object())
	case c.Tier != "" && c.Tier != "auto":
		e.lost.Add("service_tier")
	}
	if labels(c.Metadata) {
		w.Raw("requestMetadata", c.Metadata)
	} else if c.Metadata != nil {
		e.lost.Add("metadata")
	}
}

// labels reports whether metadata are what the vendor takes for it: at most 16
// short texts of plain characters (Amazon Bedrock API, requestMetadata).
func labels(v jsonx.Value) bool {
	o, err := jsonx.Parse(v)
	if err != nil || o.Len() > 16 {
		return false
	}
	fits := func(s string) bool {
		return len(s) <= 256 && !strings.ContainsFunc(s, func(c rune) bool {
			return !alphanumeric(c) && !strings.ContainsRune(" :_@$#=/+,-.", c)
		})
	}
	for name, value := range o.All() {
		text, ok := jsonx.Text(value)
		if !ok || name == "" || !fits(name) || !fits(text) {
			return false
		}
	}
	return true
}
