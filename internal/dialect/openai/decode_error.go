package openai

import (
	"bytes"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// report is what an error body says, whatever its shape.
type report struct {
	message, typ, code, param string
	status                    int // a number between 400 and 599 it names, else 0
}

func (r report) error() *llm.Error {
	return &llm.Error{
		Kind: llm.UpstreamStatus, Class: llm.ClassStatus,
		Message: dialect.Message(r.message), Type: r.typ, Code: r.code, Param: r.param,
	}
}

// decodeError reads the error bodies of OpenAI and of the vendors that copied
// its API, each in its own way (wire formats, OpenAI-compatible dialects).
func decodeError(status int, body []byte) *llm.Error {
	var r report
	if o, err := jsonx.Parse(body); err == nil {
		r = readError(&o)
	} else if jsonx.Check(body) == nil {
		// Gemini's compatible endpoint wraps the object in an array.
		if o, err := jsonx.Parse(jsonx.At(bytes.TrimSpace(body), "0")); err == nil {
			r = readError(&o)
		}
	}
	e := r.error()
	e.Status = status
	return e
}

func readError(o *jsonx.Object) report {
	if v := o.Get("error"); jsonx.KindOf(v) == jsonx.Composite {
		return fromErrorObject(v)
	} else if s, ok := jsonx.Text(v); ok { // xAI, Ollama, Hugging Face
		r := top(o)
		r.message = s
		return r
	}
	r := top(o)
	if r.message == "" {
		r.message = fromDetail(o.Get("message")) // Mistral, for a request of the wrong shape
	}
	if r.message == "" {
		r.message = fromDetail(o.Get("detail"))
	}
	if r.message == "" {
		r.message = fromList(o.Get("errors"))
	}
	if s, ok := jsonx.Text(o.Get("err_msg")); ok && r.message == "" { // Deepgram
		r.message, r.code = s, scalar(o.Get("err_code"))
	}
	if base := o.Get("base_resp"); r.message == "" && base != nil { // MiniMax
		r.message, _ = jsonx.Text(jsonx.At(base, "status_msg"))
		r.code = scalar(jsonx.At(base, "status_code"))
	}
	return r
}

func fromErrorObject(v jsonx.Value) report {
	o, err := jsonx.Parse(v)
	if err != nil {
		return report{}
	}
	r := top(&o)
	if r.message == "" {
		r.message = fromDetail(o.Get("message"))
	}
	if s, ok := jsonx.Text(o.Get("status")); ok && r.typ == "" { // Gemini's compatible endpoint
		r.typ = s
	}
	return r
}

// top reads message, type, code and param where they stand side by side.
func top(o *jsonx.Object) report {
	r := report{code: scalar(o.Get("code"))}
	r.message, _ = jsonx.Text(o.Get("message"))
	r.typ, _ = jsonx.Text(o.Get("type"))
	r.param, _ = jsonx.Text(o.Get("param"))
	if r.typ == "" {
		r.typ, _ = jsonx.Text(o.Get("reason")) // Novita
	}
	for _, name := range []string{"code", "status", "status_code"} {
		if n, ok := jsonx.Int(jsonx.Value(scalar(o.Get(name)))); ok && n >= 400 && n <= 599 && r.status == 0 {
			r.status = int(n)
		}
	}
	return r
}

// scalar is the text of a string or a number.
func scalar(v jsonx.Value) string {
	if jsonx.KindOf(v) == jsonx.Number {
		return string(v)
	}
	s, _ := jsonx.Text(v)
	return s
}

// fromDetail reads what frameworks call detail: a text, an object that holds
// one, or FastAPI's list of {loc, msg}.
func fromDetail(v jsonx.Value) string {
	switch jsonx.KindOf(v) {
	case jsonx.String:
		s, _ := jsonx.Text(v)
		return s
	case jsonx.Composite:
		for _, name := range []string{"error", "message", "msg", "detail"} {
			if s := fromDetail(jsonx.At(v, name)); s != "" {
				return s
			}
		}
	case jsonx.Array:
		var lines []string
		for e := range jsonx.Elements(v) {
			if s := located(e); s != "" {
				lines = append(lines, s)
			}
		}
		return strings.Join(lines, "; ")
	}
	return ""
}

// located reads one {loc, msg}: "body.messages: field required".
func located(v jsonx.Value) string {
	msg := fromDetail(v)
	var path []string
	for step := range jsonx.Elements(jsonx.At(v, "loc")) {
		path = append(path, scalar(step))
	}
	if len(path) == 0 || msg == "" {
		return msg
	}
	return strings.Join(path, ".") + ": " + msg
}

// fromList reads Cloudflare's errors: "Error 10000:Authentication error".
func fromList(v jsonx.Value) string {
	var lines []string
	for e := range jsonx.Elements(v) {
		msg := fromDetail(e)
		if code := scalar(jsonx.At(e, "code")); code != "" && msg != "" {
			msg = "Error " + code + ":" + msg
		}
		if msg != "" {
			lines = append(lines, msg)
		}
	}
	return strings.Join(lines, ", ")
}
