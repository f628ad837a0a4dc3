package openai

import (
	"fmt"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encodeError writes a failure as OpenAI's error object. It always begins with
// the member error: go-openai takes a body for an error by its first bytes.
// Our own failures have the outer members of reliability rules E1 too; a
// provider's have its id beside them (E3).
func encodeError(e *llm.Error) []byte {
	if e.Kind == llm.UpstreamStatus && e.Message != "" {
		dst := appendErrorObject([]byte(`{"error":`), prefixed(e), orNull(e.Type), orNull(e.Code), orNull(e.Param))
		return append(appendProvider(dst, e), '}')
	}
	typ, code := e.Kind.Words()
	message := e.Message
	if e.Kind == llm.UpstreamStatus {
		message = pageText(e)
	} else {
		typ, code = or(e.Type, typ), or(e.Code, code)
	}
	message = dialect.Message(message)
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
	message, code := dialect.Message(e.Message), e.Code
	if e.Kind == llm.UpstreamStatus {
		message = prefixed(e)
		if e.Message == "" {
			message = pageText(e)
		}
	}
	if code == "" {
		_, code = llm.StreamInterrupted.Words()
	}
	dst = append(dst, `data: {"error":`...)
	dst = appendErrorObject(dst, message, jsonx.Quote(or(e.Type, typ)), jsonx.Quote(code), orNull(e.Param))
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

// prefixed is the provider's message the way clients of the incumbent know it:
// "anthropic error: Overloaded".
func prefixed(e *llm.Error) string {
	if e.Provider == "" {
		return dialect.Message(e.Message)
	}
	return dialect.Message(e.Provider + " error: " + e.Message)
}

// pageText speaks for a provider whose error body has no message in it.
func pageText(e *llm.Error) string {
	who := or(e.Provider, "the provider")
	if page := dialect.PlainText(e.Body); page != "" {
		return fmt.Sprintf("%s answered with status %d: %s", who, e.Status, page)
	}
	return fmt.Sprintf("%s answered with status %d and no reason", who, e.Status)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func orNull(s string) jsonx.Value {
	if s == "" {
		return jsonx.Value("null")
	}
	return jsonx.Quote(s)
}
