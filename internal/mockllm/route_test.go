package mockllm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

func TestPaths(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct{ method, path, body, at, want string }{
		{"POST", "/chat/completions", chatBody("x", ""), "object", "chat.completion"},
		{"POST", "/api/paas/v4/chat/completions", chatBody("x", ""), "object", "chat.completion"},
		{"POST", "/openai/deployments/my-gpt/chat/completions?api-version=1", `{"messages":[{"role":"user","content":"x"}]}`, "model", "my-gpt"},
		{"POST", "/openai/v1/completions", `{"model":"m","prompt":"x"}`, "object", "text_completion"},
		{"POST", "/v1/embeddings", `{"model":"m","input":"x"}`, "object", "list"},
		{"GET", "/v1/models", "", "object", "list"},
		{"GET", "/v1/models/meta/llama", "", "id", "meta/llama"},
		{"GET", "/v1/chat/completions", "", "method", "GET"},
		{"PATCH", "/v1/threads/1?x=a%20b", `{"a": 1}`, "query", "x=a%20b"},
		{"PATCH", "/v1/threads/1", `{"a": 1}`, "body", `{"a":1}`},
		{"PUT", "/v1/threads/1", `plain text`, "body", `plain text`},
		{"DELETE", "/v1/files/file-1", "", "path", "/v1/files/file-1"},
		{"DELETE", "/v1/files/file-1", "", "body", "null"},
		{"POST", "/v1/bytes", "\xff\xfe", "body", "//4="},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			a := m.send(c.method, c.path, c.body)
			if got := a.at(c.at); a.status() != 200 || got != c.want {
				t.Errorf("status %d, %s is %s, want %s: %s", a.status(), c.at, got, c.want, a.body)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct {
		name, path, body, header, key string
		status                        int
		code, param                   string
	}{
		{"bearer key", "/v1/chat/completions", chatBody("x", ""), "Authorization", "Bearer bad-key", 401, "invalid_api_key", "null"},
		{"bare key", "/v1/embeddings", `{"model":"m","input":"x"}`, "Authorization", "bad-key", 401, "invalid_api_key", "null"},
		{"x-api-key", "/v1/completions", `{"model":"m","prompt":"x"}`, "X-Api-Key", "bad-key", 401, "invalid_api_key", "null"},
		{"good key", "/v1/completions", `{"model":"m","prompt":"x"}`, "X-Api-Key", "sk-1", 200, "", ""},
		{"no messages", "/v1/chat/completions", `{"model":"m"}`, "X-Api-Key", "sk-1", 400, "null", "messages"},
		{"empty messages", "/v1/chat/completions", `{"model":"m","messages":[]}`, "X-Api-Key", "sk-1", 400, "null", "messages"},
		{"no model", "/v1/chat/completions", `{"messages":[{"role":"user","content":"x"}]}`, "X-Api-Key", "sk-1", 400, "null", "model"},
		{"not JSON", "/v1/chat/completions", `{"messages":`, "X-Api-Key", "sk-1", 400, "null", "null"},
		{"unknown model", "/v1/chat/completions", `{"model":"no-such-model","messages":[{"role":"user","content":"x"}]}`, "X-Api-Key", "sk-1", 404, "model_not_found", "null"},
		{"no prompt", "/v1/completions", `{"model":"m"}`, "X-Api-Key", "sk-1", 400, "null", "prompt"},
		{"no input", "/v1/embeddings", `{"model":"m","input":[]}`, "X-Api-Key", "sk-1", 400, "null", "input"},
		{"dimensions", "/v1/embeddings", `{"model":"m","input":"x","dimensions":0}`, "X-Api-Key", "sk-1", 400, "null", "dimensions"},
		{"no file", "/v1/files", `{}`, "X-Api-Key", "sk-1", 400, "null", "null"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := m.send("POST", c.path, c.body, c.header, c.key)
			if a.status() != c.status || a.at("error", "code") != c.code || a.at("error", "param") != c.param {
				t.Errorf("status %d, want %d with code %s, param %s: %s", a.status(), c.status, c.code, c.param, a.body)
			}
		})
	}
	if a := m.send("GET", "/v1/models/no-such-model", ""); a.status() != 404 {
		t.Errorf("unknown model: %d %s", a.status(), a.body)
	}
}

func TestRequestLog(t *testing.T) {
	m := start(t, mockllm.Options{})
	m.send("POST", "/a/b?c=d", `{"e": 1}`, "X-Test", "yes")
	want := mockllm.Request{ID: 1, Method: "POST", Path: "/a/b", Query: "c=d", Body: `{"e": 1}`, Size: 8, Outcome: mockllm.Done}
	eventually(t, "the request is done", func() bool { return m.Requests()[0].Outcome == mockllm.Done })
	got := m.Requests()[0]
	if got.Header.Get("X-Test") != "yes" || got.Start.IsZero() || got.End.Before(got.Start) {
		t.Errorf("header or times: %+v", got)
	}
	got.Header, got.Start, got.End = nil, want.Start, want.End
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a := m.send("GET", "/_mock/requests", "")
	if a.at("0", "body") != `{"e": 1}` || a.at("0", "headers", "X-Test", "0") != "yes" || a.at("0", "outcome") != "done" || a.at("1") != "" {
		t.Errorf("served: %s", a.body)
	}
	if a := m.send("DELETE", "/_mock/requests", ""); a.status() != 204 || len(m.Requests()) != 0 {
		t.Errorf("clearing: %d, %d left", a.status(), len(m.Requests()))
	}
	if a := m.send("POST", "/_mock/requests", ""); a.status() != 405 {
		t.Errorf("POST: %d", a.status())
	}
}

func TestRequestLogIsBounded(t *testing.T) {
	m := start(t, mockllm.Options{})
	for i := range 260 {
		m.send("GET", fmt.Sprint("/", i), "")
	}
	if all := m.Requests(); len(all) != 256 || all[0].Path != "/4" {
		t.Errorf("%d requests from %s, want 256 from /4", len(all), all[0].Path)
	}
	m.send("POST", "/big", strings.Repeat("x", 300<<10))
	if all := m.Requests(); len(all[255].Body) != 256<<10 || all[255].Size != 300<<10 {
		t.Errorf("kept %d of %d bytes", len(all[255].Body), all[255].Size)
	}
}

// TestSampleSatisfiesSchema is about the arguments of tool calls.
func TestSampleSatisfiesSchema(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct{ name, schema, want string }{
		{"none", `null`, `{}`},
		{"no properties", `{"type":"object"}`, `{}`},
		{"kinds", `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer","minimum":7},"c":{"type":"number"},"d":{"type":"boolean"},"e":{"type":"null"}}}`, `{"a": "example a", "b": 7, "c": 1, "d": true, "e": null}`},
		{"nested", `{"properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":["string","null"]}}}},"c":{"type":"array"}}}`, `{"a": [{"b": "example b"}], "c": []}`},
		{"given", `{"type":"object","properties":{"a":{"const":1},"b":{"default":"x"},"c":{"enum":["y","z"]},"d":{"examples":[[2]]}}}`, `{"a": 1, "b": "x", "c": "y", "d": [2]}`},
		{"formats", `{"type":"object","properties":{"a":{"type":"string","format":"date"},"b":{"type":"string","format":"odd"}}}`, `{"a": "2026-01-01", "b": "example b"}`},
		{"ref", `{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"anyOf":[{"type":"boolean"},{"type":"null"}]}}}`, `{"a": true}`},
		{"endless ref", `{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}`, `{"a": null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := m.chat("tool", `,"tools":[{"type":"function","function":{"name":"f","parameters":`+c.schema+`}}]`)
			got := a.at("choices", "0", "message", "tool_calls", "0", "function", "arguments")
			if got != c.want || jsonx.Check([]byte(got)) != nil {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
