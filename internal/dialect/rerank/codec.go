package rerank

import (
	"math"
	"strconv"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// codec translates requests for a ranking, and the rankings.
type codec struct{ names }

// DecodeRequest reads a client's request.
func (c codec) DecodeRequest(body []byte) (*llm.Ranking, error) {
	r := dialect.ReadRequest(body)
	q := &llm.Ranking{Model: take(r, c.model)}
	if c.wrapQuery {
		q.Query = r.Object(r.Take(c.query), c.query).Text(c.wrap)
	} else {
		q.Query = r.Text(c.query)
	}
	if q.Query == "" {
		r.Fail(c.query, "is required")
	}
	for at, v := range r.List(c.documents) {
		d := llm.Candidate{Raw: v}
		if text, ok := jsonx.Text(v); ok {
			d.Text = text
		} else if d.Text, ok = jsonx.Text(jsonx.At(v, "text")); !ok {
			r.Fail(at, "must be a text, or an object with one")
		}
		q.Documents = append(q.Documents, d)
	}
	if len(q.Documents) == 0 {
		r.Fail(c.documents, "must hold a document")
	}
	inner := r
	for _, name := range c.topWithin {
		inner = inner.Object(inner.Take(name), name)
	}
	if c.top != "" {
		q.Top = inner.Int(c.top)
	}
	if c.give != "" {
		q.Return = r.Bool(c.give)
	}
	q.Extra = r.Rest(c.family)
	return q, r.Err()
}

func take(r *dialect.Reader, name string) string {
	if name == "" {
		return ""
	}
	return r.Text(name)
}

// EncodeRequest asks a provider.
func (c codec) EncodeRequest(q *llm.Ranking) (body []byte, lost []string, err error) {
	var losses dialect.Losses
	losses.Extra("", q.Extra, c.family)
	var w dialect.Writer
	if c.model != "" {
		w.Some(c.model, q.Model)
	}
	if c.wrapQuery {
		w.Raw(c.query, c.wrapped(q.Query))
	} else {
		w.Text(c.query, q.Query)
	}
	var list dialect.List
	for _, d := range q.Documents {
		if c.wrap != "" {
			list.Add(c.wrapped(d.Text))
		} else {
			list.Add(jsonx.Quote(d.Text))
		}
	}
	w.Raw(c.documents, list.Array())
	if q.Top != nil && c.top != "" {
		v := jsonx.Value(strconv.FormatInt(*q.Top, 10))
		name := c.top
		for i := len(c.topWithin) - 1; i >= 0; i-- {
			var o dialect.Writer
			o.Raw(name, v)
			v, name = o.Object(), c.topWithin[i]
		}
		w.Raw(name, v)
	}
	w.Extra(q.Extra, c.family)
	return w.Object(), losses, nil // documents are given back from here, and cut to the top
}

func (c codec) wrapped(text string) jsonx.Value {
	var w dialect.Writer
	w.Text(c.wrap, text)
	return w.Object()
}

// DecodeReply reads a provider's ranking.
func (c codec) DecodeReply(body []byte, _ *llm.Ranking) (*llm.Ranks, error) {
	a := &llm.Ranks{}
	list := jsonx.Value(body)
	if c.results == "" {
		if jsonx.Check(body) != nil || jsonx.KindOf(list) != jsonx.Array {
			return nil, dialect.Invalid("the provider's answer is no list", nil)
		}
		return a, c.ranks(a, list)
	}
	r := dialect.ReadReply(body)
	a.ID, a.Model = r.Text("id"), r.Text("model")
	if list = r.Take(c.results); jsonx.KindOf(list) != jsonx.Array {
		r.Fail("", "has no list of "+c.results)
	}
	a.Usage = c.usage(r)
	if err := r.Err(); err != nil {
		return nil, err
	}
	if err := c.ranks(a, list); err != nil {
		return nil, err
	}
	a.Extra = r.Rest(c.family)
	return a, nil
}

func (c codec) ranks(a *llm.Ranks, list jsonx.Value) error {
	for v := range jsonx.Elements(list) {
		at, ok := jsonx.Int(jsonx.At(v, "index"))
		score := jsonx.At(v, c.score)
		if !ok || jsonx.KindOf(score) != jsonx.Number {
			return dialect.Invalid("the provider's ranking has an entry without index or score", nil)
		}
		if c.logit {
			f, _ := jsonx.Float(score)
			score = jsonx.Value(strconv.FormatFloat(1/(1+math.Exp(-f)), 'g', -1, 64))
		}
		a.Ranks = append(a.Ranks, llm.Rank{Index: at, Score: score})
	}
	return nil
}

func (c codec) usage(r *dialect.Reader) *llm.Usage {
	if c.inputCount != "" {
		if n := r.Int(c.inputCount); n != nil {
			return &llm.Usage{Input: *n}
		}
		return nil
	}
	for _, path := range [][]string{{"usage", "prompt_tokens"}, {"usage", "total_tokens"}, {"meta", "tokens", "input_tokens"}} {
		if f, ok := jsonx.Float(jsonx.At(r.Peek(path[0]), path[1:]...)); ok {
			return &llm.Usage{Input: int64(f)}
		}
	}
	return nil
}

// EncodeReply answers a client. What a provider names beyond the top that was
// asked for is left out; documents are those of the request.
func (c codec) EncodeReply(a *llm.Ranks, q *llm.Ranking, provider string) []byte {
	var list dialect.List
	for i, rank := range a.Ranks {
		if q.Top != nil && int64(i) >= *q.Top {
			break
		}
		var one dialect.Writer
		one.Number("index", rank.Index)
		one.Raw(c.score, rank.Score)
		if q.Return != nil && *q.Return && rank.Index >= 0 && rank.Index < int64(len(q.Documents)) {
			var d dialect.Writer
			d.Text("text", q.Documents[rank.Index].Text)
			one.Raw("document", d.Object())
		}
		list.Add(one.Object())
	}
	var w dialect.Writer
	w.Some("id", a.ID)
	model := a.Model
	if model == "" {
		model = q.Model
	}
	w.Some("model", model)
	if c.results == "" {
		return list.Array()
	}
	w.Raw(c.results, list.Array())
	if a.Usage != nil {
		var u dialect.Writer
		u.Number("prompt_tokens", a.Usage.Input)
		u.Number("total_tokens", a.Usage.Input)
		w.Raw("usage", u.Object())
	}
	w.Text("provider", provider)
	w.Extra(a.Extra, c.family)
	return w.Object()
}

func (c codec) inspect(_ llm.Op, body []byte) (dialect.Facts, error) {
	a, err := c.DecodeReply(body, nil)
	if err != nil {
		return dialect.Facts{}, err
	}
	return dialect.Facts{Usage: a.Usage}, nil
}
