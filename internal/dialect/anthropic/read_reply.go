package anthropic

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer (Anthropic API, message object).
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	reply := &llm.Reply{ID: r.Text("id"), Model: r.Text("model")}
	if kind, _ := jsonx.Text(r.Take("type")); kind == "error" || jsonx.KindOf(r.Peek("error")) == jsonx.Composite {
		r.Fail("", "reports a failure")
	}
	r.Take("role")
	if jsonx.KindOf(r.Peek("content")) != jsonx.Array {
		r.Fail("", "has no list of content")
	}
	c := llm.Choice{Messages: []llm.Message{{Role: llm.Assistant, Parts: readContent(r, "content")}}}
	word, sequence := r.Text("stop_reason"), r.Text("stop_sequence")
	c.Stop = stopOf(word, sequence, c.Calls())
	reply.Choices = []llm.Choice{c}
	usage := r.Take("usage")
	var n counts
	n.merge(usage)
	n.keep(usage)
	reply.Usage = n.sum()
	reply.Extra = r.Rest(family)
	return reply, r.Done()
}
