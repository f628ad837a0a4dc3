package anthropic

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// countCodec translates the question how long a conversation is (Claude API,
// "Count tokens in a Message").
type countCodec struct{}

// counted are the members of a Messages request that the question has too.
var counted = map[string]bool{
	"model": true, "messages": true, "system": true, "tools": true, "tool_choice": true, "thinking": true, "mcp_servers": true,
}

// DecodeRequest reads a client's question.
func (countCodec) DecodeRequest(body []byte) (*llm.Prompt, error) { return codec{}.DecodeRequest(body) }

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
	var w dialect.Writer
	for name, v := range o.All() {
		if counted[name] {
			w.Raw(name, v)
		}
	}
	return w.Object(), lost, nil
}

// DecodeReply reads the vendor's answer.
func (countCodec) DecodeReply(body []byte) (int64, error) {
	r := dialect.ReadReply(body)
	n := r.Int("input_tokens")
	if n == nil {
		r.Fail("input_tokens", "is missing")
		return 0, r.Err()
	}
	return *n, r.Err()
}

// EncodeReply writes the answer for a client.
func (countCodec) EncodeReply(n int64) []byte {
	var w dialect.Writer
	w.Number("input_tokens", n)
	return w.Object()
}
