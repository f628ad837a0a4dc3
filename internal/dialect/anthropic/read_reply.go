package anthropic

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer (Anthropic API, message object).
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	room := &struct { // one piece of memory
		llm.Reply
		choices  [1]llm.Choice
		messages [1]llm.Message
	}{}
	reply := &room.Reply
	reply.ID, reply.Model = r.Text("id"), r.Text("model")
	if kind, _ := jsonx.Text(r.Take("type")); kind == "error" || jsonx.KindOf(r.Peek("error")) == jsonx.Composite {
		r.Fail("", "reports a failure")
	}
	r.Take("role")
	if jsonx.KindOf(r.Peek("content")) != jsonx.Array {
		r.Fail("", "has no list of content")
	}
	room.messages[0] = llm.Message{Role: llm.Assistant, Parts: readContent(r, "content")}
	c := &room.choices[0]
	c.Messages = room.messages[:]
	word, sequence := r.Text("stop_reason"), r.Text("stop_sequence")
	c.Stop = stopOf(word, sequence, c.Calls())
	reply.Choices = room.choices[:]
	usage := r.Take("usage")
	var n counts
	n.merge(usage)
	if jsonx.KindOf(usage) == jsonx.Composite { // keep, by the reader's memory
		n.raw = llm.Extra{Family: family, Fields: r.Object(usage, "usage").Rest(family).Fields}
	}
	reply.Usage = n.sum()
	reply.Extra = r.Rest(family)
	return reply, r.Done()
}
