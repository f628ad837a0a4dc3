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
		withoutNull(u, "prompt_tokens_details")
		withoutNull(u, "completion_tokens_details")
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
		bytes.Contains(body, []byte(`"annotations"`)) || bytes.Contains(body, []byte(`"function_call"`)) ||
		bytes.Count(body, []byte(`"content"`)) < bytes.Count(body, []byte(`"message"`))
}

// repairEvents mends the events of one stream. Nothing has to be remembered.
func repairEvents(op llm.Op) func(data []byte) []byte {
	return func(data []byte) []byte { return repairChunk(op, data) }
}

// repairChunk is repair for one event of a stream; nil means that nothing needs
// mending.
func repairChunk(op llm.Op, data []byte) []byte {
	kind, known := chunks[op]
	if !known || bytes.Contains(data, []byte(`"object"`)) || len(data) == 0 || data[0] != '{' {
		return nil
	}
	o, err := jsonx.Parse(data)
	if err != nil || o.Get("choices") == nil {
		return nil
	}
	missing(&o, "object", func() jsonx.Value { return jsonx.Quote(kind) })
	if !o.Edited() {
		return nil
	}
	return o.Bytes()
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
		calls = m.Each("tool_calls", repairCall)
	})
	// Some servers end with stop although the model calls a tool; agents that
	// go by the reason would never run it.
	if reason, _ := jsonx.Text(c.Get("finish_reason")); reason == "stop" && calls > 0 {
		c.Set("finish_reason", jsonx.Quote("tool_calls"))
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
