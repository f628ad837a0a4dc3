package gemini

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// countCodec translates the question how long a conversation is.
type countCodec struct{}

// DecodeRequest reads a client's question.
func (countCodec) DecodeRequest(body []byte) (*llm.Prompt, error) { return DecodeCount(body) }

// EncodeRequest asks AI Studio.
func (countCodec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	return EncodeCount(p, true)
}

// DecodeReply reads a provider's answer.
func (countCodec) DecodeReply(body []byte) (int64, error) { return DecodeTotal(body) }

// EncodeReply writes the answer for a client.
func (countCodec) EncodeReply(n int64) []byte { return EncodeTotal(n) }

// EncodeCount asks how many tokens a prompt has (Gemini API,
// models.countTokens). AI Studio wants more than contents wrapped into a
// request of their own; Vertex AI takes the members as they are.
func EncodeCount(p *llm.Prompt, wrapped bool) (body []byte, lost []string, err error) {
	whole, lost, err := codec{}.EncodeRequest(p)
	if err != nil {
		return nil, nil, err
	}
	o, err := jsonx.Parse(whole)
	if err != nil {
		return nil, nil, err
	}
	var w dialect.Writer
	alone := true
	for name, v := range o.All() {
		if counted[name] {
			w.Raw(name, v)
			alone = alone && name == "contents"
		}
	}
	if alone || !wrapped {
		return w.Object(), lost, nil
	}
	w.Text("model", resource(p.Model))
	var outer dialect.Writer
	outer.Raw("generateContentRequest", w.Object())
	return outer.Object(), lost, nil
}

// counted are the members that have tokens.
var counted = map[string]bool{
	"contents": true, "tools": true, "cachedContent": true, "cached_content": true,
	"systemInstruction": true, "system_instruction": true,
}

// DecodeCount reads a client's question for the number of tokens.
func DecodeCount(body []byte) (*llm.Prompt, error) {
	for _, name := range []string{"generateContentRequest", "generate_content_request"} {
		if jsonx.Check(body) != nil {
			break
		}
		if v := jsonx.At(body, name); jsonx.KindOf(v) == jsonx.Composite {
			body = v
		}
	}
	return codec{}.DecodeRequest(body)
}

// DecodeTotal reads the answer: the number of tokens.
func DecodeTotal(body []byte) (int64, error) {
	r := dialect.ReadReply(body)
	n := r.Int("totalTokens")
	if n == nil {
		r.Fail("totalTokens", "is missing")
		return 0, r.Err()
	}
	return *n, r.Err()
}

// EncodeTotal writes that answer for a client.
func EncodeTotal(n int64) []byte {
	var w dialect.Writer
	w.Number("totalTokens", n)
	return w.Object()
}
