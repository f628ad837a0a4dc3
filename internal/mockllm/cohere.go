package mockllm

import (
	"iter"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// cohere is the voice of Cohere's API, version 2, for the operation it reads.
type cohere func(r *http.Request, body []byte) (speaker, *failure)

func (read cohere) read(r *http.Request, body []byte) (speaker, *failure) { return read(r, body) }

// cohereFailures are the words Cohere has for a status (Cohere API, errors).
var cohereFailures = map[int]string{
	401: "invalid api token",
	404: "model not found, make sure the correct model ID was used and that you have access to the model.",
	429: "You are past the per minute request limit, please wait and try again later.",
	500: "internal server error",
	503: "service unavailable",
}

func (cohere) failure(f failure) (int, string, []byte) {
	message, known := cohereFailures[f.Status]
	if !known {
		message = strings.ToLower(http.StatusText(f.Status))
	}
	if f.Message != "" {
		message = f.Message
	}
	return f.Status, typeJSON, encode(object{"id": f.RequestID, "message": message})
}

// cohereChat answers one request of chat.
type cohereChat struct{ asked ask }

func (c cohereChat) ask() ask { return c.asked }

// readCohereChat reads a request (Cohere API, Chat v2).
func readCohereChat(_ *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, invalid("", "invalid request: "+err.Error())
	}
	var a ask
	a.Model, _ = jsonx.Text(o.Get("model"))
	switch {
	case a.Model == "":
		return nil, invalid("model", "invalid request: model is required")
	case jsonx.At(o.Get("messages"), "0") == nil:
		return nil, invalid("messages", "invalid request: at least one message is required")
	}
	for m := range jsonx.Elements(o.Get("messages")) {
		hearCohere(&a, m)
	}
	for t := range jsonx.Elements(o.Get("tools")) {
		name, _ := jsonx.Text(jsonx.At(t, "function", "name"))
		a.Tools = append(a.Tools, tool{name, jsonx.At(t, "function", "parameters")})
	}
	word, _ := jsonx.Text(o.Get("tool_choice"))
	a.Choice = map[string]choice{"REQUIRED": required, "NONE": forbidden}[word]
	form := o.Get("response_format")
	a.Schema = jsonx.At(form, "json_schema")
	kind, _ := jsonx.Text(jsonx.At(form, "type"))
	a.JSON = kind == "json_object"
	if a.JSON && len(a.Tools) > 0 {
		return nil, invalid("response_format", "invalid request: response_format is not supported with RAG or tools")
	}
	if n, ok := jsonx.Int(o.Get("max_tokens")); ok {
		a.MaxTokens = int(min(n, 1<<20))
	}
	a.Stop, a.Stream = textsOf(o.Get("stop_sequences")), jsonx.IsTrue(o.Get("stream"))
	return cohereChat{a}, nil
}

func hearCohere(a *ask, message jsonx.Value) {
	var texts, media []string
	content := jsonx.At(message, "content")
	if s, ok := jsonx.Text(content); ok {
		texts = append(texts, s)
	}
	for p := range jsonx.Elements(content) {
		for _, name := range []string{"text", "document"} {
			s, ok := jsonx.Text(jsonx.At(p, name))
			if !ok {
				s, ok = jsonx.Text(jsonx.At(p, name, "data"))
			}
			if ok {
				texts = append(texts, s)
			}
		}
		if url, ok := jsonx.Text(jsonx.At(p, "image_url", "url")); ok {
			media = append(media, describe("", url))
		}
	}
	text := strings.Join(texts, "\n")
	switch role, _ := jsonx.Text(jsonx.At(message, "role")); role {
	case "user":
		a.hear(text, media)
	case "tool":
		a.learn(text, media)
	default:
		a.recall(text)
	}
}

// cohereFinish is why an answer ends.
func cohereFinish(t turn) string {
	if t.Stop != "" {
		return "STOP_SEQUENCE"
	}
	return map[finish]string{finishStop: "COMPLETE", finishLength: "MAX_TOKENS", finishCalls: "TOOL_CALL"}[t.Finish]
}

// preamble is what the vendor adds to every prompt, and does not charge.
const preamble = 500

func cohereUsage(t turn) object {
	u := object{
		"billed_units": object{"input_tokens": t.Input, "output_tokens": t.Output()},
		"tokens":       object{"input_tokens": t.Input + preamble, "output_tokens": t.Output()},
	}
	if t.Cached > 0 {
		u["cached_tokens"] = t.Cached
	}
	return u
}

const coherePlan = "I will use the tools."

func cohereCall(t turn, i int, arguments string) object {
	name := t.Calls[i].Name
	return object{"id": t.part(name+"_mock_", i), "type": "function", "function": object{"name": name, "arguments": arguments}}
}

// cohereContents are what the model thinks and says, in pieces.
func cohereContents(t turn) (names []string, pieces [][]string) {
	if len(t.Thought) > 0 {
		names, pieces = append(names, "thinking"), append(pieces, t.Thought)
	}
	if len(t.Calls) == 0 {
		names, pieces = append(names, "text"), append(pieces, t.Text)
	}
	return names, pieces
}

func (c cohereChat) answer(t turn) (string, []byte) {
	message := object{"role": "assistant"}
	var content, calls []object
	names, said := cohereContents(t)
	for i, name := range names {
		content = append(content, object{"type": name, name: strings.Join(said[i], "")})
	}
	for i, call := range t.Calls {
		calls = append(calls, cohereCall(t, i, call.Arguments))
	}
	if len(content) > 0 {
		message["content"] = content
	}
	if len(calls) > 0 {
		message["tool_plan"], message["tool_calls"] = coherePlan, calls
	}
	return typeJSON, encode(object{"id": t.id("cohere-mock-"), "message": message, "finish_reason": cohereFinish(t), "usage": cohereUsage(t)})
}

func (cohereChat) streamType() string { return "text/event-stream" }

func (cohereChat) lateFailure(failure) []byte {
	return namedFrame("message-end", encode(object{"type": "message-end", "delta": object{"error": "internal server error", "finish_reason": "ERROR"}}))
}

// events are those of the guide "Streaming Responses", in its order.
func (c cohereChat) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		send := func(kind string, more object) bool {
			more["type"] = kind
			return yield(namedFrame(kind, encode(more)))
		}
		add := func(kind string, index int, name string, v any) bool {
			return send(kind, object{"index": index, "delta": object{"message": object{name: v}}})
		}
		start := object{"role": "assistant", "content": []object{}, "tool_plan": "", "tool_calls": []object{}, "citations": []object{}}
		if !send("message-start", object{"id": t.id("cohere-mock-"), "delta": object{"message": start}}) {
			return
		}
		names, said := cohereContents(t)
		for i, name := range names {
			if !add("content-start", i, "content", object{"type": name, name: ""}) {
				return
			}
			for _, piece := range said[i] {
				if !add("content-delta", i, "content", object{name: piece}) {
					return
				}
			}
			if !send("content-end", object{"index": i}) {
				return
			}
		}
		if len(t.Calls) > 0 && !send("tool-plan-delta", object{"delta": object{"message": object{"tool_plan": coherePlan}}}) {
			return
		}
		for i, call := range t.Calls {
			if !add("tool-call-start", i, "tool_calls", cohereCall(t, i, "")) {
				return
			}
			for _, piece := range pieces(call.Arguments) {
				if !add("tool-call-delta", i, "tool_calls", object{"function": object{"arguments": piece}}) {
					return
				}
			}
			if !send("tool-call-end", object{"index": i}) {
				return
			}
		}
		send("message-end", object{"delta": object{"finish_reason": cohereFinish(t), "usage": cohereUsage(t)}})
	}
}
