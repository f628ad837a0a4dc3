package anthropic

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// types gives the error type that belongs to a status (Anthropic API, errors).
var types = map[int]string{
	400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
	403: "permission_error", 404: "not_found_error", 413: "request_too_large",
	429: "rate_limit_error", 500: "api_error", 503: "overloaded_error",
	504: "timeout_error", 529: "overloaded_error",
}

// statuses is the way back, for failures inside a stream of status 200.
var statuses = map[string]int{
	"invalid_request_error": 400, "authentication_error": 401, "billing_error": 402,
	"permission_error": 403, "not_found_error": 404, "request_too_large": 413,
	"rate_limit_error": 429, "api_error": 500, "timeout_error": 504, "overloaded_error": 529,
}

// typeOf keeps the provider's type where clients of this dialect know it.
func typeOf(e *llm.Error) string {
	if _, known := statuses[e.Type]; known {
		return e.Type
	}
	if t, known := types[e.Status]; known {
		return t
	}
	if e.Status >= 400 && e.Status < 500 {
		return "invalid_request_error"
	}
	return "api_error"
}

// decodeError reads {"type":"error","error":{"type","message"}}; copies of the
// API put the message at the top.
func decodeError(status int, body []byte) *llm.Error {
	e := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: status}
	o, err := jsonx.Parse(body)
	if err != nil {
		return e
	}
	inner := o.Get("error")
	var message string
	switch jsonx.KindOf(inner) {
	case jsonx.Composite:
		message, _ = jsonx.Text(jsonx.At(inner, "message"))
		e.Type, _ = jsonx.Text(jsonx.At(inner, "type"))
		e.Code, _ = jsonx.Text(jsonx.At(inner, "code"))
		e.Param, _ = jsonx.Text(jsonx.At(inner, "param"))
	case jsonx.String:
		message, _ = jsonx.Text(inner)
	default:
		if message, _ = jsonx.Text(o.Get("message")); message == "" {
			message, _ = jsonx.Text(o.Get("detail"))
		}
	}
	e.Message = dialect.Message(message)
	return e
}

// eventError reads a failure that came with status 200.
func eventError(body []byte) *llm.Error {
	e := decodeError(0, body)
	if e.Status = statuses[e.Type]; e.Status == 0 {
		e.Status = dialect.StatusOf(e.Type, e.Code)
	}
	if e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}

// encodeError writes a failure as this dialect's error object, with the facts
// of reliability rules E1 beside.
func encodeError(e *llm.Error) []byte {
	var w dialect.Writer
	w.Text("type", "error")
	message := dialect.ErrorMessage(e)
	w.Raw("error", errorObject(e, message))
	if e.Kind != llm.UpstreamStatus {
		w.Text("status", "failure")
		w.Text("message", message)
	}
	if e.Kind.Upstream() {
		w.Some("provider", e.Provider)
	}
	if len(e.Details) > 0 {
		w.Raw("errors", dialect.Texts(e.Details))
	}
	if e.Kind == llm.NotFound {
		w.Raw("ok", jsonx.Value("false"))
	}
	return w.Object()
}

func errorObject(e *llm.Error, message string) jsonx.Value {
	var w dialect.Writer
	w.Text("type", typeOf(e))
	w.Text("message", message)
	_, code := e.Kind.Words()
	if e.Code != "" {
		code = e.Code
	}
	if e.Kind != llm.UpstreamStatus || e.Code != "" || e.Message == "" {
		w.Text("code", code)
		if e.Param != "" {
			w.Text("param", e.Param)
		} else {
			w.Null("param")
		}
	}
	return w.Object()
}

// appendErrorFrame writes a failure inside a running stream (reliability
// rules, R20).
func appendErrorFrame(dst []byte, e *llm.Error) []byte {
	var w dialect.Writer
	w.Text("type", "error")
	w.Raw("error", errorObject(e, dialect.ErrorMessage(e)))
	return appendFrame(dst, "error", w.Object())
}

func appendFrame(dst []byte, name string, data jsonx.Value) []byte {
	dst = append(append(dst, "event: "...), name...)
	dst = append(append(dst, "\ndata: "...), dialect.OneLine(data)...)
	return append(dst, "\n\n"...)
}
