package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// embedCodec translates requests for vectors (Cohere API, Embed v2).
type embedCodec struct{}

// maxTexts is how many texts one request may hold.
const maxTexts = 96

// BatchSize is how many texts a request to the model may hold.
func (embedCodec) BatchSize(string) int { return maxTexts }

// tasks are the vendor's words for what vectors are for, and Gemini's for the
// same (Gemini API, task types).
var tasks = map[string]string{
	"search_document": "search_document", "search_query": "search_query",
	"classification": "classification", "clustering": "clustering",
	"RETRIEVAL_DOCUMENT": "search_document", "RETRIEVAL_QUERY": "search_query",
	"QUESTION_ANSWERING": "search_query", "FACT_VERIFICATION": "search_query", "CODE_RETRIEVAL_QUERY": "search_query",
	"CLASSIFICATION": "classification", "CLUSTERING": "clustering",
}

// EncodeRequest writes the request. The vendor refuses one that does not say
// what the vectors are for: unless the client did, they are to be searched.
// Plain numbers are asked for; whoever wants them packed gets them packed here.
func (embedCodec) EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error) {
	var losses dialect.Losses
	losses.Extra("", e.Extra, family)
	if n := len(e.Texts); n == 0 {
		return nil, false, nil, dialect.Refuse("input", "must hold a text")
	} else if n > maxTexts {
		return nil, false, nil, dialect.Refuse("input", "this provider takes %d texts at most, not %d", maxTexts, n)
	}
	task, known := tasks[e.Task]
	switch {
	case known:
	case e.Task != "" && e.Extra.Family == family:
		task = e.Task
	default:
		task = "search_document"
		if e.Task != "" {
			losses.Add("%s", e.TaskField)
		}
	}
	if e.Title != "" {
		losses.Add("title")
	}
	var w dialect.Writer
	w.Text("model", e.Model)
	if e.Pictures() {
		w.Raw("inputs", inputs(e))
		if !known && e.Task == "" && onlyPictures(e) {
			task = "image"
		}
	} else {
		w.Raw("texts", dialect.Texts(e.Texts))
	}
	w.Text("input_type", task)
	w.Raw("embedding_types", jsonx.Value(`["float"]`))
	w.Int("output_dimension", e.Dimensions)
	w.Extra(e.Extra, family)
	return w.Object(), false, losses, nil
}

func onlyPictures(e *llm.Embedding) bool {
	for i := range e.Texts {
		if e.Media[i] == nil {
			return false
		}
	}
	return true
}

// inputs writes texts and pictures in one list (Cohere API, Embed v2, inputs).
func inputs(e *llm.Embedding) jsonx.Value {
	var list dialect.List
	for i, text := range e.Texts {
		var part, w dialect.Writer
		if m := e.Media[i]; m != nil {
			picture(&part, m)
		} else {
			part.Text("type", "text")
			part.Text("text", text)
		}
		var content dialect.List
		content.Add(part.Object())
		w.Raw("content", content.Array())
		list.Add(w.Object())
	}
	return list.Array()
}

// DecodeRequest reads a client's request.
func (embedCodec) DecodeRequest(body []byte) (*llm.Embedding, error) {
	r := dialect.ReadRequest(body)
	e := &llm.Embedding{Model: r.Text("model"), Task: r.Text("input_type"), TaskField: "input_type", Dimensions: r.Int("output_dimension"), Batch: true}
	e.Texts = r.Texts("texts")
	for at, v := range r.List("images") {
		readPicture(e, r, at, v)
	}
	for at, v := range r.List("inputs") {
		o := r.Object(v, at)
		for inner, part := range o.List("content") {
			p := readPart(o.Object(part, inner))
			if p.Kind == llm.PartMedia {
				e.Add("", p.Media)
			} else {
				e.Add(p.Text, nil)
			}
		}
	}
	for _, kind := range r.Texts("embedding_types") {
		switch kind {
		case "float":
		case "base64":
			e.Base64 = true
		default:
			r.Fail("embedding_types", "must be float or base64")
		}
	}
	e.Extra = r.Rest(family)
	e.Extra.Family = family
	return e, r.Err()
}

func readPicture(e *llm.Embedding, r *dialect.Reader, at string, v jsonx.Value) {
	url, _ := jsonx.Text(v)
	kind, data, ok := dialect.DataURL(url)
	if !ok {
		r.Fail(at, "must be a data URL in base64")
	}
	e.Add("", &llm.Media{Kind: llm.Image, Type: kind, Data: data})
}

// DecodeReply reads a provider's answer. Who asks for no types gets a plain list.
func (embedCodec) DecodeReply(body []byte) (*llm.Vectors, error) {
	r := dialect.ReadReply(body)
	v := &llm.Vectors{Usage: readUsage(r.Peek("meta"))}
	list := r.Peek("embeddings")
	if jsonx.KindOf(list) == jsonx.Composite {
		list = jsonx.At(list, "float")
	}
	for values := range jsonx.Elements(list) {
		if jsonx.KindOf(values) != jsonx.Array {
			r.Fail("", "has an embedding that is no list of numbers")
		}
		v.Values = append(v.Values, values)
	}
	if len(v.Values) == 0 {
		r.Fail("", "has no embeddings")
	}
	return v, r.Err()
}

// EncodeReply writes the answer for a client.
func (embedCodec) EncodeReply(v *llm.Vectors, ask *llm.Embedding, _ string) []byte {
	var list dialect.List
	for _, values := range v.Values {
		if ask.Base64 {
			values = dialect.Packed(values)
		}
		list.Add(values)
	}
	name := "float"
	if ask.Base64 {
		name = "base64"
	}
	var of, w dialect.Writer
	of.Raw(name, list.Array())
	w.Text("id", "")
	w.Raw("embeddings", of.Object())
	w.Raw("texts", dialect.Texts(ask.Texts))
	if v.Usage != nil {
		var billed, meta dialect.Writer
		billed.Number("input_tokens", v.Usage.Input)
		meta.Raw("billed_units", billed.Object())
		w.Raw("meta", meta.Object())
	}
	w.Text("response_type", "embeddings_by_type")
	return w.Object()
}
