package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer (Amazon Bedrock API, Converse, response).
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	var left leftover
	c := llm.Choice{Messages: []llm.Message{{Role: llm.Assistant}}}
	if r.Peek("output") == nil {
		r.Fail("", "has no output")
	}
	left.read(r, "output", func(o *dialect.Reader) {
		m := &c.Messages[0]
		if o.Peek("message") == nil {
			o.Fail(o.Path("message"), "is missing")
			return
		}
		msg := o.Object(o.Take("message"), "message")
		msg.Take("role")
		m.Parts = readBlocks(msg, "content")
		m.Extra = quiet(msg.Rest(family))
	})
	c.Stop = stopOf(r.Text("stopReason"), sequenceOf(r.Peek("additionalModelResponseFields")), c.Calls())
	reply := &llm.Reply{Choices: []llm.Choice{c}, Usage: readUsage(r.Take("usage"))}
	reply.Extra = left.join(r.Rest(family))
	return reply, r.Done()
}

// sequenceOf is the stop sequence that was met, which a client can have told by
// asking for a field of Claude's own answer, whole or streamed.
func sequenceOf(v jsonx.Value) string {
	for _, path := range [][]string{{"stop_sequence"}, {"delta", "stop_sequence"}} {
		if s, ok := jsonx.Text(jsonx.At(v, path...)); ok {
			return s
		}
	}
	return ""
}
