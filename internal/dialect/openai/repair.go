package openai

import (
	"bytes"
	"crypto/rand"
	"strconv"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// repair mends a whole answer in place where a vendor left out, or wrote in
// another type, what clients of OpenAI's API rely on (wire formats,
// OpenAI-compatible dialects, "Normaliser"; OpenAI API, chat completion
// object). Everything else keeps its bytes; an answer without such a fault is
// returned as it is.
func repair(op llm.Op, body []byte) []byte {
	kind, known := objects[op]
	if !known || !suspect(op, body) {
		return body
	}
	o, err := jsonx.Parse(body)
	if err != nil {
		return body
	}
	missing(&o, "object", func() jsonx.Value { return jsonx.Quote(kind) })
	if op == llm.Chat {
		missing(&o, "id", func() jsonx.Value { return jsonx.Quote("chatcmpl-" + rand.Text()) })
		missing(&o, "created", func() jsonx.Value { return strconv.AppendInt(nil, time.Now().Unix(), 10) })
		o.Each("choices", repairChoice)
	}
	o.Within("usage", func(u *jsonx.Object) {
		if total := u.Get("total_tokens"); op == llm.Embed && total != nil { // all of them were read; Voyage says no more
			missing(u, "prompt_tokens", func() jsonx.Value { return total })
		}
		withoutDetails(u)
	})
	return o.Bytes()
}

// objects are the values of the member object.
var objects = map[llm.Op]string{llm.Chat: "chat.completion", llm.Complete: "text_completion", llm.Embed: "list"}

// neverNull are members of a message that are left out when there are none.
var neverNull = []string{"annotations", "function_call", "tool_calls"}

// suspect looks for the signs of a fault. None of these texts can stand inside
// a JSON string, where a quote is escaped, so plain searches tell; a false
// alarm only costs the closer look.
func suspect(op llm.Op, body []byte) bool {
	if !bytes.Contains(body, []byte(`"object"`)) || bytes.Contains(body, []byte(`_details":null`)) || bytes.Contains(body, []byte(`_details": null`)) {
		return true
	}
	if op == llm.Embed {
		return !bytes.Contains(body, []byte(`"prompt_tokens"`))
	}
	if op != llm.Chat {
		return false
	}
	return bytes.Contains(body, []byte(`"tool_calls"`)) || !bytes.Contains(body, []byte(`"created"`)) || !bytes.Contains(body, []byte(`"id"`)) ||
		bytes.Contains(body, []byte(`finish_reason":""`)) || bytes.Contains(body, []byte(`finish_reason": ""`)) || bytes.Contains(body, []byte(`"audio"`)) ||
		bytes.Contains(body, []byte(`"annotations"`)) || bytes.Contains(body, []byte(`"function_call"`)) ||
		bytes.Count(body, []byte(`"content"`)) < bytes.Count(body, []byte(`"message"`))
}

// repairEvents mends the events of one stream.
func repairEvents(op llm.Op) func(data []byte) []byte {
	m := &mender{op: op}
	return m.event
}

// mender mends the chunks of one stream. It remembers whether an answer was begun
// whose end nobody told (Snowflake's Cortex never does): the chunk with the cost
// tells it then.
type mender struct {
	op           llm.Op
	open, called bool
}

// event is repair for one chunk; nil means that nothing needs mending.
func (m *mender) event(data []byte) []byte {
	kind, known := chunks[m.op]
	if !known || len(data) == 0 || data[0] != '{' {
		return nil
	}
	reasoned := m.op != llm.Chat || bytes.Contains(data, finishReason)
	if reasoned && bytes.Contains(data, []byte(`"object"`)) && !bytes.Contains(data, []byte(`_details":null`)) {
		return nil
	}
	o, err := jsonx.Parse(data)
	if err != nil || o.Get("choices") == nil {
		return nil
	}
	missing(&o, "object", func() jsonx.Value { return jsonx.Quote(kind) })
	o.Within("usage", withoutDetails)
	if !reasoned {
		m.unreasoned(&o)
	}
	if !o.Edited() {
		return nil
	}
	return o.Bytes()
}

// unreasoned mends a chunk without a word about the end.
func (m *mender) unreasoned(o *jsonx.Object) {
	n := o.Each("choices", func(_ int, c *jsonx.Object) {
		m.open = true
		c.Within("delta", func(d *jsonx.Object) {
			withoutNull(d, "tool_calls")
			m.called = m.called || d.Get("tool_calls") != nil
		})
	})
	if n > 0 || !m.open || jsonx.KindOf(o.Get("usage")) != jsonx.Composite {
		return
	}
	m.open = false
	reason := "stop"
	if m.called {
		reason = "tool_calls"
	}
	o.Set("choices", jsonx.Value(`[{"index":0,"delta":{},"finish_reason":"`+reason+`"}]`))
}

var chunks = map[llm.Op]string{llm.Chat: "chat.completion.chunk", llm.Complete: "text_completion"}

func repairChoice(i int, c *jsonx.Object) {
	missing(c, "index", func() jsonx.Value { return strconv.AppendInt(nil, int64(i), 10) })
	calls := 0
	c.Within("message", func(m *jsonx.Object) {
		missing(m, "role", func() jsonx.Value { return jsonx.Quote("assistant") })
		missing(m, "content", func() jsonx.Value { return jsonx.Value("null") })
		for _, name := range neverNull {
			withoutNull(m, name)
		}
		unsaid(m, "function_call", "name")
		unsaid(m, "audio", "id")
		calls = m.Each("tool_calls", repairCall)
	})
	// Some servers end with stop although the model calls a tool; agents that
	// go by the reason would never run it.
	switch reason, said := jsonx.Text(c.Get("finish_reason")); {
	case (reason == "stop" || said && reason == "") && calls > 0:
		c.Set("finish_reason", jsonx.Quote("tool_calls"))
	case said && reason == "":
		c.Set("finish_reason", jsonx.Quote("stop"))
	}
}

// unsaid takes out an object in which even what it is about is empty: what a
// server in Go prints for none.
func unsaid(m *jsonx.Object, name, about string) {
	if s, ok := jsonx.Text(jsonx.At(m.Get(name), about)); ok && s == "" {
		m.Delete(name)
	}
}

func repairCall(_ int, t *jsonx.Object) {
	if id, _ := jsonx.Text(t.Get("id")); id == "" {
		t.Set("id", jsonx.Quote("call_"+rand.Text()))
	}
	missing(t, "type", func() jsonx.Value { return jsonx.Quote("function") })
	t.Within("function", func(f *jsonx.Object) {
		if args := f.Get("arguments"); jsonx.KindOf(args) == jsonx.Composite {
			f.Set("arguments", jsonx.Quote(string(args)))
		}
	})
}

// withoutDetails takes out details of the cost that are null.
func withoutDetails(u *jsonx.Object) {
	withoutNull(u, "prompt_tokens_details")
	withoutNull(u, "completion_tokens_details")
}

func missing(o *jsonx.Object, name string, value func() jsonx.Value) {
	if o.Get(name) == nil {
		o.Set(name, value())
	}
}

func withoutNull(o *jsonx.Object, name string) {
	if jsonx.KindOf(o.Get(name)) == jsonx.Null {
		o.Delete(name)
	}
}
