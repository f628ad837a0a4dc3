package mockllm

import (
	"fmt"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// gemini is the voice of the Gemini API for the operation it reads.
type gemini func(r *http.Request, body []byte) (speaker, *failure)

func (read gemini) read(r *http.Request, body []byte) (speaker, *failure) { return read(r, body) }

// geminiFailures are the words Google has for a status (google.rpc.Code); a
// status that is not here is an invalid argument up to 499 and internal from
// 500.
var geminiFailures = map[int]struct{ status, message string }{
	401: {"UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."},
	403: {"PERMISSION_DENIED", "The caller does not have permission"},
	404: {"NOT_FOUND", "Requested entity was not found."},
	429: {"RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details. Please retry in 50ms."},
	499: {"CANCELLED", "The operation was cancelled."},
	500: {"INTERNAL", "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"},
	503: {"UNAVAILABLE", "The model is overloaded. Please try again later."},
	504: {"DEADLINE_EXCEEDED", "The request timed out. Please try again."},
}

// failure answers a bad key with 400, as the API does.
func (gemini) failure(f failure) (int, string, []byte) {
	if f.BadKey {
		f.Status, f.Message = http.StatusBadRequest, "API key not valid. Please pass a valid API key."
	}
	return f.Status, "application/json; charset=UTF-8", encode(geminiErrorOf(f))
}

func geminiErrorOf(f failure) object {
	words, known := geminiFailures[f.Status]
	if !known {
		words.status, words.message = "INVALID_ARGUMENT", http.StatusText(f.Status)+"."
		if f.Status >= 500 {
			words.status = "INTERNAL"
		}
	}
	if f.Model != "" {
		words.message = fmt.Sprintf("models/%s is not found for API version v1beta, or is not supported for generateContent."+
			" Call ListModels to see the list of available models and their supported methods.", f.Model)
	}
	if f.Message != "" {
		words.message = f.Message
	}
	e := object{"code": f.Status, "message": words.message, "status": words.status}
	switch {
	case f.BadKey:
		e["details"] = []object{{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
			"metadata": object{"service": "generativelanguage.googleapis.com"},
		}}
	case f.Status == http.StatusTooManyRequests:
		e["details"] = []object{{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": fmt.Sprintf("%.3fs", retryAfter.Seconds())}}
	}
	return object{"error": e}
}

// member finds a member by its name in JSON or by that in the protocol buffer,
// both of which the API takes (protobuf, JSON mapping).
func member(v jsonx.Value, path ...string) jsonx.Value {
	for _, name := range path {
		found := jsonx.At(v, name)
		if found == nil {
			found = jsonx.At(v, snake(name))
		}
		v = found
	}
	return v
}

func snake(name string) string {
	var b strings.Builder
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// geminiAsk reads what the methods that take contents have in common.
func geminiAsk(r *http.Request, body []byte) (a ask, whole jsonx.Value, _ *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return a, nil, invalid("", "Invalid JSON payload received. "+err.Error())
	}
	whole = o.Bytes()
	if inner := member(whole, "generateContentRequest"); inner != nil { // of countTokens
		whole = inner
	}
	a.Model, _ = modelMethod(r.URL.Path)
	contents := member(whole, "contents")
	if jsonx.At(contents, "0") == nil {
		return a, nil, invalid("contents", "* GenerateContentRequest.contents: contents is not specified\n")
	}
	text, _, _ := geminiParts(member(whole, "systemInstruction", "parts"))
	a.recall(text)
	for c := range jsonx.Elements(contents) {
		if failed := hearGemini(&a, c); failed != nil {
			return a, nil, failed
		}
	}
	return a, whole, nil
}

// geminiParts is the text of parts that are not thoughts, and their media.
func geminiParts(parts jsonx.Value) (text string, media []string, results bool) {
	var texts []string
	for part := range jsonx.Elements(parts) {
		if s, ok := jsonx.Text(jsonx.At(part, "text")); ok && !jsonx.IsTrue(jsonx.At(part, "thought")) {
			texts = append(texts, s)
		}
		media = append(media, geminiMedium(part)...)
		results = results || member(part, "functionResponse") != nil
	}
	return strings.Join(texts, "\n"), media, results
}

func geminiMedium(part jsonx.Value) []string {
	if inline := member(part, "inlineData"); inline != nil {
		kind, _ := jsonx.Text(member(inline, "mimeType"))
		data, _ := jsonx.Text(jsonx.At(inline, "data"))
		return []string{describe(kind, data)}
	}
	if uri, ok := jsonx.Text(member(part, "fileData", "fileUri")); ok {
		return []string{uri}
	}
	return nil
}

// hearGemini takes in one content. One with results and words is both.
func hearGemini(a *ask, content jsonx.Value) *failure {
	parts := jsonx.At(content, "parts")
	if jsonx.At(parts, "0") == nil {
		return invalid("contents", "* GenerateContentRequest.contents.parts: contents.parts must not be empty.\n")
	}
	text, media, results := geminiParts(parts)
	switch role, _ := jsonx.Text(jsonx.At(content, "role")); role {
	case "model":
		a.recall(text)
		return nil
	case "user", "function", "":
	default:
		return invalid("role", "Please use a valid role: user, model.")
	}
	for part := range jsonx.Elements(parts) {
		if response := member(part, "functionResponse"); response != nil {
			_, pictures, _ := geminiParts(jsonx.At(response, "parts"))
			a.learn(geminiResult(jsonx.At(response, "response")), pictures)
		}
	}
	if !results || text != "" {
		a.hear(text, media)
	}
	return nil
}

// geminiResult is the text of a function response, which has to be an object;
// output and error are the names its reference gives.
func geminiResult(response jsonx.Value) string {
	for _, name := range []string{"output", "result", "error", "content"} {
		if s, ok := jsonx.Text(jsonx.At(response, name)); ok {
			return s
		}
	}
	return string(response)
}
