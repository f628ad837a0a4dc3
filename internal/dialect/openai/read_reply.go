package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer (wire formats, canonical chat answer).
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	reply := &llm.Reply{ID: r.Text("id"), Model: r.Text("model")}
	if n := r.Int("created"); n != nil {
		reply.Created = *n
	}
	r.Take("object")
	if jsonx.KindOf(r.Peek("choices")) != jsonx.Array {
		r.Fail("", "has no list of choices")
	}
	for at, v := range r.List("choices") {
		reply.Choices = append(reply.Choices, readChoiceOf(r.Object(v, at)))
	}
	reply.Usage = fullUsage(r.Take("usage"))
	reply.Extra = r.Rest(family)
	return reply, r.Done()
}

func readChoiceOf(r *dialect.Reader) llm.Choice {
	var c llm.Choice
	if n := r.Int("index"); n != nil {
		c.Index = int(*n)
	}
	word := r.Text("finish_reason")
	m := r.Object(r.Take("message"), "message")
	msg := llm.Message{Role: llm.Assistant}
	m.Take("role")
	msg.Parts = readAssistant(m)
	readCites(m, msg.Parts)
	msg.Extra = m.Rest(family)
	c.Messages = []llm.Message{msg}
	c.Extra = r.Rest(family)
	refused := false
	for i := range msg.Parts {
		refused = refused || msg.Parts[i].Kind == llm.PartRefusal
	}
	c.Stop = stopOf(word, c.Calls(), refused)
	return c
}

// fullUsage is readUsage that keeps the object too, for clients of this family.
func fullUsage(v jsonx.Value) *llm.Usage {
	u := readUsage(v)
	if u == nil {
		return nil
	}
	u.Raw = llm.Extra{Family: family}
	if o, err := jsonx.Parse(v); err == nil {
		for name, member := range o.All() {
			u.Raw.Fields = append(u.Raw.Fields, llm.Field{Name: name, Value: member})
		}
	}
	return u
}
