package mockllm_test

import (
	"strings"
	"testing"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

// TestCohereRules is about requests that Cohere refuses, and what it hears.
func TestCohereRules(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct{ path, body, want string }{
		{"/v2/chat", `{`, "invalid request"},
		{"/v2/chat", `{"messages":[{"role":"user","content":"hi"}]}`, "model is required"},
		{"/v2/chat", `{"model":"m"}`, "at least one message is required"},
		{"/v2/chat", `{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_object"},"tools":[{"type":"function","function":{"name":"f"}}]}`, "not supported with RAG or tools"},
		{"/v2/embed", `{"texts":["a"]}`, "model is required"},
		{"/v2/embed", `{"model":"m","texts":["a"]}`, "valid input_type must be provided"},
		{"/v2/embed", `{"model":"m","input_type":"classification"}`, "between 1 and 96"},
		{"/v2/embed", `[`, "invalid request"},
	} {
		if a := m.send("POST", c.path, c.body); a.status() != 400 || !strings.Contains(a.at("message"), c.want) {
			t.Errorf("%s: %d %s, want %s", c.body, a.status(), a.body, c.want)
		}
	}
	a := m.send("POST", "/v2/chat", `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aW1n"}}]}]}`)
	if got := hearCohere(a).Text; !strings.Contains(got, "look") || !strings.Contains(got, "image/png of 3 bytes") {
		t.Errorf("got %s", a.body)
	}
	a = m.send("POST", "/v2/chat", `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"c","content":[{"type":"document","document":{"data":"Rain"}}]}]}`)
	if got := hearCohere(a).Text; !strings.Contains(got, "Rain") {
		t.Errorf("got %s", a.body)
	}
}

func TestCohereEmbeds(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v2/embed", `{"model":"m","texts":["a b","c"],"input_type":"search_query","output_dimension":3}`)
	vectors, numbers := 0, 0
	each(a.body, []string{"embeddings", "float"}, func(v jsonx.Value) {
		vectors++
		for range jsonx.Elements(v) {
			numbers++
		}
	})
	if vectors != 2 || numbers != 6 || a.at("meta", "billed_units", "input_tokens") != "3" {
		t.Errorf("%d vectors, %d numbers in %s", vectors, numbers, a.body)
	}
}
