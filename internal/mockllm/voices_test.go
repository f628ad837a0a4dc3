package mockllm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

// heard is what an answer says, whatever its wire format.
type heard struct {
	Text, Thought, Calls, Finish string
	In, Out                      string
}

// tongue is a wire format as these tests need it.
type tongue struct {
	path, streamPath string
	header           []string
	// body is a request with one user message; extra members are of the format.
	body func(words, extra string, stream bool) string
	// The same wish in each format.
	tools, forbidden, required, limit, stop, schema string
	finish                                          map[string]string
	whole                                           func(a answer) heard
	streamed                                        func(events []string) heard
}

const (
	argsSchema = `{"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["celsius","kelvin"]}},"required":["city"]}`
	thought    = "The user said: think hi - I have to think about that."
	askThink   = "think hi"

	compactArgs = `{"city":"example city","unit":"celsius"}`
)

func streamMember(stream bool) string {
	if stream {
		return streamed
	}
	return ""
}

var tongues = map[string]tongue{
	"openai": {
		path: "/v1/chat/completions", streamPath: "/v1/chat/completions",
		body: func(words, extra string, stream bool) string {
			if stream {
				extra += `,"stream":true,"stream_options":{"include_usage":true}`
			}
			return chatBody(words, extra)
		},
		tools: bothTools, forbidden: `,"tool_choice":"none"`, required: `,"tool_choice":"required"`, limit: `,"max_completion_tokens":3`, stop: `,"stop":[" there"]`,
		schema:   `,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}`,
		finish:   map[string]string{"end": "stop", "length": "length", "calls": "tool_calls", "stop": "stop"},
		whole:    hearChat,
		streamed: hearChatStream,
	},
	"anthropic": {
		path: "/v1/messages", streamPath: "/v1/messages", header: []string{"Anthropic-Version", "2023-06-01"},
		body: func(words, extra string, stream bool) string {
			if !strings.Contains(extra, "max_tokens") {
				extra += `,"max_tokens":100`
			}
			return `{"model":"claude","messages":[{"role":"user","content":` + string(jsonx.Quote(words)) + `}]` + extra + streamMember(stream) + `}`
		},
		tools:     `,"tools":[{"name":"get_weather","input_schema":` + argsSchema + `},{"name":"get_time","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search"}]`,
		forbidden: `,"tool_choice":{"type":"none"}`, required: `,"tool_choice":{"type":"any"}`, limit: `,"max_tokens":3`, stop: `,"stop_sequences":[" there"]`,
		schema:   `,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}`,
		finish:   map[string]string{"end": "end_turn", "length": "max_tokens", "calls": "tool_use", "stop": "stop_sequence"},
		whole:    hearMessage,
		streamed: hearMessageStream,
	},
	"gemini": {
		path: "/v1beta/models/gemini:generateContent", streamPath: "/v1beta/models/gemini:streamGenerateContent?alt=sse",
		body: func(words, extra string, _ bool) string {
			return `{"contents":[{"role":"user","parts":[{"text":` + string(jsonx.Quote(words)) + `}]}]` + extra + `}`
		},
		tools:     `,"tools":[{"functionDeclarations":[{"name":"get_weather","parametersJsonSchema":` + argsSchema + `},{"name":"get_time"}]},{"googleSearch":{}}]`,
		forbidden: `,"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}`, required: `,"tool_config":{"function_calling_config":{"mode":"ANY"}}`,
		limit: `,"generationConfig":{"maxOutputTokens":3}`, stop: `,"generationConfig":{"stopSequences":[" there"]}`,
		schema:   `,"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"n":{"type":"INTEGER"}}}}`,
		finish:   map[string]string{"end": "STOP", "length": "MAX_TOKENS", "calls": "STOP", "stop": "STOP"},
		whole:    hearContent,
		streamed: hearContentStream,
	},
	"cohere": {
		path: "/v2/chat", streamPath: "/v2/chat",
		body: func(words, extra string, stream bool) string {
			return `{"model":"command","messages":[{"role":"user","content":` + string(jsonx.Quote(words)) + `}]` + extra + streamMember(stream) + `}`
		},
		tools:     `,"tools":[{"type":"function","function":{"name":"get_weather","parameters":` + argsSchema + `}},{"type":"function","function":{"name":"get_time"}}]`,
		forbidden: `,"tool_choice":"NONE"`, required: `,"tool_choice":"REQUIRED"`, limit: `,"max_tokens":3`, stop: `,"stop_sequences":[" there"]`,
		schema:   `,"response_format":{"type":"json_object","json_schema":{"type":"object","properties":{"n":{"type":"integer"}}}}`,
		finish:   map[string]string{"end": "COMPLETE", "length": "MAX_TOKENS", "calls": "TOOL_CALL", "stop": "STOP_SEQUENCE"},
		whole:    hearCohere,
		streamed: hearCohereStream,
	},
	"responses": {
		path: "/v1/responses", streamPath: "/v1/responses",
		body: func(words, extra string, stream bool) string {
			return `{"model":"gpt","input":` + string(jsonx.Quote(words)) + extra + streamMember(stream) + `}`
		},
		tools:     `,"tools":[{"type":"function","name":"get_weather","parameters":` + argsSchema + `},{"type":"function","name":"get_time"}]`,
		forbidden: `,"tool_choice":"none"`, required: `,"tool_choice":"required"`, limit: `,"max_output_tokens":3`,
		schema:   `,"text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}`,
		finish:   map[string]string{"end": "completed", "length": "incomplete", "calls": "completed"},
		whole:    hearResponse,
		streamed: hearResponseStream,
	},
}

func hearCohere(a answer) (h heard) {
	each(a.body, []string{"message", "content"}, func(c jsonx.Value) {
		h.Text += str(c, "text")
		h.Thought += str(c, "thinking")
	})
	each(a.body, []string{"message", "tool_calls"}, func(c jsonx.Value) {
		h.Calls += str(c, "function", "name") + str(c, "function", "arguments")
	})
	h.Finish, h.In, h.Out = a.at("finish_reason"), a.at("usage", "tokens", "input_tokens"), a.at("usage", "tokens", "output_tokens")
	return h
}

func hearCohereStream(events []string) (h heard) {
	for _, e := range events {
		v := jsonx.Value(e)
		m := jsonx.At(v, "delta", "message")
		h.Text += str(m, "content", "text")
		h.Thought += str(m, "content", "thinking")
		h.Calls += str(m, "tool_calls", "function", "name") + str(m, "tool_calls", "function", "arguments")
		if str(v, "type") == "message-end" {
			h.Finish = str(v, "delta", "finish_reason")
			h.In = string(jsonx.At(v, "delta", "usage", "tokens", "input_tokens"))
			h.Out = string(jsonx.At(v, "delta", "usage", "tokens", "output_tokens"))
		}
	}
	return h
}

func each(v jsonx.Value, path []string, visit func(jsonx.Value)) {
	for e := range jsonx.Elements(jsonx.At(v, path...)) {
		visit(e)
	}
}

func str(v jsonx.Value, path ...string) string {
	s, _ := jsonx.Text(jsonx.At(v, path...))
	return s
}

func hearChat(a answer) (h heard) {
	m := jsonx.At(a.body, "choices", "0", "message")
	h = heard{Text: str(m, "content"), Thought: str(m, "reasoning_content"), Calls: wholeCalls(a), Finish: a.at("choices", "0", "finish_reason")}
	h.In, h.Out = a.at("usage", "prompt_tokens"), a.at("usage", "completion_tokens")
	return h
}

func hearChatStream(events []string) heard {
	usage := jsonx.At(jsonx.Value(events[len(events)-2]), "usage")
	return heard{
		Text: text(said(events, "delta", "content")), Thought: said(events, "delta", "reasoning_content"), Calls: streamCalls(events),
		Finish: strings.ReplaceAll(said(events, "finish_reason"), "null", ""),
		In:     show(jsonx.At(usage, "prompt_tokens")), Out: show(jsonx.At(usage, "completion_tokens")),
	}
}

func hearMessage(a answer) (h heard) {
	each(a.body, []string{"content"}, func(b jsonx.Value) {
		h.Text += str(b, "text")
		h.Thought += str(b, "thinking")
		if str(b, "type") == "tool_use" {
			h.Calls += str(b, "name") + string(jsonx.At(b, "input"))
		}
	})
	h.Finish, h.In, h.Out = a.at("stop_reason"), a.at("usage", "input_tokens"), a.at("usage", "output_tokens")
	return h
}

func hearMessageStream(events []string) (h heard) {
	for _, text := range events {
		e := jsonx.Value(text)
		if str(e, "content_block", "type") == "tool_use" {
			h.Calls += str(e, "content_block", "name")
		}
		h.Text += str(e, "delta", "text")
		h.Thought += str(e, "delta", "thinking")
		h.Calls += str(e, "delta", "partial_json")
		if str(e, "type") == "message_delta" {
			h.Finish, h.In, h.Out = str(e, "delta", "stop_reason"), show(jsonx.At(e, "usage", "input_tokens")), show(jsonx.At(e, "usage", "output_tokens"))
		}
	}
	return h
}

func (h *heard) content(e jsonx.Value) {
	each(e, []string{"candidates", "0", "content", "parts"}, func(p jsonx.Value) {
		if jsonx.IsTrue(jsonx.At(p, "thought")) {
			h.Thought += str(p, "text")
		} else {
			h.Text += str(p, "text")
		}
		h.Calls += str(p, "functionCall", "name") + string(jsonx.At(p, "functionCall", "args"))
	})
	h.Finish += str(e, "candidates", "0", "finishReason")
	h.In, h.Out = show(jsonx.At(e, "usageMetadata", "promptTokenCount")), show(jsonx.At(e, "usageMetadata", "totalTokenCount"))
}

func hearContent(a answer) (h heard) {
	h.content(a.body)
	return h
}

func hearContentStream(events []string) (h heard) {
	for _, e := range events {
		h.content(jsonx.Value(e))
	}
	return h
}

func hearResponse(a answer) (h heard) {
	each(a.body, []string{"output"}, func(item jsonx.Value) {
		h.Thought += str(item, "summary", "0", "text")
		h.Text += str(item, "content", "0", "text")
		h.Calls += str(item, "name") + str(item, "arguments")
	})
	h.Finish, h.In, h.Out = a.at("status"), a.at("usage", "input_tokens"), a.at("usage", "output_tokens")
	return h
}

func hearResponseStream(events []string) (h heard) {
	for _, text := range events {
		e := jsonx.Value(text)
		switch str(e, "type") {
		case "response.output_item.added":
			h.Calls += str(e, "item", "name")
		case "response.reasoning_summary_text.delta":
			h.Thought += str(e, "delta")
		case "response.output_text.delta":
			h.Text += str(e, "delta")
		case "response.function_call_arguments.delta":
			h.Calls += str(e, "delta")
		}
		if usage := jsonx.At(e, "response", "usage"); show(usage) != "null" && usage != nil {
			h.Finish, h.In, h.Out = str(e, "response", "status"), show(jsonx.At(usage, "input_tokens")), show(jsonx.At(usage, "output_tokens"))
		}
	}
	return h
}

// compact takes out the spaces that arguments have where they are text.
var compact = strings.NewReplacer(`": `, `":`, `", `, `",`)

// TestVoices asks every question in every format, both ways.
func TestVoices(t *testing.T) {
	m := start(t, mockllm.Options{})
	for name, g := range tongues {
		for _, c := range []struct {
			name, words, extra string
			want               heard
		}{
			{"echo", "hi there", "", heard{Text: "You said: hi there - and this is the mock provider answering.", Finish: "end"}},
			{"length", "hi there", g.limit, heard{Text: "You said: hi ", Finish: "length"}},
			{"stop", "hi there", g.stop, heard{Text: "You said: hi", Finish: "stop"}},
			{"json", "hi", g.schema, heard{Text: `{"n": 1}`, Finish: "end"}},
			{"tool", "weather", g.tools, heard{Calls: "get_weather" + compactArgs, Finish: "calls"}},
			{"tools", "tools", g.tools, heard{Calls: "get_weather" + compactArgs + "get_time{}", Finish: "calls"}},
			{"forbidden", "tool", g.tools + g.forbidden, heard{Text: "You said: tool - and this is the mock provider answering.", Finish: "end"}},
			{"required", "hi", g.tools + g.required, heard{Calls: "get_weather" + compactArgs, Finish: "calls"}},
			{"think", askThink, "", heard{Text: "You said: think hi - and this is the mock provider answering.", Thought: thought, Finish: "end"}},
			{"think and tools", "think tools", g.tools, heard{Thought: "The user said: think tools - I have to think about that.", Calls: "get_weather" + compactArgs + "get_time{}", Finish: "calls"}},
		} {
			if c.name == "stop" && g.stop == "" {
				continue // the Responses API has no stop sequences
			}
			t.Run(name+"/"+c.name, func(t *testing.T) {
				whole := m.send("POST", g.path, g.body(c.words, c.extra, false), g.header...)
				stream := m.send("POST", g.streamPath, g.body(c.words, c.extra, true), g.header...)
				got, spoken := g.whole(whole), g.streamed(stream.events())
				got.Calls, spoken.Calls = compact.Replace(got.Calls), compact.Replace(spoken.Calls)
				c.want.Finish, c.want.In, c.want.Out = g.finish[c.want.Finish], got.In, got.Out
				if diff := cmp.Diff(c.want, got); diff != "" || got.In == "0" || got.Out == "" {
					t.Errorf("whole (-want +got):\n%s%d %s", diff, whole.status(), whole.body)
				}
				if diff := cmp.Diff(c.want, spoken); diff != "" {
					t.Errorf("streamed (-want +got):\n%s%d %s", diff, stream.status(), stream.body)
				}
			})
		}
	}
}

// TestVoiceFailures is about errors in the shape of each format.
func TestVoiceFailures(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct {
		tongue, words, key string
		status             int
		path, want, text   string
	}{
		{"anthropic", "error 429", "", 429, "error.type", "rate_limit_error", "organization's rate limit"},
		{"anthropic", "error 529", "", 529, "error.type", "overloaded_error", "Overloaded"},
		{"anthropic", "error 418", "", 418, "error.type", "invalid_request_error", "teapot"},
		{"anthropic", "hi", "bad-key", 401, "error.type", "authentication_error", "invalid x-api-key"},
		{"gemini", "error 429", "", 429, "error.status", "RESOURCE_EXHAUSTED", `"retryDelay":"0.050s"`},
		{"gemini", "error 503", "", 503, "error.status", "UNAVAILABLE", "overloaded"},
		{"gemini", "error 501", "", 501, "error.status", "INTERNAL", "Not Implemented"},
		{"gemini", "hi", "bad-key", 400, "error.status", "INVALID_ARGUMENT", "API_KEY_INVALID"},
		{"cohere", "error 429", "", 429, "message", "You are past the per minute request limit, please wait and try again later.", "mock"},
		{"cohere", "error 418", "", 418, "message", "i'm a teapot", ""},
		{"responses", "error 429", "", 429, "error.code", "rate_limit_exceeded", "Rate limit"},
		{"responses", "hi", "bad-key", 401, "error.code", "invalid_api_key", "Incorrect API key"},
	} {
		t.Run(c.tongue+" "+c.words+c.key, func(t *testing.T) {
			g := tongues[c.tongue]
			a := m.send("POST", g.path, g.body(c.words, "", false), append([]string{"X-Goog-Api-Key", c.key, "X-Api-Key", c.key}, g.header...)...)
			if a.status() != c.status || a.at(strings.Split(c.path, ".")...) != c.want || !strings.Contains(string(a.body), c.text) {
				t.Errorf("%d %s, want %d with %s %s and %s", a.status(), a.body, c.status, c.path, c.want, c.text)
			}
		})
	}
	for name, want := range map[string]string{
		"cohere":    `data: {"delta":{"error":"internal server error","finish_reason":"ERROR"}`,
		"anthropic": `event: error` + "\n" + `data: {"type":"error","error":{"type":"api_error"`,
		"gemini":    `data: {"error":{"code":500,`,
		"responses": `event: error` + "\n" + `data: {"code":"server_error",`,
	} {
		g := tongues[name]
		if a := m.send("POST", g.streamPath, g.body("error in stream", "", true), g.header...); a.status() != 200 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s, want %s", name, a.status(), a.body, want)
		}
		if a := m.send("POST", g.streamPath, g.body("cut", "", true), g.header...); a.err == nil {
			t.Errorf("%s: the stream was not cut: %s", name, a.body)
		}
	}
}

// TestVoiceUsage is about what is counted apart.
func TestVoiceUsage(t *testing.T) {
	m := start(t, mockllm.Options{})
	words := "think cached one two" // 4 in; the thought has 13, the answer 15
	for name, want := range map[string]string{
		"openai":    `{"completion_tokens":28,"completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":14,"rejected_prediction_tokens":0},"prompt_tokens":4,"prompt_tokens_details":{"audio_tokens":0,"cached_tokens":3},"total_tokens":32}`,
		"anthropic": `{"cache_creation":{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":0},"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"input_tokens":1,"output_tokens":28,"output_tokens_details":{"thinking_tokens":14},"service_tier":"standard"}`,
		"gemini":    `{"cacheTokensDetails":[{"modality":"TEXT","tokenCount":3}],"cachedContentTokenCount":3,"candidatesTokenCount":14,"promptTokenCount":4,"promptTokensDetails":[{"modality":"TEXT","tokenCount":4}],"thoughtsTokenCount":14,"totalTokenCount":32}`,
		"responses": `{"input_tokens":4,"input_tokens_details":{"cache_write_tokens":0,"cached_tokens":3},"output_tokens":28,"output_tokens_details":{"reasoning_tokens":14},"total_tokens":32}`,
	} {
		g := tongues[name]
		a := m.send("POST", g.path, g.body(words, "", false), g.header...)
		member := "usage"
		if name == "gemini" {
			member = "usageMetadata"
		}
		var got any
		if err := jsonx.Unmarshal(jsonx.At(a.body, member), &got); err != nil {
			t.Fatalf("%s: %v: %s", name, err, a.body)
		}
		sorted, err := jsonx.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(sorted)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	g := tongues["anthropic"]
	a := m.send("POST", g.path, g.body("one two three", `,"system":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}]`, false), g.header...)
	if got := a.at("usage", "cache_creation_input_tokens") + "+" + a.at("usage", "input_tokens"); got != "4+1" {
		t.Errorf("written+read %s, want 4+1: %s", got, a.body)
	}
}
