package mockllm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

const (
	echoed = "You said: hi there - and this is the mock provider answering."

	weatherTool = `{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["celsius","kelvin"]}},"required":["city"]}}}`
	timeTool    = `{"type":"function","function":{"name":"get_time"}}`
	bothTools   = `,"tools":[` + weatherTool + `,` + timeTool + `]`
	weatherArgs = `{"city": "example city", "unit": "celsius"}`
)

// TestChat asks every question both ways: whole and streamed must say the same.
func TestChat(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct{ name, words, more, text, calls, finish string }{
		{"echo", "hi there", ``, echoed, "", "stop"},
		{"nothing said", "", ``, "Hello from the mock provider.", "", "stop"},
		{"max_tokens", "hi there", `,"max_tokens":3`, "You said: hi ", "", "length"},
		{"max_completion_tokens wins", "hi there", `,"max_tokens":9,"max_completion_tokens":1`, "You ", "", "length"},
		{"stop", "hi there", `,"stop":" there"`, "You said: hi", "", "stop"},
		{"stops", "hi there", `,"stop":["mock","and"]`, "You said: hi there - ", "", "stop"},
		{"long", "long 5", ``, "lorem ipsum dolor sit amet", "", "stop"},
		{"json", "answer in json", ``, `{"answer": "answer in json", "words": 3}`, "", "stop"},
		{"json_object", "hi", `,"response_format":{"type":"json_object"}`, `{"answer": "hi", "words": 1}`, "", "stop"},
		{"json_schema", "hi", `,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}`, `{"n": 1}`, "", "stop"},
		{"no tools offered", "weather", ``, "You said: weather - and this is the mock provider answering.", "", "stop"},
		{"a tool", "what's the Weather?", bothTools, "", "get_weather" + weatherArgs, "tool_calls"},
		{"tools", "use your tools", bothTools, "", "get_weather" + weatherArgs + "get_time{}", "tool_calls"},
		{"tool forbidden", "tool", bothTools + `,"tool_choice":"none"`, "You said: tool - and this is the mock provider answering.", "", "stop"},
		{"tool required", "hi", bothTools + `,"tool_choice":"required"`, "", "get_weather" + weatherArgs, "tool_calls"},
		{"tool named", "hi", bothTools + `,"tool_choice":{"type":"function","function":{"name":"get_time"}}`, "", "get_time{}", "tool_calls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := m.chat(c.words, c.more)
			got := []string{text(whole.at("choices", "0", "message", "content")), wholeCalls(whole), whole.at("choices", "0", "finish_reason")}
			if diff := cmp.Diff([]string{c.text, c.calls, c.finish}, got); diff != "" {
				t.Errorf("whole (-want +got):\n%s%s", diff, whole.body)
			}
			stream := m.chat(c.words, c.more+`,"stream":true,"stream_options":{"include_usage":true}`)
			events := stream.events()
			got = []string{text(said(events, "delta", "content")), streamCalls(events), strings.ReplaceAll(said(events, "finish_reason"), "null", "")}
			if diff := cmp.Diff([]string{c.text, c.calls, c.finish}, got); diff != "" {
				t.Errorf("streamed (-want +got):\n%s%s", diff, stream.body)
			}
			usage := show(jsonx.At(jsonx.Value(events[len(events)-2]), "usage"))
			if diff := cmp.Diff(whole.at("usage"), usage); diff != "" {
				t.Errorf("usage of the stream differs (-whole +streamed):\n%s", diff)
			}
			if last := events[len(events)-1]; last != "[DONE]" {
				t.Errorf("the stream ends with %s", last)
			}
		})
	}
}

// text reads null, which both forms show where a tool is called, as nothing.
func text(s string) string { return strings.ReplaceAll(s, "null", "") }

func wholeCalls(a answer) string {
	var b strings.Builder
	for c := range jsonx.Elements(jsonx.At(a.body, "choices", "0", "message", "tool_calls")) {
		b.WriteString(show(jsonx.At(c, "function", "name")) + show(jsonx.At(c, "function", "arguments")))
	}
	return b.String()
}

// streamCalls puts the calls of the first choice together again.
func streamCalls(events []string) string {
	var calls []string
	for _, e := range events[:len(events)-1] {
		delta := jsonx.At(jsonx.Value(e), "choices", "0", "delta", "tool_calls", "0")
		if delta == nil {
			continue
		}
		if at, _ := jsonx.Int(jsonx.At(delta, "index")); int(at) == len(calls) {
			calls = append(calls, show(jsonx.At(delta, "function", "name")))
		}
		calls[len(calls)-1] += show(jsonx.At(delta, "function", "arguments"))
	}
	return strings.Join(calls, "")
}

func TestToolResultIsSaid(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1/chat/completions", `{"model":"m","messages":[
		{"role":"user","content":"weather"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"get_weather","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"1","content":"12 degrees"},
		{"role":"tool","tool_call_id":"2","content":[{"type":"text","text":"windy"}]}]`+bothTools+`}`)
	if got, want := a.at("choices", "0", "message", "content"), "The tool says: 12 degrees; windy"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestChoices(t *testing.T) {
	m := start(t, mockllm.Options{})
	whole := m.chat("long 2", `,"n":3`)
	if got := whole.at("choices", "2", "message", "content"); got != "lorem ipsum" {
		t.Errorf("third choice: %s", whole.body)
	}
	if got := whole.at("usage", "completion_tokens"); got != "6" {
		t.Errorf("completion_tokens = %s, want 6 for three choices of two words", got)
	}
	var order []string
	for _, e := range m.chat("long 2", `,"n":2,"stream":true`).events() {
		order = append(order, show(jsonx.At(jsonx.Value(e), "choices", "0", "index")))
	}
	if diff := cmp.Diff(strings.Fields("0 1 0 1 0 1 0 1"), order[:len(order)-1]); diff != "" {
		t.Errorf("choices of the chunks (-want +got):\n%s", diff)
	}
}

func TestUsageCountsWords(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1/chat/completions", `{"model":"m","messages":[{"role":"system","content":"be very brief"},{"role":"user","content":[{"type":"text","text":"long 4"},{"type":"image_url","image_url":{"url":"x"}}]}]}`)
	got := a.at("usage", "prompt_tokens") + "+" + a.at("usage", "completion_tokens") + "=" + a.at("usage", "total_tokens")
	if got != "5+4=9" {
		t.Errorf("usage %s, want 5+4=9", got)
	}
}

func TestChunksOption(t *testing.T) {
	m := start(t, mockllm.Options{Chunks: 2})
	if got := m.chat("hi", "").at("choices", "0", "message", "content"); got != "lorem ipsum" {
		t.Errorf("got %s, want two words", got)
	}
}

func TestComplete(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/openai/v1/completions", `{"model":"m","prompt":["a","hi there"],"n":2}`)
	if got := a.at("choices", "3", "text"); got != echoed {
		t.Errorf("fourth choice: %s", a.body)
	}
	stream := m.send("POST", "/v1/completions", `{"model":"m","prompt":"hi there","stream":true,"max_tokens":2,"stream_options":{"include_usage":true}}`).events()
	if got := said(stream, "text"); got != "You said: " {
		t.Errorf("streamed text %q", got)
	}
	want := []string{"null", "null", "length"}
	var got []string
	for _, e := range stream[:3] {
		got = append(got, show(jsonx.At(jsonx.Value(e), "choices", "0", "finish_reason")))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("finish reasons (-want +got):\n%s", diff)
	}
	if got := show(jsonx.At(jsonx.Value(stream[3]), "usage", "total_tokens")); got != "4" || stream[4] != "[DONE]" {
		t.Errorf("the stream ends with %q", stream[3:])
	}
}
