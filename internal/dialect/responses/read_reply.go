package responses

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer (OpenAI API, the response object).
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	if jsonx.KindOf(r.Peek("output")) != jsonx.Array {
		r.Fail("", "has no list of output")
	}
	reply := &llm.Reply{ID: r.Text("id"), Model: r.Text("model"), Created: createdAt(r)}
	var c llm.Choice
	for at, v := range r.List("output") {
		c.Messages = append(c.Messages, readItem(r.Object(v, at)))
	}
	c.Stop = stopOf(r.Text("status"), reason(r), c.Calls(), refused(c.Messages))
	reply.Choices = []llm.Choice{c}
	reply.Usage = fullUsage(r.Take("usage"))
	reply.Extra = ours(r.Rest(family))
	return reply, r.Done()
}

// ours marks members as this family's even if there are none: a reply of this
// family is repeated as it came. Most of them repeat the request, so that nobody
// else misses them.
func ours(x llm.Extra) llm.Extra {
	x.Family, x.Quiet = family, true
	return x
}

// createdAt takes the time, which some hosts give with fractions of a second.
func createdAt(r *dialect.Reader) int64 {
	if f, ok := jsonx.Float(r.Peek("created_at")); ok && f == float64(int64(f)) {
		r.Take("created_at")
		return int64(f)
	}
	return 0
}

// reason is why an answer is incomplete.
func reason(r *dialect.Reader) string {
	s, _ := jsonx.Text(jsonx.At(r.Peek("incomplete_details"), "reason"))
	return s
}

func refused(messages []llm.Message) bool {
	for i := range messages {
		for j := range messages[i].Parts {
			if messages[i].Parts[j].Kind == llm.PartRefusal {
				return true
			}
		}
	}
	return false
}
