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
	return mend(op, kind, body)
}

// mend is the closer look. The kind is what the member object says.
func mend(op llm.Op, kind string, body []byte) []byte {
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
		mendUsage(u)
	})
	return o.Bytes()
}

// objects are the values of the member object.
var objects = map[llm.Op]string{llm.Chat: "chat.completion", llm.Complete: "text_completion", llm.Embed: "list"}

// neverNull are members of a message that are left out when there are none.
var neverNull = []string{"annotations", "function_call", "tool_calls"}

// suspect looks for the signs of a fault in one pass over the names of an
// answer. A false alarm only costs the closer look.
func suspect(op llm.Op, body []byte) bool {
	var f findings
	if f.read(body); f.fault || f.objects == 0 {
		return true
	}
	switch op {
	case llm.Chat:
		return f.chatFault || f.created == 0 || f.ids == 0 || f.contents < f.messages
	case llm.Embed:
		return f.inputs == 0
	default:
		return false
	}
}

// findings are how often an answer has what every one should have, and what was
// seen that none should.
type findings struct {
	objects, created, ids, inputs, messages, contents int

	fault     bool // in the cost
	chatFault bool // in a choice
}

// read goes from colon to colon. One with a quote before it ends a name: inside a
// string a quote is escaped, so that a backslash stands before it.
func (f *findings) read(body []byte) {
	for at := 0; ; at++ {
		n := bytes.IndexByte(body[at:], ':')
		if n < 0 {
			return
		}
		at += n
		stop := at - 1
		for stop >= 0 && body[stop] <= ' ' {
			stop--
		}
		if stop < 1 || body[stop] != '"' {
			continue
		}
		start := stop
		for start > 0 && stop-start < longestName && body[start-1] != '"' {
			start--
		}
		f.member(body[start:stop], afterSpace(body[at+1:]))
	}
}

const longestName = len("completion_tokens_details") + 1

func afterSpace(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	return b
}

// member takes in one name and what its value begins with.
func (f *findings) member(name, value []byte) {
	switch string(name) {
	case "object":
		f.objects++
	case "created":
		f.created++
	case "id":
		f.ids++
	case "prompt_tokens":
		f.inputs++
	case "message":
		f.messages++
	case "content":
		f.contents++
	default:
		f.judge(name, value)
	}
}

// judge looks at members that are a fault with some values.
func (f *findings) judge(name, value []byte) {
	switch string(name) {
	case "prompt_tokens_details", "completion_tokens_details":
		f.fault = f.fault || begins(value, "null")
	case "finish_reason":
		f.chatFault = f.chatFault || begins(value, `""`)
	case "annotations":
		f.chatFault = f.chatFault || begins(value, "null")
	case "audio":
		f.chatFault = f.chatFault || begins(value, "{")
	case "tool_calls":
		f.chatFault = f.chatFault || !begins(value, "[]")
	case "function_call":
		f.chatFault = true
	}
}

func begins(value []byte, with string) bool { return bytes.HasPrefix(value, []byte(with)) }

// repairEvents mends the events of one stream.
func repairEvents(op llm.Op) func(data []byte) []byte {
	m := &mender{op: op}
	return m.event
}

// mender is what must be remembered of a stream to mend its end: some vendors
// never say why it came (wire formats, Snowflake Cortex).
type mender struct {
	op                    llm.Op
	begun, finished, call bool
	plain                 skeleton
}

// event is repair for one event; nil means that nothing needs mending. What it
// returns may hold an event of its own in front.
func (m *mender) event(data []byte) []byte {
	kind, known := chunks[m.op]
	if !known || len(data) == 0 {
		return nil
	}
	if data[0] != '{' {
		if m.unexplained() && string(data) == "[DONE]" {
			return m.finish(&jsonx.Object{}, data)
		}
		return nil
	}
	if m.plain.fits(data) {
		return nil
	}
	odd := m.note(data)
	late := m.unexplained() && has(data, `"choices":[]`, `"choices": []`)
	if late || odd || !bytes.Contains(data, []byte(kind)) {
		return m.mend(data, kind, late)
	}
	if m.begun && !m.finished {
		m.plain.learn(data)
	}
	return nil
}

// mend edits an event. Late is the cost that comes although no reason was told.
func (m *mender) mend(data []byte, kind string, late bool) []byte {
	o, err := jsonx.Parse(data)
	if err != nil || o.Get("choices") == nil {
		return nil
	}
	if was, _ := jsonx.Text(o.Get("object")); was != kind {
		o.Set("object", jsonx.Quote(kind))
	}
	o.Each("choices", m.choice)
	o.Within("usage", mendUsage)
	switch {
	case late && o.Get("usage") != nil:
		return m.finish(&o, o.Bytes())
	case o.Edited():
		return o.Bytes()
	}
	return nil
}

// note remembers what an event has told, by the looks of it, and reports whether
// something in it is to be mended.
func (m *mender) note(data []byte) (odd bool) {
	reason, rest := member(data, "finish_reason")
	tools, _ := member(data, "tool_calls")
	role, _ := member(data, "role")
	empty := reason == '"' && len(rest) > 1 && rest[1] == '"'
	m.finished = m.finished || reason == '"' && !empty
	m.call = m.call || tools == '['
	if !m.begun {
		content, rest := member(data, "content")
		m.begun = m.call || content != '"' || len(rest) > 1 && rest[1] != '"'
	}
	return empty || tools == 'n' || role == 'n' || has(data, `_details":null`, `_details": null`)
}

// member finds a name by its letters and the quote behind them, which cannot
// stand inside a JSON string, and returns what its value begins with; 0 is none.
func member(data []byte, name string) (first byte, rest []byte) {
	var word [16]byte
	at := bytes.Index(data, append(append(word[:0], name...), '"'))
	if at < 0 {
		return 0, nil
	}
	if rest = bytes.TrimLeft(data[at+len(name)+1:], " \t\r\n:"); len(rest) == 0 {
		return 0, nil
	}
	return rest[0], rest
}

// unexplained reports whether the answer was told so far, but not why it ended.
func (m *mender) unexplained() bool { return m.op == llm.Chat && m.begun && !m.finished }

func has(data []byte, tight, loose string) bool {
	return bytes.Contains(data, []byte(tight)) || bytes.Contains(data, []byte(loose))
}

func (m *mender) choice(_ int, c *jsonx.Object) {
	if reason, ok := jsonx.Text(c.Get("finish_reason")); ok && reason == "" {
		c.Set("finish_reason", jsonx.Value("null"))
		m.finished = false
	}
	c.Within("delta", func(d *jsonx.Object) { withoutNull(d, "tool_calls"); withoutNull(d, "role") })
}

// finish writes the reason that was never told in front of an event: the
// stream's own end says that it is whole.
func (m *mender) finish(like *jsonx.Object, event []byte) []byte {
	m.finished = true
	o := like.Clone()
	o.Delete("usage")
	reason := "stop"
	if m.call {
		reason = "tool_calls"
	}
	missing(&o, "object", func() jsonx.Value { return jsonx.Quote(chunks[m.op]) })
	o.Set("choices", jsonx.Value(`[{"index":0,"delta":{},"finish_reason":"`+reason+`"}]`))
	return append(append(o.Bytes(), "\n\ndata: "...), event...)
}

func mendUsage(u *jsonx.Object) {
	withoutNull(u, "prompt_tokens_details")
	withoutNull(u, "completion_tokens_details")
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
	switch reason, told := jsonx.Text(c.Get("finish_reason")); {
	case (reason == "stop" || told && reason == "") && calls > 0:
		c.Set("finish_reason", jsonx.Quote("tool_calls"))
	case told && reason == "": // an answer that is whole came to its end
		c.Set("finish_reason", jsonx.Quote("stop"))
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

// unsaid takes out an object in which even what it is about is empty: some
// servers print that for none (Snowflake Cortex).
func unsaid(m *jsonx.Object, name, about string) {
	if s, ok := jsonx.Text(jsonx.At(m.Get(name), about)); ok && s == "" {
		m.Delete(name)
	}
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
