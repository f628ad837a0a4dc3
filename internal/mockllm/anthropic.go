package mockllm

import (
	"fmt"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// anthropic is the voice of the Claude API for the operation it reads.
type anthropic func(r *http.Request, body []byte) (speaker, *failure)

func (read anthropic) read(r *http.Request, body []byte) (speaker, *failure) { return read(r, body) }

// anthropicError is the error object (Claude API, errors).
type anthropicError struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
	RequestID string `json:"request_id"`
}

// anthropicFailures are the words Anthropic has for a status; a status that is
// not here is an invalid request up to 499 and an API error from 500.
var anthropicFailures = map[int]struct{ kind, message string }{
	401: {"authentication_error", "invalid x-api-key"},
	403: {"permission_error", "Your API key does not have permission to use the specified resource."},
	404: {"not_found_error", "Not found"},
	413: {"request_too_large", "Request exceeds the maximum size"},
	429: {"rate_limit_error", "This request would exceed your organization's rate limit. Please try again in 50ms."},
	500: {"api_error", "Internal server error"},
	504: {"timeout_error", "Request timed out"},
	529: {"overloaded_error", "Overloaded"},
}

func (anthropic) failure(f failure) (int, string, []byte) {
	return f.Status, typeJSON, encode(anthropicErrorOf(f))
}

func anthropicErrorOf(f failure) anthropicError {
	words, known := anthropicFailures[f.Status]
	if !known {
		words.kind, words.message = "invalid_request_error", http.StatusText(f.Status)
		if f.Status >= 500 {
			words.kind = "api_error"
		}
	}
	if f.Model != "" {
		words.message = "model: " + f.Model
	}
	if f.Message != "" {
		words.message = f.Message
	}
	e := anthropicError{Type: "error", RequestID: f.RequestID}
	e.Error.Type, e.Error.Message = words.kind, words.message
	return e
}

// refused is a 400 about a place in the request.
func refused(place, format string, args ...any) *failure {
	return invalid(place, place+": "+fmt.Sprintf(format, args...))
}

// anthropicAsk reads what all requests of the Messages API have in common.
// On other clouds the model is in the path (Claude on Vertex AI).
func anthropicAsk(r *http.Request, body []byte) (jsonx.Object, ask, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return o, ask{}, invalid("", "The request body is not valid JSON: "+err.Error())
	}
	var a ask
	if a.Model, _ = jsonx.Text(o.Get("model")); a.Model == "" {
		a.Model, _ = modelMethod(r.URL.Path)
	}
	switch {
	case r.Header.Get("Anthropic-Version") == "" && o.Get("anthropic_version") == nil:
		return o, a, invalid("anthropic-version", "anthropic-version: header is required")
	case a.Model == "":
		return o, a, refused("model", "Field required")
	case jsonx.KindOf(o.Get("messages")) != jsonx.Array:
		return o, a, refused("messages", "Field required")
	case jsonx.At(o.Get("messages"), "0") == nil:
		return o, a, refused("messages", "at least one message is required")
	}
	text, _ := anthropicContent(o.Get("system"))
	a.recall(text)
	for m := range jsonx.Elements(o.Get("messages")) {
		hearAnthropic(&a, m)
	}
	anthropicTools(&a, o)
	a.Schema = jsonx.At(o.Get("output_config"), "format", "schema")
	if a.Schema == nil {
		a.Schema = jsonx.At(o.Get("output_format"), "schema") // its name in the beta
	}
	a.Stop = textsOf(o.Get("stop_sequences"))
	a.Stream = jsonx.IsTrue(o.Get("stream")) || strings.HasSuffix(r.URL.Path, ":streamRawPredict")
	return o, a, pairs(o.Get("messages"))
}

// modelMethod takes the end of a path apart: models/M:method. A model's name
// may hold colons of its own.
func modelMethod(path string) (model, method string) {
	if _, rest, ok := strings.Cut(path, "/models/"); ok {
		path = rest
	} else {
		path = path[strings.LastIndexByte(path, '/')+1:]
	}
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", ""
}

// anthropicContent is the text of a string or of blocks, and their media.
func anthropicContent(content jsonx.Value) (text string, media []string) {
	if s, ok := jsonx.Text(content); ok {
		return s, nil
	}
	var texts []string
	for block := range jsonx.Elements(content) {
		switch kind, _ := jsonx.Text(jsonx.At(block, "type")); kind {
		case "text":
			s, _ := jsonx.Text(jsonx.At(block, "text"))
			texts = append(texts, s)
		case "image", "document":
			media = append(media, anthropicMedium(jsonx.At(block, "source")))
		}
	}
	return strings.Join(texts, "\n"), media
}

func anthropicMedium(source jsonx.Value) string {
	kind, _ := jsonx.Text(jsonx.At(source, "media_type"))
	for _, name := range []string{"data", "url", "file_id"} {
		if s, ok := jsonx.Text(jsonx.At(source, name)); ok {
			if kind == "text/plain" {
				return fmt.Sprintf("%s of %d bytes", kind, len(s)) // not in base64
			}
			return describe(kind, s)
		}
	}
	return "nothing"
}

// hearAnthropic takes in one message. One with results and words is both.
func hearAnthropic(a *ask, message jsonx.Value) {
	content := jsonx.At(message, "content")
	text, media := anthropicContent(content)
	if role, _ := jsonx.Text(jsonx.At(message, "role")); role != "user" {
		a.recall(text)
		return
	}
	results := false
	for block := range jsonx.Elements(content) {
		if kind, _ := jsonx.Text(jsonx.At(block, "type")); kind == "tool_result" {
			a.learn(anthropicContent(jsonx.At(block, "content")))
			results = true
		}
	}
	if !results || text != "" {
		a.hear(text, media)
	}
}

// anthropicTools reads the client's tools. Those of the vendor have a type of
// their own and no schema.
func anthropicTools(a *ask, o jsonx.Object) {
	for t := range jsonx.Elements(o.Get("tools")) {
		name, _ := jsonx.Text(jsonx.At(t, "name"))
		if kind, _ := jsonx.Text(jsonx.At(t, "type")); name != "" && (kind == "" || kind == "custom") {
			a.Tools = append(a.Tools, tool{name, jsonx.At(t, "input_schema")})
		}
	}
	kind, _ := jsonx.Text(jsonx.At(o.Get("tool_choice"), "type"))
	a.Choice = map[string]choice{"any": required, "tool": required, "none": forbidden}[kind]
	a.Tool, _ = jsonx.Text(jsonx.At(o.Get("tool_choice"), "name"))
}
