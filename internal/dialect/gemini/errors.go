package gemini

import (
	"bytes"
	"fmt"
	"strconv"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// statuses gives the word that belongs to a status (google.rpc.Code).
var statuses = map[int]string{
	400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
	408: "DEADLINE_EXCEEDED", 409: "ABORTED", 413: "INVALID_ARGUMENT", 415: "INVALID_ARGUMENT",
	429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED",
	502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}

// words is the way back, for failures that came with status 200.
var words = map[string]int{
	"INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "OUT_OF_RANGE": 400, "UNAUTHENTICATED": 401,
	"PERMISSION_DENIED": 403, "NOT_FOUND": 404, "ALREADY_EXISTS": 409, "ABORTED": 409, "RESOURCE_EXHAUSTED": 429,
	"CANCELLED": 499, "INTERNAL": 500, "UNKNOWN": 500, "DATA_LOSS": 500, "UNIMPLEMENTED": 501,
	"UNAVAILABLE": 503, "DEADLINE_EXCEEDED": 504,
}

// wordOf keeps the provider's word where clients of this dialect know it.
func wordOf(e *llm.Error) string {
	if _, known := words[e.Type]; known {
		return e.Type
	}
	if s, known := statuses[e.Status]; known {
		return s
	}
	if e.Status >= 400 && e.Status < 500 {
		return "FAILED_PRECONDITION"
	}
	return "INTERNAL"
}

// decodeError reads {"error":{code,message,status,details}}; Vertex AI and
// streams that are no event streams wrap it in an array.
func decodeError(status int, body []byte) *llm.Error {
	e := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: status}
	body = bytes.TrimSpace(body)
	if jsonx.Check(body) != nil {
		return e
	}
	v := jsonx.Value(body)
	if jsonx.KindOf(v) == jsonx.Array {
		v = jsonx.At(v, "0")
	}
	inner := jsonx.At(v, "error")
	switch jsonx.KindOf(inner) {
	case jsonx.String: // the token endpoint's form
		e.Type, _ = jsonx.Text(inner)
		message, _ := jsonx.Text(jsonx.At(v, "error_description"))
		if message == "" {
			message = e.Type
		}
		e.Message = dialect.Message(message)
		return e
	case jsonx.Composite:
	default:
		return e
	}
	message, _ := jsonx.Text(jsonx.At(inner, "message"))
	e.Message = dialect.Message(message)
	e.Type, _ = jsonx.Text(jsonx.At(inner, "status"))
	if n, ok := jsonx.Int(jsonx.At(inner, "code")); ok {
		e.Code = fmt.Sprint(n)
	}
	readDetails(e, jsonx.At(inner, "details"))
	return e
}

// eventError reads a failure that came with status 200.
func eventError(body []byte) *llm.Error {
	e := decodeError(0, body)
	if e.Status = words[e.Type]; e.Status == 0 {
		e.Status = dialect.StatusOf(e.Type, e.Code)
	}
	if n, ok := jsonx.Int(jsonx.Value(e.Code)); ok && n >= 400 && n < 600 {
		e.Status = int(n)
	}
	if e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}

// encodeError writes a failure as this dialect's error object; the gateway's
// own code is the reason among the details (reliability rules, E1).
func encodeError(e *llm.Error) []byte {
	var w dialect.Writer
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
	var w, reason dialect.Writer
	w.Number("code", int64(e.Status))
	w.Text("message", message)
	w.Text("status", wordOf(e))
	_, code := e.Kind.Words()
	if e.Code != "" {
		code = e.Code
	}
	// A provider's code is a number here, which stands above already.
	if _, err := strconv.Atoi(e.Code); e.Kind != llm.UpstreamStatus || e.Message == "" || e.Code != "" && err != nil {
		reason.Text("reason", code)
		reason.Some("field", e.Param)
		var details dialect.List
		details.Add(reason.Object())
		w.Raw("details", details.Array())
	}
	return w.Object()
}

// appendErrorFrame writes a failure inside a running stream (reliability
// rules, R20).
func appendErrorFrame(dst []byte, e *llm.Error) []byte {
	var w dialect.Writer
	w.Raw("error", errorObject(e, dialect.ErrorMessage(e)))
	return appendFrame(dst, w.Object())
}

func appendFrame(dst []byte, data jsonx.Value) []byte {
	dst = append(append(dst, "data: "...), dialect.OneLine(data)...)
	return append(dst, "\n\n"...)
}
