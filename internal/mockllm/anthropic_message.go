package mockllm

import (
	"iter"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// Ids of this voice begin with these.
const (
	anthropicCallID    = "toolu_mock_"
	anthropicMessageID = "msg_mock_"
)

// message answers one request of the Messages API.
type message struct {
	asked    ask
	messages jsonx.Value
	quiet    bool // thinking is switched off: nothing has to come back
	caches   bool // the request has cache breakpoints
}

func (m message) ask() ask { return m.asked }

func readMessage(r *http.Request, body []byte) (speaker, *failure) {
	o, a, failed := anthropicAsk(r, body)
	if failed != nil {
		return nil, failed
	}
	n, ok := jsonx.Int(o.Get("max_tokens"))
	if !ok {
		return nil, refused("max_tokens", "Field required")
	}
	if n < 1 {
		return nil, refused("max_tokens", "Input should be greater than or equal to 1")
	}
	a.MaxTokens = int(min(n, 1<<20))
	kind, _ := jsonx.Text(jsonx.At(o.Get("thinking"), "type"))
	return message{a, o.Get("messages"), kind == "disabled", strings.Contains(string(body), `"cache_control"`)}, nil
}

func (m message) check(b *backstage) *failure {
	if !b.verify || m.quiet {
		return nil
	}
	return returned(b.seals, m.messages)
}

// readTokenCount answers with the number of input tokens (Claude API, count
// tokens in a message).
func readTokenCount(r *http.Request, body []byte) (speaker, *failure) {
	_, a, failed := anthropicAsk(r, body)
	if failed != nil {
		return nil, failed
	}
	return plain{a, object{"input_tokens": a.Input}.answer}, nil
}

var anthropicFinish = map[finish]string{finishStop: "end_turn", finishLength: "max_tokens", finishCalls: "tool_use"}

// anthropicStop is why the message ends, and the stop sequence that ended it.
func anthropicStop(t turn) (reason string, sequence *string) {
	if t.Stop != "" {
		return "stop_sequence", &t.Stop
	}
	return anthropicFinish[t.Finish], nil
}

// anthropicUsage counts as the API does: cached tokens are not input tokens.
func (m message) usage(t turn, output int) object {
	written := 0
	if m.caches && t.Cached == 0 {
		written = max(t.Input-1, 0)
	}
	u := object{
		"input_tokens": t.Input - t.Cached - written, "cache_read_input_tokens": t.Cached, "cache_creation_input_tokens": written,
		"cache_creation": object{"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
		"output_tokens":  output, "service_tier": "standard",
	}
	if len(t.Thought) > 0 {
		u["output_tokens_details"] = object{"thinking_tokens": min(output, len(t.Thought))}
	}
	return u
}

// block is a content block; the order of its members is that of the API.
type block struct {
	Type      string      `json:"type"`
	Thinking  *string     `json:"thinking,omitzero"`
	Signature *string     `json:"signature,omitzero"`
	Text      *string     `json:"text,omitzero"`
	ID        string      `json:"id,omitempty"`
	Name      string      `json:"name,omitempty"`
	Input     jsonx.Value `json:"input,omitzero"`
}

// blocks are those of the whole message.
func blocks(t turn) (out []block) {
	if len(t.Thought) > 0 {
		thought, signature := strings.Join(t.Thought, ""), t.proof(markAnthropic, "")
		out = append(out, block{Type: "thinking", Thinking: &thought, Signature: &signature})
	}
	if len(t.Calls) == 0 {
		text := strings.Join(t.Text, "")
		out = append(out, block{Type: "text", Text: &text})
	}
	for i, c := range t.Calls {
		out = append(out, block{Type: "tool_use", ID: t.part(anthropicCallID, i), Name: c.Name, Input: jsonx.Value(c.Arguments)})
	}
	return out
}

type messageObject struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"`
	Role         string  `json:"role"`
	Model        string  `json:"model"`
	Content      []block `json:"content"`
	StopReason   *string `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`
	Usage        object  `json:"usage"`
}

func (m message) answer(t turn) (string, []byte) {
	reason, sequence := anthropicStop(t)
	return typeJSON, encode(messageObject{
		t.id(anthropicMessageID), "message", "assistant", m.asked.Model, blocks(t), &reason, sequence, m.usage(t, t.Output()),
	})
}

func (message) streamType() string { return "text/event-stream; charset=utf-8" }

func (message) lateFailure(f failure) []byte {
	return namedFrame("error", encode(anthropicErrorOf(f)))
}

// events are those of the guide "Streaming Messages", in its order.
func (m message) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := messageObject{ID: t.id(anthropicMessageID), Type: "message", Role: "assistant", Model: m.asked.Model, Content: []block{}, Usage: m.usage(t, 1)}
		send := func(name string, more object) bool {
			more["type"] = name
			return yield(namedFrame(name, encode(more)))
		}
		if !send("message_start", object{"message": start}) {
			return
		}
		for i, b := range blocks(t) {
			if !b.send(i, t, send) || i == 0 && !send("ping", object{}) {
				return
			}
		}
		reason, sequence := anthropicStop(t)
		end := object{"delta": object{"stop_reason": reason, "stop_sequence": sequence}, "usage": m.usage(t, t.Output())}
		_ = send("message_delta", end) && send("message_stop", object{})
	}
}

// send streams one block.
func (b block) send(index int, t turn, send func(string, object) bool) bool {
	empty := b
	var deltas []object
	nothing := ""
	switch b.Type {
	case "thinking":
		empty.Thinking, empty.Signature = &nothing, &nothing
		for _, piece := range t.Thought {
			deltas = append(deltas, object{"type": "thinking_delta", "thinking": piece})
		}
		deltas = append(deltas, object{"type": "signature_delta", "signature": *b.Signature})
	case "text":
		empty.Text = &nothing
		for _, piece := range t.Text {
			deltas = append(deltas, object{"type": "text_delta", "text": piece})
		}
	case "tool_use":
		empty.Input = jsonx.Value("{}")
		deltas = append(deltas, object{"type": "input_json_delta", "partial_json": ""})
		for _, piece := range pieces(string(b.Input)) {
			deltas = append(deltas, object{"type": "input_json_delta", "partial_json": piece})
		}
	}
	if !send("content_block_start", object{"index": index, "content_block": empty}) {
		return false
	}
	for _, d := range deltas {
		if !send("content_block_delta", object{"index": index, "delta": d}) {
			return false
		}
	}
	return send("content_block_stop", object{"index": index})
}
