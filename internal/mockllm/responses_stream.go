package mockllm

import (
	"iter"
	"strings"
)

func (*response) streamType() string { return "text/event-stream; charset=utf-8" }

// lateFailure is the error event (OpenAI API, streaming events).
func (p *response) lateFailure(f failure) []byte {
	e := openAIErrorOf(f)
	return p.event("error", object{"code": e.Type, "message": e.Message, "param": e.Param})
}

func (p *response) event(name string, more object) []byte {
	more["type"], more["sequence_number"] = name, p.sequence
	p.sequence++
	return namedFrame(name, encode(more))
}

// events are those of the guide "Streaming responses", in its order.
func (p *response) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		send := func(name string, more object) bool { return yield(p.event("response."+name, more)) }
		if !send("created", object{"response": p.object(t, "in_progress", []object{})}) ||
			!send("in_progress", object{"response": p.object(t, "in_progress", []object{})}) {
			return
		}
		output := p.output(t)
		for i, item := range output {
			w := itemWriter{t: t, index: i, id: item["id"], send: send}
			if !p.item(w, item) {
				return
			}
		}
		whole := p.object(t, status(t), output)
		p.keep(t, encode(whole))
		send(status(t), object{"response": whole})
	}
}

// itemWriter sends the events of one output item.
type itemWriter struct {
	t     turn
	index int
	id    any
	send  func(string, object) bool
}

// item streams one output item, from added to done.
func (p *response) item(w itemWriter, item object) bool {
	empty, body := object{}, func() bool { return true }
	switch item["type"] {
	case "reasoning":
		empty, body = p.reasoning(w.t, []object{}), w.summary
	case "message":
		empty, body = outputMessage(w.t, "in_progress", []object{}), w.text
	case "function_call":
		i := w.call()
		empty, body = callItem(w.t, i, "in_progress", ""), func() bool { return w.arguments(i) }
	}
	return w.send("output_item.added", object{"output_index": w.index, "item": empty}) && body() &&
		w.send("output_item.done", object{"output_index": w.index, "item": item})
}

// call is which of the calls the item is.
func (w itemWriter) call() int {
	if len(w.t.Thought) > 0 {
		return w.index - 1
	}
	return w.index
}

// of adds what names the item to an event.
func (w itemWriter) of(more object) object {
	more["item_id"], more["output_index"] = w.id, w.index
	return more
}

func (w itemWriter) summary() bool {
	part := func(text string) object { return object{"type": "summary_text", "text": text} }
	if !w.send("reasoning_summary_part.added", w.of(object{"summary_index": 0, "part": part("")})) {
		return false
	}
	for _, piece := range w.t.Thought {
		if !w.send("reasoning_summary_text.delta", w.of(object{"summary_index": 0, "delta": piece})) {
			return false
		}
	}
	text := strings.Join(w.t.Thought, "")
	return w.send("reasoning_summary_text.done", w.of(object{"summary_index": 0, "text": text})) &&
		w.send("reasoning_summary_part.done", w.of(object{"summary_index": 0, "part": part(text)}))
}

func (w itemWriter) text() bool {
	if !w.send("content_part.added", w.of(object{"content_index": 0, "part": outputText("")})) {
		return false
	}
	for _, piece := range w.t.Text {
		if !w.send("output_text.delta", w.of(object{"content_index": 0, "delta": piece, "logprobs": []string{}})) {
			return false
		}
	}
	text := strings.Join(w.t.Text, "")
	return w.send("output_text.done", w.of(object{"content_index": 0, "text": text, "logprobs": []string{}})) &&
		w.send("content_part.done", w.of(object{"content_index": 0, "part": outputText(text)}))
}

func (w itemWriter) arguments(i int) bool {
	for _, piece := range pieces(w.t.Calls[i].Arguments) {
		if !w.send("function_call_arguments.delta", w.of(object{"delta": piece})) {
			return false
		}
	}
	return w.send("function_call_arguments.done", w.of(object{"arguments": w.t.Calls[i].Arguments, "name": w.t.Calls[i].Name}))
}
