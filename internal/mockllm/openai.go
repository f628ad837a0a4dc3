package mockllm

import (
	"fmt"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// openAI is the voice of the OpenAI API for the operation it reads.
type openAI func(r *http.Request, body []byte) (speaker, *failure)

func (read openAI) read(r *http.Request, body []byte) (speaker, *failure) { return read(r, body) }

// openAIError is the error object (OpenAI API, error codes guide).
type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// openAIFailures are the words OpenAI has for a status; a status that is not
// here is an invalid request up to 499 and a server error from 500.
var openAIFailures = map[int]struct{ message, kind, code string }{
	401: {"Incorrect API key provided: bad-key. You can find your API key at https://platform.openai.com/account/api-keys.", "invalid_request_error", "invalid_api_key"},
	403: {"You are not allowed to do this.", "invalid_request_error", "forbidden"},
	404: {"Not found.", "invalid_request_error", "not_found"},
	429: {"Rate limit reached for requests. Please try again in 50ms.", "requests", "rate_limit_exceeded"},
	500: {"The server had an error while processing your request.", "server_error", ""},
	503: {"The engine is currently overloaded, please try again later.", "server_error", "overloaded"},
}

func (openAI) failure(f failure) (int, string, []byte) {
	return f.Status, typeJSON, encode(map[string]openAIError{"error": openAIErrorOf(f)})
}

func openAIErrorOf(f failure) openAIError {
	words, known := openAIFailures[f.Status]
	if !known {
		words.message, words.kind = http.StatusText(f.Status)+".", "invalid_request_error"
		if f.Status >= 500 {
			words.kind = "server_error"
		}
	}
	if f.Model != "" {
		words.message = fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", f.Model)
		words.code = "model_not_found"
	}
	if f.Message != "" {
		words.message, words.code = f.Message, f.Code
	}
	e := openAIError{Message: words.message, Type: words.kind}
	if f.Param != "" {
		e.Param = &f.Param
	}
	if words.code != "" {
		e.Code = &words.code
	}
	return e
}

// openAIBody is what most requests of this format have in common.
type openAIBody struct {
	jsonx.Object
	model string
}

// readOpenAI reads a JSON body with a model. Azure has the model in the path
// (Azure OpenAI REST reference, deployments).
func readOpenAI(r *http.Request, body []byte) (openAIBody, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return openAIBody{}, invalid("", "We could not parse the JSON body of your request.")
	}
	b := openAIBody{Object: o}
	b.model, _ = jsonx.Text(o.Get("model"))
	if _, rest, ok := strings.Cut(r.URL.Path, "/deployments/"); ok && b.model == "" {
		b.model, _, _ = strings.Cut(rest, "/")
	}
	if b.model == "" {
		return b, invalid("model", "you must provide a model parameter")
	}
	return b, nil
}

func invalid(param, message string) *failure {
	return &failure{Status: http.StatusBadRequest, Param: param, Message: message}
}

func missing(param string) *failure {
	return invalid(param, fmt.Sprintf("Missing required parameter: '%s'.", param))
}

// common is the part of ask that chat and completion share.
func (b *openAIBody) common() ask {
	a := ask{Model: b.model, Stream: jsonx.IsTrue(b.Get("stream")), Stop: textsOf(b.Get("stop"))}
	for _, name := range []string{"max_tokens", "max_completion_tokens"} {
		if n, ok := jsonx.Int(b.Get(name)); ok && n > 0 {
			a.MaxTokens = int(min(n, 1<<20))
		}
	}
	return a
}

// maxChoices is the most that n may ask for (OpenAI API, create chat
// completion).
const maxChoices = 128

func (b *openAIBody) choices() int {
	n, ok := jsonx.Int(b.Get("n"))
	if !ok {
		return 1
	}
	return int(min(max(n, 1), maxChoices))
}

func (b *openAIBody) wantsUsage() bool {
	return jsonx.IsTrue(jsonx.At(b.Get("stream_options"), "include_usage"))
}

// textsOf reads a string or a list of strings.
func textsOf(v jsonx.Value) (out []string) {
	if s, ok := jsonx.Text(v); ok {
		return []string{s}
	}
	for e := range jsonx.Elements(v) {
		if s, ok := jsonx.Text(e); ok {
			out = append(out, s)
		}
	}
	return out
}

// openAIUsage is the usage object of chat and completions.
type openAIUsage struct {
	PromptTokens     int            `json:"prompt_tokens"`
	CompletionTokens int            `json:"completion_tokens"`
	TotalTokens      int            `json:"total_tokens"`
	PromptDetails    map[string]int `json:"prompt_tokens_details"`
	OutputDetails    map[string]int `json:"completion_tokens_details"`
}

func usageOf(t turn, choices int) openAIUsage {
	out := t.Output() * choices
	return openAIUsage{
		PromptTokens: t.Input, CompletionTokens: out, TotalTokens: t.Input + out,
		PromptDetails: map[string]int{"cached_tokens": t.Cached, "audio_tokens": 0},
		OutputDetails: map[string]int{
			"reasoning_tokens": len(t.Thought) * choices, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
		},
	}
}

var openAIFinish = map[finish]string{finishStop: "stop", finishLength: "length", finishCalls: "tool_calls"}

// sseFrame is one event of OpenAI's streams.
func sseFrame(data []byte) []byte {
	return append(append([]byte("data: "), data...), "\n\n"...)
}

var sseDone = sseFrame([]byte("[DONE]"))

// openAIStream is what the streaming speakers share.
type openAIStream struct{}

func (openAIStream) streamType() string { return "text/event-stream; charset=utf-8" }

func (openAIStream) lateFailure(f failure) []byte {
	_, _, body := openAI(nil).failure(f)
	return sseFrame(body)
}

var null = jsonx.Value("null")
