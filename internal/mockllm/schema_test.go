package mockllm_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/internal/mockllm"
)

// schemas are OpenAI's own, as far as our answers go.
func schemas(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/openai-schemas.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openai.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		t.Helper()
		schema, err := compiler.Compile("openai.json#/$defs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
}

func satisfies(t *testing.T, schema *jsonschema.Schema, body []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, body)
	}
}

func TestAnswersSatisfyOpenAISchema(t *testing.T) {
	m := start(t, mockllm.Options{})
	named := schemas(t)
	form, formType := upload(t, "model", "m", "purpose", "batch", "@a.txt", "abc")
	for _, c := range []struct{ schema, method, path, body, contentType string }{
		{"CreateChatCompletionResponse", "POST", "/v1/chat/completions", chatBody("hi", ""), ""},
		{"CreateChatCompletionResponse", "POST", "/v1/chat/completions", chatBody("tools", bothTools+`,"n":2`), ""},
		{"CreateChatCompletionResponse", "POST", "/v1/chat/completions", chatBody("hi", `,"max_tokens":1`), ""},
		{"CreateCompletionResponse", "POST", "/v1/completions", `{"model":"m","prompt":"x"}`, ""},
		{"CreateEmbeddingResponse", "POST", "/v1/embeddings", `{"model":"m","input":["x","y"],"dimensions":9}`, ""},
		{"CreateModerationResponse", "POST", "/v1/moderations", `{"input":"x"}`, ""},
		{"ImagesResponse", "POST", "/v1/images/generations", `{"model":"m","prompt":"x"}`, ""},
		{"ListModelsResponse", "GET", "/v1/models", "", ""},
		{"Model", "GET", "/v1/models/gpt-4o", "", ""},
		{"OpenAIFile", "POST", "/v1/files", form, formType},
		{"CreateTranscriptionResponseJson", "POST", "/v1/audio/transcriptions", form, formType},
		{"ErrorResponse", "POST", "/v1/chat/completions", chatBody("error 429", ""), ""},
		{"ErrorResponse", "POST", "/v1/chat/completions", `{}`, ""},
	} {
		t.Run(c.schema, func(t *testing.T) {
			headers := []string{"Content-Type", c.contentType}
			if c.contentType == "" {
				headers = nil
			}
			satisfies(t, named(c.schema), m.send(c.method, c.path, c.body, headers...).body)
		})
	}
}

func TestChunksSatisfyOpenAISchema(t *testing.T) {
	m := start(t, mockllm.Options{})
	named := schemas(t)
	for _, c := range []struct{ schema, path, body string }{
		{"CreateChatCompletionStreamResponse", "/v1/chat/completions", chatBody("hi", streamed+`,"n":2,"stream_options":{"include_usage":true}`)},
		{"CreateChatCompletionStreamResponse", "/v1/chat/completions", chatBody("tools", streamed+bothTools)},
		{"ErrorResponse", "/v1/chat/completions", chatBody("error in stream", streamed)},
	} {
		t.Run(c.schema, func(t *testing.T) {
			events := m.send("POST", c.path, c.body).events()
			checked := events[:len(events)-1] // without [DONE]
			if c.schema == "ErrorResponse" {
				checked = events[len(events)-1:]
			}
			for _, e := range checked {
				satisfies(t, named(c.schema), []byte(e))
			}
			if len(checked) == 0 {
				t.Error("nothing to check")
			}
		})
	}
}
