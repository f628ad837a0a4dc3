package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// countCodec translates the question how long a conversation is (Amazon Bedrock
// API, CountTokens).
type countCodec struct{}

// counted are the members of a Converse request that the question has too.
var counted = map[string]bool{"messages": true, "system": true, "toolConfig": true}

// DecodeRequest reads a client's question about a conversation; one about the
// body of InvokeModel is in each family's own words.
func (countCodec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	r := dialect.ReadRequest(body)
	in := r.Object(r.Take("input"), "input")
	if in.Peek("converse") == nil {
		in.Fail(in.Path("converse"), "is required: a body of InvokeModel cannot be carried over to another provider")
		return nil, in.Err()
	}
	return readPrompt(in.Object(in.Take("converse"), "converse"))
}

// EncodeRequest asks the vendor.
func (countCodec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	whole, lost, err := codec{}.EncodeRequest(p)
	if err != nil {
		return nil, nil, err
	}
	o, err := jsonx.Parse(whole)
	if err != nil {
		return nil, nil, err
	}
	var c, in, w dialect.Writer
	for name, v := range o.All() {
		if counted[name] {
			c.Raw(name, v)
		}
	}
	in.Raw("converse", c.Object())
	w.Raw("input", in.Object())
	return w.Object(), lost, nil
}

// DecodeReply reads the vendor's answer.
func (countCodec) DecodeReply(body []byte) (int64, error) {
	r := dialect.ReadReply(body)
	n := r.Int("inputTokens")
	if n == nil {
		r.Fail("inputTokens", "is missing")
		return 0, r.Err()
	}
	return *n, r.Err()
}

// EncodeReply writes the answer for a client.
func (countCodec) EncodeReply(n int64) []byte {
	var w dialect.Writer
	w.Number("inputTokens", n)
	return w.Object()
}
