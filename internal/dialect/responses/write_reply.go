package responses

import (
	"time"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// EncodeReply answers a client with what a provider of another dialect said
// (wire formats, OpenAI Responses). This dialect has one answer.
func (codec) EncodeReply(r *llm.Reply, as dialect.Reply) (body []byte, lost []string, err error) {
	var losses dialect.Losses
	a := answer{as: as, id: r.ID, model: r.Model, created: createdOf(r), extra: r.Extra}
	var items []*item
	for i := range r.Choices {
		c := &r.Choices[i]
		if i > 0 {
			losses.Add("%s", index("choices", i))
			continue
		}
		losses.Extra("choices[0].", c.Extra, family)
		for j := range c.Messages {
			losses.Extra("choices[0].message.", c.Messages[j].Extra, family)
			items = a.items(items, &c.Messages[j], &losses)
		}
		a.stop, a.refused = c.Stop, refused(c.Messages)
	}
	var list dialect.List
	for _, i := range items {
		list.Add(i.write(as.Chat))
	}
	return a.write(list.Array(), r.Usage), losses, nil
}

// createdOf is the gateway's clock where the provider has none. An answer of
// this family stays as it came.
func createdOf(r *llm.Reply) int64 {
	if r.Created == 0 && r.Extra.Family != family {
		return time.Now().Unix()
	}
	return r.Created
}

// items cuts a message into items.
func (a *answer) items(items []*item, m *llm.Message, lost *dialect.Losses) []*item {
	var open *item
	for j := range m.Parts {
		p := &m.Parts[j]
		kind := kindOf(p, m)
		if kind == noItem {
			lost.Add("%s", dialect.PartName(p))
			continue
		}
		report(p, lost)
		if alone(p) {
			items = append(items, a.proof(p.Seal, dialect.Next))
			open = nil
		}
		if open == nil || !open.takes(kind) {
			open = a.newItem(kind, m, p)
			items = append(items, open)
		}
		open.parts = append(open.parts, p)
	}
	if len(m.Parts) == 0 && a.native() { // an item of nothing
		items = append(items, a.newItem(message, m, nil))
	}
	return items
}

// proof is an item for the proof of a part of another one.
func (a *answer) proof(s *llm.Seal, where dialect.Beside) *item {
	a.proofs++
	p := proofItem(s, where)
	return &item{kind: reasoning, of: &llm.Message{}, id: a.madeID(prefixes[reasoning], "proof", a.proofs), parts: []*llm.Part{p}}
}

// report names what an item cannot show of a part.
func report(p *llm.Part, lost *dialect.Losses) {
	for i := range p.Cites {
		if annotation(&p.Cites[i], "") == nil {
			lost.Add("citations")
			return
		}
	}
}

// answer is the response object, whole or at some step of a stream.
type answer struct {
	as        dialect.Reply
	id, model string
	created   int64
	stop      llm.Stop
	refused   bool
	running   bool
	extra     llm.Extra
	made      int // items so far, but for those of proofs
	proofs    int
}

// native reports whether the answer is of this family, to be repeated.
func (a *answer) native() bool { return a.extra.Family == family }

func (a *answer) status() (status, reason string) {
	switch {
	case a.running:
		return statusInProgress, ""
	case a.native():
		return a.stop.Raw, ""
	}
	return statusOf(a.stop, a.refused)
}

func (a *answer) write(output jsonx.Value, usage *llm.Usage) jsonx.Value {
	var w dialect.Writer
	status, reason := a.status()
	w.Text("id", a.id)
	if !a.native() {
		w.Text("object", "response")
	}
	if a.created != 0 {
		w.Number("created_at", a.created)
	}
	w.Some("status", status)
	if !a.native() {
		a.echo(&w, reason)
	}
	w.Text("model", a.model)
	w.Raw("output", output)
	w.Raw("usage", writeUsage(usage))
	w.Some("provider", a.as.Provider)
	w.Extra(a.extra, family)
	return w.Object()
}

// echo repeats what was asked: clients of this dialect read it without looking
// whether it is there (OpenAI API, the response object, required members).
func (a *answer) echo(w *dialect.Writer, reason string) {
	p := a.as.Chat
	if p == nil {
		p = &llm.Prompt{}
	}
	e := &requestWriter{p: p}
	w.Null("error")
	if reason != "" {
		var d dialect.Writer
		d.Text("reason", reason)
		w.Raw("incomplete_details", d.Object())
	} else {
		w.Null("incomplete_details")
	}
	if p.Slot && len(p.Messages) > 0 && len(p.Messages[0].Parts) > 0 {
		w.Text("instructions", p.Messages[0].Parts[0].Text)
	} else {
		w.Null("instructions")
	}
	intOrNull(w, "max_output_tokens", p.Limits.MaxTokens)
	w.Raw("tools", e.tools())
	w.Raw("tool_choice", or(e.choice(), `"auto"`))
	parallel := p.Choice.Parallel == nil || *p.Choice.Parallel
	w.Bool("parallel_tool_calls", &parallel)
	w.Float("temperature", orOne(p.Sampling.Temperature))
	w.Float("top_p", orOne(p.Sampling.TopP))
	w.Raw("text", or(e.output(), `{"format":{"type":"text"}}`))
	w.Raw("reasoning", or(e.reasoning(), `{"effort":null,"summary":null}`))
	w.Raw("metadata", or(p.Caller.Metadata, `{}`))
	w.Raw("truncation", or(p.Extra.Get(family, "truncation"), `"disabled"`))
	w.Null("previous_response_id")
	w.Raw("store", jsonx.Value("false")) // nobody keeps it
	w.Raw("background", jsonx.Value("false"))
	w.Some("user", p.Caller.User)
	w.Some("safety_identifier", p.Caller.SafetyID)
	w.Some("prompt_cache_key", p.Caller.CacheKey)
	e.tier(w, p.Caller.Tier)
}

func or(v jsonx.Value, otherwise string) jsonx.Value {
	if v == nil {
		return jsonx.Value(otherwise)
	}
	return v
}

func orOne(f *float64) *float64 {
	if f == nil {
		one := 1.0
		return &one
	}
	return f
}

func intOrNull(w *dialect.Writer, name string, n *int64) {
	if n == nil {
		w.Null(name)
		return
	}
	w.Number(name, *n)
}
