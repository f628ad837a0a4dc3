package cohere

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Generate is version 1's text generation (Cohere API, Generate): a prompt and
// its continuation, which here are a conversation of one message and the
// answer to it. Its streams are lines of JSON.
var Generate = dialect.Dialect{
	Name:             "cohere-generate",
	NoClients:        true,
	Chat:             generateCodec{},
	Inspect:          inspectGenerate,
	NewTap:           func(llm.Op) dialect.Tap { return &linesTap{} },
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
	Framing:          &lines,
}

// lines is how version 1 streams. Its type says that it is JSON, not how.
var lines = framing.Framing{MediaType: "application/stream+json", NewReader: framing.JSONLines.NewReader}

const generateFamily = "cohere-generate"

// maxGenerations is how many continuations can be asked for.
const maxGenerations = 5

type generateCodec struct{ dialect.ProviderSide }

func (generateCodec) NewDecoder() dialect.Decoder { return &generateDecoder{} }

// EncodeRequest asks for a continuation (wire formats, Cohere v1 generate).
func (generateCodec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	var losses dialect.Losses
	if len(p.Messages) != 1 || len(p.Messages[0].Parts) != 1 || p.Messages[0].Parts[0].Kind != llm.PartText || len(p.Tools) > 0 {
		return nil, nil, dialect.Refuse("messages", "this provider continues one text: it cannot hold a conversation")
	}
	e := &requestWriter{p: p}
	s := &p.Sampling
	n := s.N
	if n != nil && *n > maxGenerations {
		return nil, nil, dialect.Refuse("n", "this provider gives %d continuations at most, not %d", maxGenerations, *n)
	}
	var w dialect.Writer
	w.Some("model", p.Model)
	w.Text("prompt", p.Messages[0].Parts[0].Text)
	if p.Stream {
		yes := true
		w.Bool("stream", &yes)
	}
	w.Int("max_tokens", p.Limits.MaxTokens)
	w.Int("num_generations", n)
	if len(p.Limits.Stop) > 0 {
		w.Raw("end_sequences", dialect.Texts(p.Limits.Stop)) // unlike stop_sequences they are no part of the text
	}
	w.Float("temperature", e.clamp("temperature", s.Temperature, 0, 5))
	w.Float("p", e.clamp("top_p", s.TopP, minTopP, maxTopP))
	w.Int("k", s.TopK)
	w.Int("seed", s.Seed)
	w.Float("frequency_penalty", e.clamp("frequency_penalty", s.FrequencyPenalty, 0, 1))
	w.Float("presence_penalty", e.clamp("presence_penalty", s.PresencePenalty, 0, 1))
	losses = e.lost
	losses.Extra("", p.Extra, generateFamily)
	return w.Object(), losses, nil
}

// DecodeReply reads a whole answer. What it cost is under meta.
func (generateCodec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	reply := &llm.Reply{ID: r.Text("id"), Usage: readUsage(r.Peek("meta"))}
	if jsonx.KindOf(r.Peek("generations")) != jsonx.Array {
		r.Fail("", "has no list of generations")
	}
	for at, v := range r.List("generations") {
		g := r.Object(v, at)
		c := llm.Choice{Index: len(reply.Choices), Stop: stopOf(g.Text("finish_reason"), false)}
		c.Messages = []llm.Message{{Role: llm.Assistant, Parts: []llm.Part{{Text: g.Text("text")}}}}
		reply.Choices = append(reply.Choices, c)
	}
	return reply, r.Err()
}

var generateNames = jsonx.Names("generations", "meta", "message")

func inspectGenerate(_ llm.Op, body []byte) (dialect.Facts, error) {
	var m [3]jsonx.Value
	if !jsonx.Members(body, generateNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	f := dialect.Facts{Usage: readUsage(m[1])}
	switch {
	case m[0] == nil && jsonx.KindOf(m[2]) == jsonx.String:
		return f, eventError(body)
	case jsonx.KindOf(m[0]) != jsonx.Array:
		return f, dialect.Invalid("it has no list of generations", nil)
	}
	finish := jsonx.At(m[0], "0", "finish_reason")
	f.Finish, _ = jsonx.Text(finish)
	if e := failed(finish, nil); e != nil {
		return f, e
	}
	return f, nil
}

// generateDecoder reads a stream. Its last line repeats the whole answer, which
// is looked at for its cost and its reasons only.
type generateDecoder struct {
	out     []llm.Event
	started bool
	done    bool
	choices []int // those that have begun
}

// Decode reads one line.
func (d *generateDecoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out = d.out[:0]
	data := bytes.Clone(bytes.TrimSpace(ev.Data)) // events outlive the frame
	if d.done || len(data) == 0 {
		return nil, nil
	}
	r, ok := dialect.ReadEvent(data)
	if !ok {
		return nil, dialect.Interrupted("a line of it is not a JSON object", nil)
	}
	if r.Peek("is_finished") == nil && r.Peek("text") == nil {
		return nil, eventError(data)
	}
	response := inner(r, "response")
	d.start(response)
	if end := r.Bool("is_finished"); end == nil || !*end {
		index := 0
		if n := r.Int("index"); n != nil {
			index = int(*n)
		}
		d.text(index, r.Text("text"))
		return d.out, r.Err()
	}
	if e := failed(r.Peek("finish_reason"), nil); e != nil {
		return nil, e
	}
	d.finish(r.Text("finish_reason"), response)
	return d.out, r.Err()
}

func (d *generateDecoder) start(response *dialect.Reader) {
	if !d.started {
		d.started = true
		d.out = append(d.out, llm.Event{Kind: llm.EventStart, ID: response.Text("id")})
	}
}

func (d *generateDecoder) begin(choice int) {
	for _, c := range d.choices {
		if c == choice {
			return
		}
	}
	d.choices = append(d.choices, choice)
	d.out = append(d.out,
		llm.Event{Kind: llm.EventMessage, Choice: choice, Message: llm.Message{Role: llm.Assistant}},
		llm.Event{Kind: llm.EventOpen, Choice: choice, Shell: &llm.Part{}})
}

func (d *generateDecoder) text(choice int, s string) {
	d.begin(choice)
	d.out = append(d.out, llm.Event{Kind: llm.EventDelta, Choice: choice, Text: s})
}

func (d *generateDecoder) finish(word string, response *dialect.Reader) {
	if len(d.choices) == 0 {
		d.begin(0)
	}
	var words []string
	for v := range jsonx.Elements(response.Peek("generations")) {
		s, _ := jsonx.Text(jsonx.At(v, "finish_reason"))
		words = append(words, s)
	}
	for _, c := range d.choices {
		reason := word
		if c < len(words) && words[c] != "" {
			reason = words[c]
		}
		d.out = append(d.out,
			llm.Event{Kind: llm.EventClose, Choice: c},
			llm.Event{Kind: llm.EventStop, Choice: c, Stop: stopOf(reason, false)})
	}
	if u := readUsage(response.Peek("meta")); u != nil {
		d.out = append(d.out, llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.out = append(d.out, llm.Event{Kind: llm.EventEnd})
	d.done = true
}

// End is the end of the bytes, which must not come before the last line.
func (d *generateDecoder) End() ([]llm.Event, error) {
	if d.done {
		return nil, nil
	}
	return nil, dialect.Interrupted("it ended before the answer was complete", nil)
}
