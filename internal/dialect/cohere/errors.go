package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decodeError reads {"message","id"}; version 1 has members beside that say
// nothing (wire formats, Cohere errors).
func decodeError(status int, body []byte) *llm.Error {
	e := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: status}
	o, err := jsonx.Parse(body)
	if err != nil {
		return e
	}
	for _, name := range []string{"message", "error", "detail"} {
		v := o.Get(name)
		if jsonx.KindOf(v) == jsonx.Composite {
			v = jsonx.At(v, "message")
		}
		if s, ok := jsonx.Text(v); ok && s != "" {
			e.Message = dialect.Message(s)
			break
		}
	}
	return e
}

// eventError reads a failure that came with status 200.
func eventError(body []byte) *llm.Error {
	e := decodeError(0, body)
	e.Status = dialect.StatusOf(e.Message, "")
	if e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}

// encodeError writes a failure as this dialect's error object, with the facts
// of reliability rules E1 beside.
func encodeError(e *llm.Error) []byte {
	var w dialect.Writer
	w.Text("message", dialect.PrefixedMessage(e))
	_, code := e.Kind.Words()
	if e.Code != "" {
		code = e.Code
	}
	if e.Kind != llm.UpstreamStatus {
		w.Text("status", "failure")
		w.Text("code", code)
		w.Some("param", e.Param)
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

// appendErrorFrame writes a failure inside a running stream (reliability
// rules, R20): the vendor's last event, with the reason that is none.
func appendErrorFrame(dst []byte, e *llm.Error) []byte {
	var d, w dialect.Writer
	d.Text("error", dialect.PrefixedMessage(e))
	d.Text("finish_reason", "ERROR")
	w.Text("type", "message-end")
	w.Raw("delta", d.Object())
	return appendFrame(dst, "message-end", w.Object())
}
