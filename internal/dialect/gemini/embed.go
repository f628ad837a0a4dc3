package gemini

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// embedCodec translates requests for vectors (Gemini API, models.embedContent
// and models.batchEmbedContents).
type embedCodec struct{}

// BatchSize is how many texts one request may hold (Gemini API,
// models.batchEmbedContents).
func (embedCodec) BatchSize(string) int { return 100 }

// EncodeRequest writes the request. Many texts must go as many requests: as parts
// of one they would become one vector.
func (embedCodec) EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error) {
	if e.Pictures() {
		return nil, false, nil, dialect.Refuse("input", "this provider makes vectors of texts only")
	}
	var losses dialect.Losses
	losses.Extra("", e.Extra, family)
	switch n := len(e.Texts); {
	case n == 0:
		return nil, false, nil, dialect.Refuse("input", "must hold a text")
	case n == 1 && !e.Batch:
		return one(e, e.Texts[0], ""), false, losses, nil
	}
	var list dialect.List
	for _, text := range e.Texts {
		list.Add(one(e, text, resource(e.Model)))
	}
	var w dialect.Writer
	w.Raw("requests", list.Array())
	return w.Object(), true, losses, nil
}

// resource is the name of a model among the vendor's things.
func resource(model string) string {
	if strings.Contains(model, "/") {
		return model
	}
	return "models/" + model
}

// tasks are the vendor's words for Cohere's, which clients of OpenAI's dialect
// say too (Gemini API, task types; Cohere API, Embed v2, input_type).
var tasks = map[string]string{
	"search_document": "RETRIEVAL_DOCUMENT", "search_query": "RETRIEVAL_QUERY",
	"classification": "CLASSIFICATION", "clustering": "CLUSTERING",
}

func one(e *llm.Embedding, text, model string) jsonx.Value {
	var part, w dialect.Writer
	part.Text("text", text)
	var parts dialect.List
	parts.Add(part.Object())
	var content dialect.Writer
	content.Raw("parts", parts.Array())
	w.Some("model", model)
	w.Raw("content", content.Object())
	task := e.Task
	if word, known := tasks[task]; known {
		task = word
	}
	w.Some("taskType", task)
	w.Some("title", e.Title)
	w.Int("outputDimensionality", e.Dimensions)
	return w.Object()
}

// DecodeRequest reads a client's request for vectors, of either verb.
func (embedCodec) DecodeRequest(body []byte) (*llm.Embedding, error) {
	o := read(dialect.ReadRequest(body))
	if !o.has("requests") {
		e := &llm.Embedding{}
		readEmbedding(e, o)
		return e, o.r.Err()
	}
	e := &llm.Embedding{Batch: true}
	for at, v := range o.r.List("requests") {
		readEmbedding(e, read(o.r.Object(v, at)))
	}
	return e, o.r.Err()
}

func readEmbedding(e *llm.Embedding, o *object) {
	e.Model = strings.TrimPrefix(o.text("model"), "models/")
	e.Task, e.Title = o.text(either(o, "taskType")), o.text("title")
	if e.Task != "" {
		e.TaskField = "taskType"
	}
	e.Dimensions = o.int(either(o, "outputDimensionality"))
	if !o.has("content") {
		o.r.Fail(o.r.Path("content"), "is required")
		return
	}
	c, _ := o.inner("content")
	var texts []string
	for at, v := range c.r.List("parts") {
		texts = append(texts, c.r.Object(v, at).Text("text"))
	}
	e.Texts = append(e.Texts, strings.Join(texts, "\n"))
}

// either is the spelling the object has of a name.
func either(o *object, camel string) string {
	if s := snake(camel); o.r.Peek(s) != nil {
		return s
	}
	return camel
}

// DecodeReply reads a provider's answer, of either verb.
func (embedCodec) DecodeReply(body []byte) (*llm.Vectors, error) {
	r := dialect.ReadReply(body)
	v := &llm.Vectors{Usage: readUsage(r.Peek("usageMetadata"))}
	list := r.Take("embeddings")
	if one := r.Take("embedding"); one != nil {
		v.Values = append(v.Values, jsonx.At(one, "values"))
	}
	for e := range jsonx.Elements(list) {
		v.Values = append(v.Values, jsonx.At(e, "values"))
	}
	for _, values := range v.Values {
		if jsonx.KindOf(values) != jsonx.Array {
			r.Fail("", "has an embedding without values")
		}
	}
	if len(v.Values) == 0 {
		r.Fail("", "has no embeddings")
	}
	return v, r.Err()
}

// EncodeReply writes the answer for a client, in the form it asked in.
func (embedCodec) EncodeReply(v *llm.Vectors, ask *llm.Embedding, _ string) []byte {
	var list dialect.List
	for _, values := range v.Values {
		var one dialect.Writer
		one.Raw("values", values)
		list.Add(one.Object())
	}
	var w dialect.Writer
	if ask.Batch || len(v.Values) != 1 {
		w.Raw("embeddings", list.Array())
	} else {
		w.Raw("embedding", jsonx.At(list.Array(), "0"))
	}
	if v.Usage != nil {
		var u dialect.Writer
		u.Number("promptTokenCount", v.Usage.Input)
		w.Raw("usageMetadata", u.Object())
	}
	return w.Object()
}
