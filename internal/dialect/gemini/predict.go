package gemini

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Predict is the format of Vertex AI's older vectors (Vertex AI API,
// publishers.models.predict; wire formats, Vertex AI, differences).
var Predict = dialect.Dialect{
	Name:             "vertex",
	ModelInURL:       true,
	Embed:            predictCodec{},
	Inspect:          inspectPredict,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
}

const predictFamily = "vertex-predict"

// predictCodec translates requests for vectors.
type predictCodec struct{}

// BatchSize is how many instances a request may hold: the newer models take
// one (Vertex AI, text embeddings API).
func (predictCodec) BatchSize(model string) int {
	if strings.HasPrefix(model, "gemini-embedding") {
		return 1
	}
	return 250
}

// EncodeRequest writes an instance for each text.
func (predictCodec) EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error) {
	var losses dialect.Losses
	losses.Extra("", e.Extra, predictFamily)
	if len(e.Texts) == 0 {
		return nil, false, nil, dialect.Refuse("input", "must hold a text")
	}
	var list dialect.List
	for _, text := range e.Texts {
		var w dialect.Writer
		w.Text("content", text)
		w.Some("task_type", e.Task)
		w.Some("title", e.Title)
		list.Add(w.Object())
	}
	var w, parameters dialect.Writer
	w.Raw("instances", list.Array())
	parameters.Int("outputDimensionality", e.Dimensions)
	if e.Dimensions != nil {
		w.Raw("parameters", parameters.Object())
	}
	return w.Object(), false, losses, nil
}

// DecodeRequest reads a client's request.
func (predictCodec) DecodeRequest(body []byte) (*llm.Embedding, error) {
	r := dialect.ReadRequest(body)
	e := &llm.Embedding{Batch: true}
	for at, v := range r.List("instances") {
		i := r.Object(v, at)
		e.Texts = append(e.Texts, i.Text("content"))
		e.Task, e.Title = i.Text("task_type"), i.Text("title")
	}
	if v := r.Take("parameters"); v != nil {
		e.Dimensions = r.Object(v, "parameters").Int("outputDimensionality")
	}
	if len(e.Texts) == 0 {
		r.Fail("instances", "is required")
	}
	e.Extra = r.Rest(predictFamily)
	return e, r.Err()
}

// DecodeReply reads the vectors; the cost is told with each of them.
func (predictCodec) DecodeReply(body []byte) (*llm.Vectors, error) {
	r := dialect.ReadReply(body)
	v := &llm.Vectors{}
	for p := range jsonx.Elements(r.Take("predictions")) {
		values := jsonx.At(p, "embeddings", "values")
		if jsonx.KindOf(values) != jsonx.Array {
			r.Fail("", "has a prediction without values")
		}
		v.Values = append(v.Values, values)
		if n, ok := jsonx.Int(jsonx.At(p, "embeddings", "statistics", "token_count")); ok {
			if v.Usage == nil {
				v.Usage = &llm.Usage{}
			}
			v.Usage.Input += n
		}
	}
	if len(v.Values) == 0 {
		r.Fail("", "has no predictions")
	}
	return v, r.Err()
}

// EncodeReply writes the answer for a client.
func (predictCodec) EncodeReply(v *llm.Vectors, _ *llm.Embedding, _ string) []byte {
	var list dialect.List
	for _, values := range v.Values {
		var one, p dialect.Writer
		one.Raw("values", values)
		p.Raw("embeddings", one.Object())
		list.Add(p.Object())
	}
	var w dialect.Writer
	w.Raw("predictions", list.Array())
	return w.Object()
}

func inspectPredict(_ llm.Op, body []byte) (dialect.Facts, error) {
	v, err := predictCodec{}.DecodeReply(body)
	if err != nil {
		return dialect.Facts{}, err
	}
	return dialect.Facts{Usage: v.Usage}, nil
}
