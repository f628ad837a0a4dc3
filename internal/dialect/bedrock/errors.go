package bedrock

import (
	"strings"
	"unicode/utf8"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// statuses gives the status that belongs to an exception, for failures inside a
// stream (Amazon Bedrock API, Converse and ConverseStream, errors; AWS common
// errors).
var statuses = map[string]int{
	"ValidationException": 400, "AccessDeniedException": 403, "UnrecognizedClientException": 403,
	"InvalidSignatureException": 403, "ExpiredTokenException": 403, "ResourceNotFoundException": 404,
	"ModelTimeoutException": 408, "ModelErrorException": 424, "ModelStreamErrorException": 424,
	"ThrottlingException": 429, "ServiceQuotaExceededException": 429, "ModelNotReadyException": 429,
	"InternalServerException": 500, "ServiceUnavailableException": 503,
}

// exceptions is the way back.
var exceptions = map[int]string{
	400: "ValidationException", 401: "UnrecognizedClientException", 403: "AccessDeniedException",
	404: "ResourceNotFoundException", 408: "ModelTimeoutException", 424: "ModelErrorException",
	429: "ThrottlingException", 500: "InternalServerException", 503: "ServiceUnavailableException",
	504: "ModelTimeoutException", 529: "ServiceUnavailableException",
}

// exceptionOf keeps the provider's word where clients of this dialect know it.
func exceptionOf(e *llm.Error) string {
	if _, known := statuses[e.Type]; known {
		return e.Type
	}
	if word, known := exceptions[e.Status]; known {
		return word
	}
	if e.Status >= 400 && e.Status < 500 {
		return "ValidationException"
	}
	return "InternalServerException"
}

// decodeError reads {"message"}, which the front of the service spells
// {"Message"}; the exception's name stands in a header, sometimes also here
// (AWS restJson1 protocol, errors).
func decodeError(status int, body []byte) *llm.Error {
	e := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: status}
	o, err := jsonx.Parse(body)
	if err != nil {
		return e
	}
	for _, name := range []string{"message", "Message", "originalMessage"} {
		if text, ok := jsonx.Text(o.Get(name)); ok && e.Message == "" {
			e.Message = dialect.Message(text)
		}
	}
	for _, name := range []string{"__type", "code"} {
		if text, ok := jsonx.Text(o.Get(name)); ok && e.Type == "" {
			text, _, _ = strings.Cut(text, ":")
			e.Type = text[strings.LastIndexByte(text, '#')+1:]
		}
	}
	return e
}

// eventError reads a failure that came with status 200; name is that of the
// frame, where there is one. A frame that is an error has a text for a body.
func eventError(name string, body []byte) *llm.Error {
	e := decodeError(0, body)
	if name != "" {
		first, size := utf8.DecodeRuneInString(name)
		e.Type = strings.ToUpper(string(first)) + name[size:]
	}
	if e.Message == "" && jsonx.Check(body) != nil {
		e.Message = dialect.Message(string(body))
	}
	if e.Status = statuses[e.Type]; e.Status == 0 {
		e.Status = dialect.StatusOf(e.Type, "")
	}
	if e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}

// encodeError writes a failure for AWS's SDKs, with the facts of reliability
// rules E1 beside.
func encodeError(e *llm.Error) []byte {
	var w dialect.Writer
	message := dialect.ErrorMessage(e)
	w.Text("__type", exceptionOf(e))
	w.Text("message", message)
	if e.Kind != llm.UpstreamStatus {
		_, code := e.Kind.Words()
		w.Text("status", "failure")
		w.Text("reason", code)
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

// streamed are the exceptions that a stream can hold (Amazon Bedrock API,
// ConverseStreamOutput).
var streamed = map[string]bool{
	"InternalServerException": true, "ModelStreamErrorException": true, "ServiceUnavailableException": true,
	"ThrottlingException": true, "ValidationException": true,
}

// appendErrorFrame writes a failure inside a running stream (reliability
// rules, R20).
func appendErrorFrame(dst []byte, e *llm.Error) []byte {
	word := exceptionOf(e)
	if !streamed[word] {
		word = "ModelStreamErrorException"
	}
	var w dialect.Writer
	w.Text("message", dialect.ErrorMessage(e))
	return framing.AppendAmazonException(dst, strings.ToLower(word[:1])+word[1:], w.Object())
}
