package openai

import (
	"cmp"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encodeError writes a failure as OpenAI's error object. It always begins with
// the member error: go-openai takes a body for an error by its first bytes.
// Our own failures have the outer members of reliability rules E1 too; a
// provider's have its id beside them (E3).
func encodeError(e *llm.Error) []byte {
	message := dialect.PrefixedMessage(e)
	if e.Kind == llm.UpstreamStatus && e.Message != "" {
		dst := appendErrorObject([]byte(`{"error":`), message, orNull(e.Type), orNull(e.Code), orNull(e.Param))
		return append(appendProvider(dst, e), '}')
	}
	typ, code := e.Kind.Words()
	if e.Kind != llm.UpstreamStatus {
		typ, code = cmp.Or(e.Type, typ), cmp.Or(e.Code, code)
	}
	dst := appendErrorObject([]byte(`{"error":`), message, jsonx.Quote(typ), jsonx.Quote(code), orNull(e.Param))
	dst = append(dst, `,"status":"failure","message":`...)
	dst = jsonx.AppendQuote(dst, message)
	if e.Kind.Upstream() {
		dst = appendProvider(dst, e)
	}
	dst = appendDetails(dst, e.Details)
	if e.Kind == llm.NotFound {
		dst = append(dst, `,"ok":false`...)
	}
	return append(dst, '}')
}

// appendErrorFrame writes a failure inside a running stream (reliability
// rules, R20).
func appendErrorFrame(dst []byte, e *llm.Error) []byte {
	typ, _ := e.Kind.Words()
	_, code := llm.StreamInterrupted.Words()
	dst = append(dst, `data: {"error":`...)
	dst = appendErrorObject(dst, dialect.PrefixedMessage(e), jsonx.Quote(cmp.Or(e.Type, typ)), jsonx.Quote(cmp.Or(e.Code, code)), orNull(e.Param))
	return append(dst, "}\n\n"...)
}

func appendErrorObject(dst []byte, message string, typ, code, param jsonx.Value) []byte {
	dst = jsonx.AppendQuote(append(dst, `{"message":`...), message)
	dst = append(append(dst, `,"type":`...), typ...)
	dst = append(append(dst, `,"param":`...), param...)
	dst = append(append(dst, `,"code":`...), code...)
	return append(dst, '}')
}

func appendProvider(dst []byte, e *llm.Error) []byte {
	if e.Provider == "" {
		return dst
	}
	return jsonx.AppendQuote(append(dst, `,"provider":`...), e.Provider)
}

func appendDetails(dst []byte, details []string) []byte {
	if len(details) == 0 {
		return dst
	}
	dst = append(dst, `,"errors":[`...)
	for i, d := range details {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonx.AppendQuote(dst, dialect.Message(d))
	}
	return append(dst, ']')
}

func orNull(s string) jsonx.Value {
	if s == "" {
		return jsonx.Value("null")
	}
	return jsonx.Quote(s)
}
