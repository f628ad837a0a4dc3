package embedding

import (
	"net/http"
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// codec is the provider's half of a request for vectors.
type codec struct{ *names }

// BatchSize is how many texts one request may hold.
func (c codec) BatchSize(string) int {
	if c.one {
		return 1
	}
	return c.most
}

// DecodeRequest refuses: no client speaks these formats.
func (c codec) DecodeRequest([]byte) (*llm.Embedding, error) {
	return nil, &llm.Error{Kind: llm.NotSupported, Status: http.StatusNotImplemented, Message: c.family + " is not spoken with clients"}
}

// EncodeReply is for clients, and none speaks these formats.
func (codec) EncodeReply(*llm.Vectors, *llm.Embedding, string) []byte { return nil }

// EncodeRequest asks the vendor. Members that a client wrote for it go along;
// what else it wrote is lost.
func (c codec) EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error) {
	switch {
	case e.Pictures():
		return nil, false, nil, dialect.Refuse("input", "this provider makes vectors of texts only")
	case len(e.Texts) == 0:
		return nil, false, nil, dialect.Refuse("input", "must hold a text")
	}
	var losses dialect.Losses
	var w dialect.Writer
	own := c.kept(e, &losses)
	c.name(&w, e.Model)
	if c.one {
		w.Text(c.texts, e.Texts[0])
	} else {
		w.Raw(c.texts, dialect.Texts(e.Texts))
	}
	if e.Dimensions != nil && c.dimensions == "" {
		losses.Add("dimensions")
	} else {
		w.Int(c.dimensions, e.Dimensions)
	}
	if !own.has(c.task) {
		w.Some(c.task, c.word(e, &losses))
	}
	if e.Title != "" {
		losses.Add("title")
	}
	w.Extra(llm.Extra(own), own.Family)
	return w.Object(), len(e.Texts) > 1, losses, nil
}

// name says the model, where the address does not.
func (c codec) name(w *dialect.Writer, model string) {
	if c.wrap == "" {
		if c.model != "" {
			w.Text(c.model, model)
		}
		return
	}
	var o dialect.Writer
	o.Text(c.kind, c.kindName)
	o.Text(c.model, model)
	w.Raw(c.wrap, o.Object())
}

// word is the vendor's for what the vectors are for.
func (c codec) word(e *llm.Embedding, lost *dialect.Losses) string {
	if word := c.tasks[uses[e.Task]]; word != "" {
		return word
	}
	for _, word := range c.tasks { // the client knows the vendor's own
		if word == e.Task && word != "" {
			return word
		}
	}
	if e.Task != "" {
		lost.Add("input_type")
	}
	return c.fallback
}

type members llm.Extra

// kept are the members of the client's that are the vendor's own.
func (c codec) kept(e *llm.Embedding, lost *dialect.Losses) members {
	own, rest := members{Family: c.family}, e.Extra
	rest.Fields = nil
	for _, f := range e.Extra.Fields {
		if slices.Contains(c.own, f.Name) {
			own.Fields = append(own.Fields, f)
		} else {
			rest.Fields = append(rest.Fields, f)
		}
	}
	lost.Extra("", rest, c.family)
	return own
}

func (m members) has(name string) bool {
	return slices.ContainsFunc(m.Fields, func(f llm.Field) bool { return f.Name == name })
}

// DecodeReply reads a provider's vectors.
func (c codec) DecodeReply(body []byte) (*llm.Vectors, error) {
	if c.vectors == "" && c.only == nil {
		return matrix(body)
	}
	r := dialect.ReadReply(body)
	if err := r.Err(); err != nil {
		return nil, err
	}
	v := &llm.Vectors{}
	if c.only != nil {
		v.Values = []jsonx.Value{jsonx.At(r.Raw(), c.only...)}
	} else {
		for item := range jsonx.Elements(r.Peek(c.vectors)) {
			if c.each != "" {
				item = jsonx.At(item, c.each)
			}
			if inner := jsonx.At(item, "0"); c.nested && jsonx.KindOf(inner) == jsonx.Array {
				item = inner
			}
			v.Values = append(v.Values, item)
		}
	}
	for _, values := range v.Values {
		if jsonx.KindOf(values) != jsonx.Array {
			return nil, dialect.Invalid("the provider's answer has a vector that is no list of numbers", nil)
		}
	}
	if len(v.Values) == 0 {
		return nil, dialect.Invalid("the provider's answer has no vectors", nil)
	}
	for _, path := range c.tokens {
		if n, ok := jsonx.Int(jsonx.At(r.Raw(), path...)); ok {
			v.Usage = &llm.Usage{Input: n}
			break
		}
	}
	if c.model == "model" {
		v.Model = r.Text("model")
	}
	return v, r.Err()
}

func (c codec) inspect(_ llm.Op, body []byte) (dialect.Facts, error) {
	v, err := c.DecodeReply(body)
	if err != nil {
		return dialect.Facts{}, err
	}
	return dialect.Facts{Usage: v.Usage}, nil
}
