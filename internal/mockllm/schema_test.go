package mockllm_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sluice/internal/mockllm"
)

// schemas are the vendor's own, as far as our answers go.
func schemas(t *testing.T, vendor string) func(name string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/" + vendor + "-schemas.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(vendor+".json", doc); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		t.Helper()
		schema, err := compiler.Compile(vendor + ".json#/$defs/" + name)
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
	named := schemas(t, "openai")
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
	named := schemas(t, "openai")
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

// TestVoicesSatisfySchemas holds whole answers and every event to the types of
// the vendors' SDKs.
func TestVoicesSatisfySchemas(t *testing.T) {
	m := start(t, mockllm.Options{})
	for vendor, names := range map[string][2]string{
		"anthropic": {"Message", "RawMessageStreamEvent"}, "gemini": {"GenerateContentResponse", "GenerateContentResponse"},
		"responses": {"Response", "ResponseStreamEvent"},
	} {
		g, named := tongues[vendor], schemas(t, vendor)
		for _, words := range []string{"hi", "think hi", "think tools", "cached"} {
			extra := g.tools
			if vendor == "responses" {
				extra += `,"include":["reasoning.encrypted_content"]`
			}
			satisfies(t, named(names[0]), m.send("POST", g.path, g.body(words, extra, false), g.header...).body)
			events := m.send("POST", g.streamPath, g.body(words, extra, true), g.header...).events()
			for _, e := range events {
				if e != `{"type":"ping"}` { // which the SDKs leave out
					satisfies(t, named(names[1]), []byte(e))
				}
			}
			if len(events) < 3 {
				t.Errorf("%s: %d events", vendor, len(events))
			}
		}
	}
	g := tongues["anthropic"]
	satisfies(t, schemas(t, "anthropic")("ErrorResponse"), m.send("POST", g.path, g.body("error 529", "", false), g.header...).body)
	satisfies(t, schemas(t, "anthropic")("MessageTokensCount"), m.send("POST", g.path+"/count_tokens", g.body("hi", "", false), g.header...).body)
	late := m.send("POST", "/v1/responses", tongues["responses"].body("error in stream", "", true)).events()
	satisfies(t, schemas(t, "responses")("ResponseStreamEvent"), []byte(late[len(late)-1]))
}
