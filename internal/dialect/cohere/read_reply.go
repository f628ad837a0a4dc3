package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer. It does not name the model.
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	reply := &llm.Reply{ID: r.Text("id")}
	if jsonx.KindOf(r.Peek("message")) != jsonx.Composite {
		r.Fail("", "has no message")
		return reply, r.Err()
	}
	m := r.Object(r.Take("message"), "message")
	m.Take("role")
	msg := llm.Message{Role: llm.Assistant, Parts: readAssistant(m)}
	msg.Extra = m.Rest(family)
	c := llm.Choice{Messages: []llm.Message{msg}}
	c.Stop = stopOf(r.Text("finish_reason"), c.Calls())
	reply.Choices = []llm.Choice{c}
	reply.Usage = readUsage(r.Take("usage"))
	reply.Extra = r.Rest(family)
	return reply, r.Done()
}
