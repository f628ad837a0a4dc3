package mockllm

import (
	"iter"
	"net/http"
	"strings"

	"sluice/internal/framing"
	"sluice/internal/jsonx"
)

// bedrockCallID is what ids of calls begin with.
const bedrockCallID = "tooluse_mock_"

// converse answers one request of Converse or ConverseStream.
type converse struct{ asked ask }

func (c converse) ask() ask { return c.asked }

func readConverse(r *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, unfit("%v", err)
	}
	whole := o.Bytes()
	a := ask{Model: modelIn(r.URL.Path), Stream: strings.HasSuffix(r.URL.Path, "/converse-stream")}
	if failed := readConversation(&a, whole); failed != nil {
		return nil, failed
	}
	config := jsonx.At(whole, "inferenceConfig")
	if n, ok := jsonx.Int(jsonx.At(config, "maxTokens")); ok && n > 0 {
		a.MaxTokens = int(min(n, 1<<20))
	}
	a.Stop = textsOf(jsonx.At(config, "stopSequences"))
	if text, ok := jsonx.Text(jsonx.At(whole, "outputConfig", "textFormat", "structure", "jsonSchema", "schema")); ok {
		if jsonx.Check([]byte(text)) != nil {
			return nil, unfit("The schema at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.")
		}
		a.Schema = jsonx.Value(text)
	}
	failed := converseTools(&a, whole)
	return converse{a}, failed
}

func converseTools(a *ask, whole jsonx.Value) *failure {
	for t := range jsonx.Elements(jsonx.At(whole, "toolConfig", "tools")) {
		if name, ok := jsonx.Text(jsonx.At(t, "toolSpec", "name")); ok {
			a.Tools = append(a.Tools, tool{name, jsonx.At(t, "toolSpec", "inputSchema", "json")})
		}
	}
	choice := jsonx.At(whole, "toolConfig", "toolChoice")
	if name, ok := jsonx.Text(jsonx.At(choice, "tool", "name")); ok {
		a.Choice, a.Tool = required, name
	} else if jsonx.At(choice, "any") != nil {
		a.Choice = required
	}
	messages := string(jsonx.At(whole, "messages"))
	if jsonx.At(whole, "toolConfig") == nil && (strings.Contains(messages, `"toolUse"`) || strings.Contains(messages, `"toolResult"`)) {
		return unfit("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
	}
	return nil
}

func converseStop(t turn) string {
	if t.Stop != "" {
		return "stop_sequence"
	}
	return anthropicFinish[t.Finish]
}

// converseUsage counts cached tokens apart, but into the total.
func converseUsage(t turn) object {
	return object{
		"inputTokens": t.Input - t.Cached, "outputTokens": t.Output(), "totalTokens": t.Input + t.Output(),
		"cacheReadInputTokens": t.Cached, "cacheWriteInputTokens": 0,
	}
}

func (c converse) answer(t turn) (string, []byte) {
	var content []object
	if len(t.Thought) > 0 {
		text := object{"text": strings.Join(t.Thought, ""), "signature": t.proof(markAnthropic, "")}
		content = append(content, object{"reasoningContent": object{"reasoningText": text}})
	}
	if len(t.Calls) == 0 {
		content = append(content, object{"text": strings.Join(t.Text, "")})
	}
	for i, call := range t.Calls {
		use := object{"toolUseId": t.part(bedrockCallID, i), "name": call.Name, "input": jsonx.Value(call.Arguments)}
		content = append(content, object{"toolUse": use})
	}
	return typeJSON, encode(object{
		"output":     object{"message": object{"role": "assistant", "content": content}},
		"stopReason": converseStop(t), "usage": converseUsage(t), "metrics": object{"latencyMs": 1},
	})
}

func (converse) streamType() string { return framing.Amazon.MediaType }

func (converse) lateFailure(f failure) []byte {
	exception, message := bedrockError(f)
	exception = strings.ToLower(exception[:1]) + exception[1:]
	return framing.AppendAmazonException(nil, exception, encode(object{"message": message}))
}

// events are those of the API, in its order: only calls have a start.
func (c converse) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		send := func(name string, data object) bool {
			return yield(framing.AppendAmazonEvent(nil, name, encode(data)))
		}
		if !send("messageStart", object{"role": "assistant"}) {
			return
		}
		for i, b := range converseBlocks(t) {
			if b.start != nil && !send("contentBlockStart", object{"contentBlockIndex": i, "start": b.start}) {
				return
			}
			for _, d := range b.deltas {
				if !send("contentBlockDelta", object{"contentBlockIndex": i, "delta": d, "p": "abc"}) {
					return
				}
			}
			if !send("contentBlockStop", object{"contentBlockIndex": i}) {
				return
			}
		}
		_ = send("messageStop", object{"stopReason": converseStop(t)}) &&
			send("metadata", object{"usage": converseUsage(t), "metrics": object{"latencyMs": 1}})
	}
}

type converseBlock struct {
	start  object
	deltas []object
}

func converseBlocks(t turn) (out []converseBlock) {
	if len(t.Thought) > 0 {
		var b converseBlock
		for _, piece := range t.Thought {
			b.deltas = append(b.deltas, object{"reasoningContent": object{"text": piece}})
		}
		b.deltas = append(b.deltas, object{"reasoningContent": object{"signature": t.proof(markAnthropic, "")}})
		out = append(out, b)
	}
	if len(t.Calls) == 0 {
		var b converseBlock
		for _, piece := range t.Text {
			b.deltas = append(b.deltas, object{"text": piece})
		}
		out = append(out, b)
	}
	for i, call := range t.Calls {
		b := converseBlock{start: object{"toolUse": object{"toolUseId": t.part(bedrockCallID, i), "name": call.Name}}}
		for _, piece := range pieces(call.Arguments) {
			b.deltas = append(b.deltas, object{"toolUse": object{"input": piece}})
		}
		out = append(out, b)
	}
	return out
}
