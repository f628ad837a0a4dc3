package oracle

import (
	"strconv"
	"strings"
	"time"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

func (generic) answer(chat *dialect.Reader, model string) (jsonx.Value, error) {
	var list dialect.List
	for at, v := range chat.List("choices") {
		c := chat.Object(v, at)
		var o dialect.Writer
		o.Raw("index", c.Take("index"))
		m := c.Take("message")
		if m == nil {
			m = jsonx.Value("{}")
		}
		message := renameMessage(c.Object(m, "message"), nil)
		message.Text("role", "assistant")
		o.Raw("message", message.Object())
		o.Some("finish_reason", finish(c.Text("finishReason")))
		list.Add(o.Object())
	}
	if list.Empty() {
		chat.Fail(chat.Path("choices"), "must hold an answer")
	}
	var w dialect.Writer
	w.Some("model", model)
	if at, err := time.Parse(time.RFC3339, chat.Text("timeCreated")); err == nil {
		w.Number("created", at.Unix())
	}
	w.Raw("choices", list.Array())
	w.Raw("usage", renameUsage(chat.Peek("usage")))
	return w.Object(), chat.Err()
}

// finish is the reason in OpenAI's words; most are the same already.
func finish(word string) string {
	word = strings.ToLower(word)
	if word == "max_tokens" {
		return "length"
	}
	return word
}

// renameMessage renames what a model says, whole or a piece of it. Calls of a
// stream get numbers, those of a whole answer need none.
func renameMessage(m *dialect.Reader, number func(id, name string) int64) *dialect.Writer {
	var w dialect.Writer
	var text strings.Builder
	said := false
	for at, v := range m.List("content") {
		p := m.Object(v, at)
		if kind := p.Text("type"); kind != "TEXT" {
			m.Fail(m.Path(at), "is "+kind+", and only text was asked for")
		}
		text.WriteString(p.Text("text"))
		said = true
	}
	if said {
		w.Text("content", text.String())
	}
	w.Some("reasoning_content", m.Text("reasoningContent"))
	w.Some("refusal", m.Text("refusal"))
	var calls dialect.List
	for at, v := range m.List("toolCalls") {
		c := m.Object(v, at)
		id, name := c.Text("id"), c.Text("name")
		var f, o dialect.Writer
		if number != nil {
			o.Number("index", number(id, name))
		}
		o.Some("id", id)
		o.Text("type", "function")
		f.Some("name", name)
		f.Text("arguments", c.Text("arguments"))
		o.Raw("function", f.Object())
		calls.Add(o.Object())
	}
	if !calls.Empty() {
		w.Raw("tool_calls", calls.Array())
	}
	return &w
}

func renameUsage(v jsonx.Value) jsonx.Value {
	if jsonx.KindOf(v) != jsonx.Composite {
		return nil
	}
	var w, in, out dialect.Writer
	w.Raw("prompt_tokens", jsonx.At(v, "promptTokens"))
	w.Raw("completion_tokens", jsonx.At(v, "completionTokens"))
	w.Raw("total_tokens", jsonx.At(v, "totalTokens"))
	if n, ok := jsonx.Int(jsonx.At(v, "promptTokensDetails", "cachedTokens")); ok {
		in.Number("cached_tokens", n)
		w.Raw("prompt_tokens_details", in.Object())
	}
	if n, ok := jsonx.Int(jsonx.At(v, "completionTokensDetails", "reasoningTokens")); ok {
		out.Number("reasoning_tokens", n)
		w.Raw("completion_tokens_details", out.Object())
	}
	return w.Object()
}

// events renames the pieces of a stream. Each is one choice; the cost comes with
// the last, or behind it.
func (generic) events() func(jsonx.Value) (jsonx.Value, error) {
	calls := map[int64]*numbers{}
	return func(data jsonx.Value) (jsonx.Value, error) {
		r := dialect.ReadReply(data)
		index := int64(0)
		if n := r.Int("index"); n != nil {
			index = *n
		}
		if calls[index] == nil {
			calls[index] = &numbers{}
		}
		var w, c dialect.Writer
		var list dialect.List
		message, reason := r.Take("message"), r.Text("finishReason")
		if message != nil || reason != "" {
			c.Raw("index", strconv.AppendInt(nil, index, 10))
			if message == nil {
				message = jsonx.Value("{}")
			}
			c.Raw("delta", renameMessage(r.Object(message, "message"), calls[index].of).Object())
			c.Some("finish_reason", finish(reason))
			list.Add(c.Object())
		}
		w.Raw("choices", list.Array())
		w.Raw("usage", renameUsage(r.Peek("usage")))
		return w.Object(), r.Err()
	}
}

// numbers counts the calls of a choice. Only the first piece of a call says who
// it is.
type numbers struct {
	ids  []string
	last int64
}

func (n *numbers) of(id, name string) int64 {
	for i, known := range n.ids {
		if id != "" && id == known {
			n.last = int64(i)
			return n.last
		}
	}
	if id != "" || name != "" || len(n.ids) == 0 {
		n.ids = append(n.ids, id)
		n.last = int64(len(n.ids) - 1)
	}
	return n.last
}
