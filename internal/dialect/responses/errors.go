package responses

import (
	"strconv"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// decodeError reads {"error":{"message","type","code","param"}}, and what hosts
// of this API say instead: a text as the error, or a message at the top.
func decodeError(status int, body []byte) *llm.Error {
	e := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: status}
	o, err := jsonx.Parse(body)
	if err != nil {
		return e
	}
	report := jsonx.Value(body)
	inner := o.Get("error")
	if s, ok := jsonx.Text(inner); ok {
		e.Message = s
	} else if jsonx.KindOf(inner) == jsonx.Composite {
		report = inner
	}
	text := func(name string) string { s, _ := jsonx.Text(jsonx.At(report, name)); return s }
	for _, name := range []string{"message", "detail"} {
		if e.Message == "" {
			e.Message = text(name)
		}
	}
	e.Message = dialect.Message(e.Message)
	if e.Type = text("type"); e.Type == "error" { // that of the event around it
		e.Type = ""
	}
	e.Code, e.Param = text("code"), text("param")
	if n, ok := jsonx.Int(jsonx.At(report, "code")); ok {
		e.Code = strconv.FormatInt(n, 10)
	}
	return e
}

// failure reads a failure that came with status 200: an error event, or what a
// failed response tells.
func failure(body []byte) *llm.Error {
	e := decodeError(0, body)
	if e.Status = dialect.StatusOf(e.Type, e.Code); e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}

// encodeError writes a failure as OpenAI's error object. Our own failures have
// the outer members of reliability rules E1 too; a provider's have its id
// beside them (E3).
func encodeError(e *llm.Error) []byte {
	var w dialect.Writer
	w.Raw("error", errorObject(e))
	if e.Kind != llm.UpstreamStatus || e.Message == "" {
		w.Text("status", "failure")
		w.Text("message", dialect.PrefixedMessage(e))
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

func errorObject(e *llm.Error) jsonx.Value {
	var w dialect.Writer
	typ, code := words(e)
	w.Text("message", dialect.PrefixedMessage(e))
	textOrNull(&w, "type", typ)
	textOrNull(&w, "param", e.Param)
	textOrNull(&w, "code", code)
	return w.Object()
}

// words are the type and code a client reads: the provider's own where it had
// something to say, else those of the kind.
func words(e *llm.Error) (typ, code string) {
	if e.Kind == llm.UpstreamStatus && e.Message != "" {
		return e.Type, e.Code
	}
	typ, code = e.Kind.Words()
	if e.Kind != llm.UpstreamStatus {
		if e.Type != "" {
			typ = e.Type
		}
		if e.Code != "" {
			code = e.Code
		}
	}
	return typ, code
}

func textOrNull(w *dialect.Writer, name, s string) {
	if s == "" {
		w.Null(name)
		return
	}
	w.Text(name, s)
}

// appendErrorFrame writes a failure inside a running stream (OpenAI API, the
// error event; reliability rules, R20). Its number cannot be known here; clients
// do not look at that of an error.
func appendErrorFrame(dst []byte, e *llm.Error) []byte {
	code := e.Code
	if code == "" {
		_, code = llm.StreamInterrupted.Words()
	}
	var w dialect.Writer
	w.Text("type", "error")
	w.Text("code", code)
	w.Text("message", dialect.PrefixedMessage(e))
	textOrNull(&w, "param", e.Param)
	w.Number("sequence_number", 0)
	return appendFrame(dst, "error", w.Object())
}

func appendFrame(dst []byte, name string, data jsonx.Value) []byte {
	dst = append(append(dst, "event: "...), name...)
	dst = append(append(dst, "\ndata: "...), dialect.OneLine(data)...)
	return append(dst, "\n\n"...)
}
