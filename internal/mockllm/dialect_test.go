package mockllm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

// TestVendorRules is about requests the vendors refuse, in their words.
func TestVendorRules(t *testing.T) {
	m := start(t, mockllm.Options{})
	messages := func(list string) string { return `{"model":"claude","max_tokens":9,"messages":[` + list + `]}` }
	contents := func(list string) string { return `{"contents":[` + list + `]}` }
	items := func(list string) string { return `{"model":"gpt","input":[` + list + `]}` }
	const (
		use    = `{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]}`
		result = `{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}`
		two    = `{"role":"user","content":[{"type":"tool_result","tool_use_id":"b"},{"type":"tool_result","tool_use_id":"a","content":"x"}]}`
		hi     = `{"role":"user","content":"hi"}`
		call   = `{"role":"model","parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"g"}}]}`
		answer = `{"functionResponse":{"name":"f","response":{"output":"x"}}}`
		ask    = `{"role":"user","parts":[{"text":"hi"}]}`
	)
	for _, c := range []struct{ tongue, body, want string }{
		{"anthropic", `{`, "The request body is not valid JSON"},
		{"anthropic", `{"max_tokens":1,"messages":[` + hi + `]}`, "model: Field required"},
		{"anthropic", `{"model":"c","messages":[` + hi + `]}`, "max_tokens: Field required"},
		{"anthropic", `{"model":"c","max_tokens":0,"messages":[` + hi + `]}`, "max_tokens: Input should be greater than or equal to 1"},
		{"anthropic", messages(``), "messages: at least one message is required"},
		{"anthropic", messages(hi + `,` + use + `,` + hi), "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a, b."},
		{"anthropic", messages(hi + `,` + use), "messages.1: `tool_use` ids were found without `tool_result` blocks"},
		{"anthropic", messages(hi + `,` + use + `,` + result), "`tool_use` ids were found without `tool_result` blocks immediately after: b."},
		{"anthropic", messages(hi + `,` + use + `,` + two), ""},
		{"anthropic", messages(hi + `,` + result), "messages.1.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a."},
		{"anthropic", messages(`{"role":"user","content":[{"type":"text","text":" "}]}`), "text content blocks must be non-empty"},
		{"anthropic", messages(hi + `,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":"{}"}]},` + result), "messages.1.content.0.tool_use.input: Input should be a valid dictionary"},
		{"gemini", `{}`, "contents is not specified"},
		{"gemini", contents(`{"role":"user","parts":[]}`), "must not be empty"},
		{"gemini", contents(`{"role":"assistant","parts":[{"text":"x"}]}`), "Please use a valid role: user, model."},
		{"gemini", contents(ask + `,` + call + `,{"role":"user","parts":[` + answer + `]}`), "the number of function response parts is equal"},
		{"gemini", contents(ask + `,` + call + `,` + ask), "the number of function response parts is equal"},
		{"gemini", contents(ask + `,` + call + `,{"role":"user","parts":[` + answer + `,` + answer + `]}`), ""},
		{"gemini", contents(`{"role":"user","parts":[` + answer + `]}`), "comes immediately after a function call turn"},
		{"responses", `{"model":"gpt"}`, "Missing required parameter: 'input'."},
		{"responses", items(`{"type":"function_call_output","call_id":"a","output":"x"}`), "No tool call found for function call output with call_id a."},
		{"responses", items(`{"type":"function_call","call_id":"a","name":"f","arguments":"{}"}`), "No tool output found for function call a."},
		{"responses", `{"model":"gpt","input":"x","previous_response_id":"resp_1"}`, "Previous response with id 'resp_1' not found."},
	} {
		g := tongues[c.tongue]
		a := m.send("POST", g.path, c.body, g.header...)
		if got := a.at("error", "message"); c.want != "" && (a.status() != 400 || !strings.Contains(got, c.want)) || c.want == "" && a.status() != 200 {
			t.Errorf("%s: %d %s, want %s to %s", c.tongue, a.status(), a.body, c.want, c.body)
		}
	}
	if a := m.send("POST", "/v1/messages", messages(hi)); a.at("error", "message") != "anthropic-version: header is required" {
		t.Errorf("without a version: %s", a.body)
	}
}

func TestMediaAreNamed(t *testing.T) {
	m := start(t, mockllm.Options{})
	for name, body := range map[string]string{
		"openai":    `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]}`,
		"anthropic": `{"model":"m","max_tokens":99,"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}]}`,
		"gemini":    `{"contents":[{"parts":[{"text":"look"},{"inline_data":{"mime_type":"image/png","data":"aGk="}}]}]}`,
		"responses": `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:image/png;base64,aGk="}]}]}`,
	} {
		g := tongues[name]
		const want = "You said: look - and this is the mock provider answering. It sees image/png of 2 bytes."
		if a := m.send("POST", g.path, body, g.header...); g.whole(a).Text != want {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	g := tongues["gemini"]
	a := m.send("POST", g.path, `{"contents":[{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/x.png"}}]}]}`)
	if got := g.whole(a).Text; !strings.HasSuffix(got, "It sees gs://b/x.png.") {
		t.Errorf("a file: %s", got)
	}
}

func TestOtherMethods(t *testing.T) {
	m := start(t, mockllm.Options{})
	version := []string{"Anthropic-Version", "2023-06-01"}
	for _, c := range []struct {
		path, body string
		at, want   string
	}{
		{"/v1/messages/count_tokens", `{"model":"c","system":"be brief","messages":[{"role":"user","content":"one two"}]}`, "input_tokens", "4"},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict", `{"max_tokens":1,"messages":[{"role":"user","content":"x"}]}`, "model", "claude"},
		{"/v1beta/models/g:countTokens", `{"contents":[{"parts":[{"text":"one two three"}]}]}`, "totalTokens", "3"},
		{"/v1beta/models/g:countTokens", `{"generateContentRequest":{"contents":[{"parts":[{"text":"one"}]}]}}`, "totalTokens", "1"},
		{"/v1/projects/p/locations/l/publishers/google/models/a:b:generateContent", `{"contents":[{"parts":[{"text":"x"}]}]}`, "modelVersion", "a:b"},
		{"/v1beta/tunedModels/mine:generateContent", `{"contents":[{"parts":[{"text":"x"}]}]}`, "modelVersion", "mine"},
		{"/v1/complete", `{"model":"c","max_tokens_to_sample":9,"prompt":"\n\nHuman: hi\n\nAssistant:"}`, "completion", " You said: hi - and this is the mock "},
		{"/v1/complete", `{"model":"c","max_tokens_to_sample":9,"prompt":"\n\nHuman: hi\n\nAssistant:"}`, "stop_reason", "max_tokens"},
		{"/v1/complete", `{"model":"c","max_tokens_to_sample":99,"prompt":"\n\nHuman: hi\n\nAssistant:"}`, "stop", "\n\nHuman:"},
		{"/v1/complete", `{"model":"c","max_tokens_to_sample":99,"prompt":"hi"}`, "type", "error"},
	} {
		a := m.send("POST", c.path, c.body, version...)
		if got := a.at(c.at); got != c.want {
			t.Errorf("%s: %s is %q, want %q: %s", c.path, c.at, got, c.want, a.body)
		}
	}
	stream := m.send("POST", "/v1/complete", `{"model":"c","max_tokens_to_sample":99,"stream":true,"prompt":"\n\nHuman: hi\n\nAssistant:"}`, version...)
	var said string
	for _, e := range stream.events() {
		said += str(jsonx.Value(e), "completion")
	}
	if want := " You said: hi - and this is the mock provider answering."; said != want {
		t.Errorf("streamed completion %q, want %q", said, want)
	}
}

func TestGeminiEmbeds(t *testing.T) {
	m := start(t, mockllm.Options{})
	one := m.send("POST", "/v1beta/models/e:embedContent", `{"content":{"parts":[{"text":"hi"}]},"outputDimensionality":4}`)
	both := m.send("POST", "/v1beta/models/e:batchEmbedContents", `{"requests":[{"model":"models/e","content":{"parts":[{"text":"x"}]}},{"content":{"parts":[{"text":"hi"}]},"outputDimensionality":4}]}`)
	if diff := cmp.Diff(one.at("embedding"), both.at("embeddings", "1")); diff != "" || one.at("embedding", "values", "3") == "" {
		t.Errorf("(-one +batch):\n%s", diff)
	}
	if both.at("embeddings", "0", "values", "3071") == "" {
		t.Error("the default size is not 3072")
	}
	for _, body := range []string{`{}`, `{"content":{"parts":[{"text":"hi"}]},"outputDimensionality":0}`} {
		if a := m.send("POST", "/v1beta/models/e:embedContent", body); a.status() != 400 {
			t.Errorf("%s: %d", body, a.status())
		}
	}
	if a := m.send("POST", "/v1beta/models/e:batchEmbedContents", `{"requests":[]}`); a.status() != 400 {
		t.Errorf("an empty batch: %d", a.status())
	}
}

// TestGeminiArrayStream: without alt=sse the stream is one JSON array.
func TestGeminiArrayStream(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1beta/models/g:streamGenerateContent", tongues["gemini"].body("hi there", "", true))
	var h heard
	for e := range jsonx.Elements(a.body) {
		h.content(e)
	}
	if jsonx.Check(a.body) != nil || h.Text != echoed || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s", a.body)
	}
	if a := m.send("POST", "/v1beta/models/g:streamGenerateContent", tongues["gemini"].body("error in stream", "", true)); a.at("2", "error", "code") != "500" {
		t.Errorf("a late error: %s", a.body)
	}
}

func TestGeminiCandidates(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1beta/models/g:generateContent", tongues["gemini"].body("long 2", `,"generationConfig":{"candidateCount":2}`, false))
	if a.at("candidates", "1", "content", "parts", "0", "text") != "lorem ipsum" || a.at("usageMetadata", "candidatesTokenCount") != "4" {
		t.Errorf("%s", a.body)
	}
}

func TestStoredResponses(t *testing.T) {
	m := start(t, mockllm.Options{})
	post := func(body string) answer { m.t.Helper(); return m.send("POST", "/v1/responses", body) }
	first := post(`{"model":"gpt","input":"my name is Ada"}`)
	id := first.at("id")
	if got := m.send("GET", "/v1/responses/"+id, ""); string(got.body) != string(first.body) {
		t.Errorf("stored: %s", got.body)
	}
	next := post(`{"model":"gpt","previous_response_id":"` + id + `","input":[{"role":"user","content":"one"},{"role":"user","content":"two"}]}`)
	if next.at("usage", "input_tokens") != "20" || next.at("previous_response_id") != id {
		t.Errorf("the next one: %s", next.body)
	}
	list := m.send("GET", "/v1/responses/"+next.at("id")+"/input_items", "")
	if list.at("data", "0", "content") != "two" || list.at("data", "1", "type") != "message" || list.at("first_id") != list.at("data", "0", "id") || list.at("data", "2") != "" {
		t.Errorf("its items: %s", list.body)
	}
	if a := m.send("DELETE", "/v1/responses/"+id, ""); a.at("deleted") != "true" || a.at("id") != id {
		t.Errorf("deleting: %s", a.body)
	}
	if a := m.send("GET", "/v1/responses/"+id, ""); a.status() != 404 || a.at("error", "message") != "Response with id '"+id+"' not found." {
		t.Errorf("deleted: %d %s", a.status(), a.body)
	}
	unkept := post(`{"model":"gpt","input":"x","store":false}`).at("id")
	streamedID := str(jsonx.Value(post(`{"model":"gpt","input":"x","stream":true}`).events()[0]), "response", "id")
	for stored, want := range map[string]int{unkept: 404, streamedID: 200} {
		if a := m.send("GET", "/v1/responses/"+stored, ""); a.status() != want {
			t.Errorf("%s: %d, want %d", stored, a.status(), want)
		}
	}
}
