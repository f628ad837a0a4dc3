package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// embedCodec translates requests for vectors (OpenAI API, embeddings).
type embedCodec struct{}

// DecodeRequest reads a client's request.
func (embedCodec) DecodeRequest(body []byte) (*llm.Embedding, error) {
	r := dialect.ReadRequest(body)
	e := &llm.Embedding{Model: r.Text("model"), Dimensions: r.Int("dimensions"), Base64: r.Text("encoding_format") == "base64"}
	e.Task, e.TaskField = r.Text("input_type"), "input_type" // the incumbent's, for vendors that want to know
	_ = r.Take("user")                                       // bookkeeping that nobody can miss
	if text, ok := jsonx.Text(r.Peek("input")); ok {
		_ = r.Take("input")
		e.Texts = []string{text}
	} else {
		e.Batch = true
		for at, v := range r.List("input") {
			switch text, ok := jsonx.Text(v); {
			case ok:
				e.Add(text, nil)
			case jsonx.KindOf(v) == jsonx.Composite:
				readInput(e, r.Object(v, at))
			default:
				r.Fail(at, "must be a text: token ids mean nothing to another vendor")
			}
		}
	}
	e.Extra = r.Rest(family)
	return e, r.Err()
}

// readInput reads an element that is no plain text: the incumbent's {text} and
// {image: {base64 | url}} (wire formats, canonical embeddings).
func readInput(e *llm.Embedding, o *dialect.Reader) {
	v := o.Peek("image")
	if v == nil {
		if o.Peek("text") == nil {
			o.Fail(o.Path("text"), "or an image is required")
		}
		e.Add(o.Text("text"), nil)
		return
	}
	image := o.Object(v, "image")
	m := &llm.Media{Kind: llm.Image, URL: image.Text("url"), Data: image.Text("base64"), Type: "image/png"}
	if kind, data, ok := dialect.DataURL(m.URL + m.Data); ok {
		m.Type, m.Data, m.URL = kind, data, ""
	}
	if m.URL != "" {
		m.Type = ""
	}
	e.Add("", m)
}

// EncodeRequest asks a provider. Plain numbers are asked for: whoever wants them
// packed gets them packed here.
func (embedCodec) EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error) {
	if e.Pictures() {
		return nil, false, nil, dialect.Refuse("input", "this provider makes vectors of texts only")
	}
	var losses dialect.Losses
	losses.Extra("", e.Extra, family)
	if e.Task != "" {
		losses.Add("%s", e.TaskField)
	}
	if e.Title != "" {
		losses.Add("title")
	}
	var w dialect.Writer
	w.Text("model", e.Model)
	if len(e.Texts) == 1 && !e.Batch {
		w.Text("input", e.Texts[0])
	} else {
		w.Raw("input", dialect.Texts(e.Texts))
	}
	w.Text("encoding_format", "float")
	w.Int("dimensions", e.Dimensions)
	return w.Object(), false, losses, nil
}

// DecodeReply reads a provider's answer.
func (embedCodec) DecodeReply(body []byte) (*llm.Vectors, error) {
	r := dialect.ReadReply(body)
	v := &llm.Vectors{Model: r.Text("model"), Usage: readUsage(r.Peek("usage"))}
	for at, item := range r.List("data") {
		values := jsonx.At(item, "embedding")
		if jsonx.KindOf(values) != jsonx.Array {
			r.Fail(at, "is no vector of numbers")
		}
		v.Values = append(v.Values, values)
	}
	return v, r.Err()
}

// EncodeReply writes the answer for a client.
func (embedCodec) EncodeReply(v *llm.Vectors, ask *llm.Embedding, provider string) []byte {
	var list dialect.List
	for i, values := range v.Values {
		if ask.Base64 {
			values = dialect.Packed(values)
		}
		var one dialect.Writer
		one.Text("object", "embedding")
		one.Number("index", int64(i))
		one.Raw("embedding", values)
		list.Add(one.Object())
	}
	usage := v.Usage
	if usage == nil {
		usage = &llm.Usage{}
	}
	model := v.Model
	if model == "" {
		model = ask.Model
	}
	var u, w dialect.Writer
	u.Number("prompt_tokens", usage.Input)
	u.Number("total_tokens", usage.Input)
	w.Text("object", "list")
	w.Raw("data", list.Array())
	w.Text("model", model)
	w.Text("provider", provider)
	w.Raw("usage", u.Object())
	return w.Object()
}
