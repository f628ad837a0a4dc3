package cohere

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// v1Decoder reads a stream of version 1 (Cohere API, Chat v1, streaming). Calls
// are read where they come whole; the pieces before only hold the plan.
type v1Decoder struct {
	decoder
	id     string
	called bool
}

// Decode reads one line.
func (d *v1Decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	d.out = d.out[:0]
	data := bytes.Clone(bytes.TrimSpace(ev.Data)) // events outlive the frame
	if d.done || len(data) == 0 {
		return nil, nil
	}
	r, ok := dialect.ReadEvent(data)
	if !ok {
		return nil, dialect.Interrupted("a line of it is not a JSON object", nil)
	}
	kind := r.Text("event_type")
	if kind == "" {
		return nil, eventError(data)
	}
	if !d.started {
		d.started = true
		d.id = r.Text("generation_id")
		d.emit(llm.Event{Kind: llm.EventStart, ID: d.id})
		d.emit(llm.Event{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}})
	}
	if kind == "stream-end" {
		if e := failed(r.Peek("finish_reason"), r.Peek("error")); e != nil {
			return nil, e
		}
	}
	d.line(kind, r)
	return d.out, r.Err()
}

func (d *v1Decoder) line(kind string, r *dialect.Reader) {
	switch kind {
	case "text-generation":
		d.text(llm.PartText, "", 0, r.Text("text"))
	case "tool-calls-chunk":
		d.text(llm.PartThinking, plan, 0, r.Text("text"))
	case "tool-calls-generation":
		d.whole(r)
	case "citation-generation":
		for v := range jsonx.Elements(r.Peek("citations")) {
			if p := d.open; p != nil && p.kind == llm.PartText {
				c := readV1Cite(v, string(p.body))
				d.emit(llm.Event{Kind: llm.EventDelta, Part: p.part, Field: llm.DeltaCite, Cite: &c})
			}
		}
	case "stream-end":
		d.end(r)
	}
}

// whole reads the calls of a turn.
func (d *v1Decoder) whole(r *dialect.Reader) {
	if d.called {
		return
	}
	for at, v := range r.List("tool_calls") {
		d.closeText()
		d.called = true
		c := readV1Call(r.Object(v, at), d.id, d.next)
		d.emit(llm.Event{Kind: llm.EventOpen, Part: d.next, Shell: &llm.Part{Kind: llm.PartCall, Call: c}})
		d.emit(llm.Event{Kind: llm.EventClose, Part: d.next})
		d.next++
	}
}

// end reads the last line, which repeats the whole answer.
func (d *v1Decoder) end(r *dialect.Reader) {
	response := inner(r, "response")
	if d.next == 0 && response.Peek("tool_calls") == nil {
		d.text(llm.PartText, "", 0, response.Text("text"))
	}
	d.whole(response)
	d.closeText()
	d.emit(llm.Event{Kind: llm.EventStop, Stop: stopOf(r.Text("finish_reason"), d.called)})
	if u := readUsage(response.Peek("meta")); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	d.done = true
}
