package mockllm

import (
	"iter"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// content answers one request for generated content.
type content struct {
	asked    ask
	contents jsonx.Value
	n        int  // candidates
	array    bool // the stream is a JSON array: alt=sse was not asked for
}

func (c content) ask() ask { return c.asked }

func readContent(r *http.Request, body []byte) (speaker, *failure) {
	a, whole, failed := geminiAsk(r, body)
	if failed != nil {
		return nil, failed
	}
	config := member(whole, "generationConfig")
	if n, ok := jsonx.Int(member(config, "maxOutputTokens")); ok && n > 0 {
		a.MaxTokens = int(min(n, 1<<20))
	}
	a.Stop = textsOf(member(config, "stopSequences"))
	kind, _ := jsonx.Text(member(config, "responseMimeType"))
	a.JSON = kind == "application/json"
	for _, name := range []string{"responseSchema", "responseJsonSchema"} {
		if schema := member(config, name); schema != nil {
			a.Schema = schema
		}
	}
	geminiTools(&a, whole)
	_, method := modelMethod(r.URL.Path)
	a.Stream = method == "streamGenerateContent"
	c := content{asked: a, contents: member(whole, "contents"), n: 1, array: r.URL.Query().Get("alt") != "sse"}
	if n, ok := jsonx.Int(member(config, "candidateCount")); ok {
		c.n = int(min(max(n, 1), 8))
	}
	return c, answered(c.contents)
}

func geminiTools(a *ask, whole jsonx.Value) {
	for t := range jsonx.Elements(jsonx.At(whole, "tools")) {
		for f := range jsonx.Elements(member(t, "functionDeclarations")) {
			name, _ := jsonx.Text(jsonx.At(f, "name"))
			schema := jsonx.At(f, "parameters")
			if schema == nil {
				schema = member(f, "parametersJsonSchema")
			}
			a.Tools = append(a.Tools, tool{name, schema})
		}
	}
	calling := member(whole, "toolConfig", "functionCallingConfig")
	mode, _ := jsonx.Text(jsonx.At(calling, "mode"))
	a.Choice = map[string]choice{"ANY": required, "NONE": forbidden}[strings.ToUpper(mode)]
	if only := textsOf(member(calling, "allowedFunctionNames")); len(only) == 1 && a.Choice == required {
		a.Tool = only[0]
	}
}

func (c content) check(b *backstage) *failure {
	if !b.verify {
		return nil
	}
	return signed(b.seals, c.contents)
}

// readContentCount answers countTokens.
func readContentCount(r *http.Request, body []byte) (speaker, *failure) {
	a, _, failed := geminiAsk(r, body)
	if failed != nil {
		return nil, failed
	}
	return plain{a, object{"totalTokens": a.Input, "promptTokensDetails": textTokens(a.Input)}.answer}, nil
}

func textTokens(n int) []object { return []object{{"modality": "TEXT", "tokenCount": n}} }

type contentPart struct {
	Text      *string      `json:"text,omitzero"`
	Thought   bool         `json:"thought,omitempty"`
	Call      *contentCall `json:"functionCall,omitempty"`
	Signature string       `json:"thoughtSignature,omitempty"`
}

type contentCall struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Args jsonx.Value `json:"args"`
}

// contentCalls are the call parts; of parallel calls the first one carries the
// signature (Gemini API, thought signatures).
func contentCalls(t turn) (out []contentPart) {
	for i, c := range t.Calls {
		p := contentPart{Call: &contentCall{t.part(geminiCallID, i), c.Name, jsonx.Value(c.Arguments)}}
		if i == 0 && len(t.Thought) > 0 {
			p.Signature = t.proof(markGemini, signedCall(encode(p.Call)))
		}
		out = append(out, p)
	}
	return out
}

func textPart(text string) contentPart { return contentPart{Text: &text} }

func (c content) answer(t turn) (string, []byte) {
	var parts []contentPart
	if len(t.Thought) > 0 {
		thought := textPart(strings.Join(t.Thought, ""))
		thought.Thought = true
		parts = append(parts, thought)
	}
	if len(t.Calls) == 0 {
		text := textPart(strings.Join(t.Text, ""))
		if len(t.Thought) > 0 {
			text.Signature = t.proof(markGemini, "")
		}
		parts = append(parts, text)
	}
	return "application/json; charset=UTF-8", c.encode(t, append(parts, contentCalls(t)...), true)
}

// encode writes a GenerateContentResponse; each event of a stream is one.
func (c content) encode(t turn, parts []contentPart, last bool) []byte {
	candidates := make([]object, c.n)
	for i := range candidates {
		candidates[i] = object{"content": object{"role": "model", "parts": parts}, "index": i}
		if last {
			candidates[i]["finishReason"] = map[finish]string{finishLength: "MAX_TOKENS"}[t.Finish]
			if t.Finish != finishLength {
				candidates[i]["finishReason"] = "STOP"
			}
		}
	}
	return encode(object{"candidates": candidates, "usageMetadata": c.usage(t), "modelVersion": c.asked.Model, "responseId": t.id("mock-")})
}

// usage counts thoughts apart, and cached tokens within the prompt.
func (c content) usage(t turn) object {
	thoughts := len(t.Thought) * c.n
	said := t.Output()*c.n - thoughts
	u := object{
		"promptTokenCount": t.Input, "candidatesTokenCount": said, "totalTokenCount": t.Input + said + thoughts,
		"promptTokensDetails": textTokens(t.Input),
	}
	if thoughts > 0 {
		u["thoughtsTokenCount"] = thoughts
	}
	if t.Cached > 0 {
		u["cachedContentTokenCount"], u["cacheTokensDetails"] = t.Cached, textTokens(t.Cached)
	}
	return u
}

func (c content) streamType() string {
	if c.array {
		return typeJSON
	}
	return "text/event-stream"
}

// frame is one event; a JSON array opens with the first and closes with the
// last.
func (c content) frame(body []byte, first, last bool) []byte {
	if !c.array {
		return append(append([]byte("data: "), body...), "\r\n\r\n"...)
	}
	out := []byte(",\r\n")
	if first {
		out = []byte("[")
	}
	if out = append(out, body...); last {
		out = append(out, "\n]"...)
	}
	return out
}

func (c content) lateFailure(f failure) []byte { return c.frame(encode(geminiErrorOf(f)), false, true) }

func (c content) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		first := true
		send := func(last bool, parts ...contentPart) bool {
			ok := yield(c.frame(c.encode(t, parts, last), first, last))
			first = false
			return ok
		}
		for _, piece := range t.Thought {
			thought := textPart(piece)
			thought.Thought = true
			if !send(false, thought) {
				return
			}
		}
		for _, piece := range t.Text {
			if !send(false, textPart(piece)) {
				return
			}
		}
		if calls := contentCalls(t); len(calls) > 0 && !send(false, calls...) {
			return
		}
		end := textPart("") // the signature of a text comes on its own at the end
		if len(t.Thought) > 0 && len(t.Calls) == 0 {
			end.Signature = t.proof(markGemini, "")
		}
		send(true, end)
	}
}
