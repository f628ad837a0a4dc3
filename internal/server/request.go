package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"sluice/internal/gateway"
	"sluice/internal/http1"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/secret"
	"sluice/internal/upstream"
)

// serve answers an operation: read, ask the gateway, write.
func (v *visit) serve() {
	v.served = true
	x, err := v.exchange()
	defer func() {
		if x != nil {
			v.attempts = x.Attempts
		}
		v.buffered.Add(-v.held)
	}()
	v.reply(x, err)
	v.free = x != nil && x.Raw == nil && x.Body != nil && x.Use.Over() // a panic leaves all to the collector
}

// reply asks the gateway, unless the request is refused already.
func (v *visit) reply(x *gateway.Exchange, err error) {
	if err != nil {
		v.refuse(err)
		return
	}
	answer, err := v.Gateway.Do(v.r.Context(), x)
	v.warnings, v.attempts = x.Warnings, x.Attempts
	if x.Raw != nil { // whoever read it may have stopped early, with a clock running
		_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{})
	}
	if err != nil {
		v.refuse(err)
		return
	}
	if answer.Tunnel != nil {
		v.tunnel(answer)
		return
	}
	v.answer(answer)
}

// exchange reads the request. The checks come in the order of the contract,
// §2.2: content type first, then headers, the body last.
func (v *visit) exchange() (*gateway.Exchange, error) {
	h := v.r.Header
	kind, err := contentKind(h)
	if err != nil {
		return nil, err
	}
	if len(h["Authorization"]) > 1 {
		return nil, invalidRequest("authorization", "two Authorization headers")
	}
	metadata, err := readMetadata(http1.First(h, "X-Portkey-Metadata"))
	if err != nil {
		return nil, err
	}
	x := &v.asked
	*x = gateway.Exchange{
		Request: upstream.Request{
			Room: &v.room.attempt, Op: v.op, Method: v.r.Method, Path: v.path, Query: v.r.URL.RawQuery, Header: h,
			Dialect: v.door, Model: v.model, Stream: v.streamed, Key: callerKey(h), Upgrade: v.upgrade,
		},
		Source: policy.Source{
			Config: http1.First(h, "X-Portkey-Config"), Provider: http1.First(h, "X-Portkey-Provider"),
			CustomHost: http1.First(h, "X-Portkey-Custom-Host"), Forward: http1.First(h, "X-Portkey-Forward-Headers"),
			Timeout: http1.First(h, "X-Portkey-Request-Timeout"), Strict: http1.First(h, "X-Portkey-Strict-Open-Ai-Compliance"),
			Lossless: http1.First(h, "X-Sluice-Lossless"), Header: h,
		},
		Metadata: metadata,
		FullPath: v.r.URL.Path,
	}
	v.keyInQuery(x)
	if err := v.Gateway.Prepare(x); err != nil {
		return nil, err
	}
	return x, v.readBody(x, kind)
}

// keyInQuery takes the key out of the query, where old clients of Gemini put
// it: it is a credential, and not for whatever vendor the query is relayed to.
func (v *visit) keyInQuery(x *gateway.Exchange) {
	if !v.door.ModelInURL || !strings.Contains(x.Query, "key=") {
		return
	}
	query, err := url.ParseQuery(x.Query)
	if err != nil || !query.Has("key") {
		return
	}
	if x.Key.Empty() {
		x.Key = secret.New(query.Get("key"))
	}
	query.Del("key")
	x.Query = query.Encode()
}

type bodyKind uint8

const (
	jsonBody bodyKind = iota
	rawBody
)

// contentKind accepts the types of S22: no simple cross-site request can have
// any of them.
func contentKind(h http.Header) (bodyKind, error) {
	if enc := http1.First(h, "Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return 0, unsupported("content-encoding", "request bodies with a content encoding are not accepted")
	}
	text := http1.First(h, "Content-Type")
	if text == "" || text == "application/json" {
		return jsonBody, nil
	}
	kind, _, err := mime.ParseMediaType(text)
	switch {
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter):
	case kind == "application/json":
		return jsonBody, nil
	case kind == "multipart/form-data", strings.HasPrefix(kind, "audio/"):
		return rawBody, nil
	}
	return 0, unsupported("content-type", "Invalid content type passed")
}

func unsupported(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.UnsupportedMedia, Status: http.StatusUnsupportedMediaType, Message: message, Param: param}
}

func invalidRequest(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Message: message, Param: param}
}

// callerKey is the caller's credential. The portkey-ai SDK sends it without
// "Bearer", the SDKs of other vendors under their own names.
func callerKey(h http.Header) secret.String {
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key"} {
		text := strings.TrimSpace(http1.First(h, name))
		if len(text) >= 6 && strings.EqualFold(text[:6], "bearer") {
			text = strings.TrimSpace(text[6:])
		}
		if text != "" && text != "undefined" && text != "null" {
			return secret.New(text)
		}
	}
	return secret.String{}
}

// readMetadata wants an object of short strings (S45).
func readMetadata(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	const maxPairs, maxBytes = 64, 8 << 10
	bad := invalidRequest("x-portkey-metadata", "x-portkey-metadata must be a JSON object of at most 64 strings and 8 KiB")
	o, err := jsonx.Parse([]byte(text))
	if err != nil || o.Len() > maxPairs || len(text) > maxBytes {
		return nil, bad
	}
	metadata := make(map[string]string, o.Len())
	for name, value := range o.All() {
		s, ok := jsonx.Text(value)
		if !ok {
			return nil, bad
		}
		metadata[name] = s
	}
	return metadata, nil
}

// readBody takes a JSON body whole; any other is passed on as it arrives.
func (v *visit) readBody(x *gateway.Exchange, kind bodyKind) error {
	limit := v.Limits.BodyBytes
	if kind == rawBody {
		limit = v.Limits.UploadBytes
	}
	if v.r.ContentLength > limit {
		return bodyTooLarge(limit)
	}
	body := bounded{visit: v, left: limit, limit: limit, end: v.start.Add(v.Limits.BodyTime)}
	if kind == rawBody {
		raw := body // in memory of its own, which the other kind does not need
		reader, err := form(&raw, http1.First(v.r.Header, "Content-Type"))
		x.Raw = &upstream.RawBody{Reader: reader, ContentType: http1.First(v.r.Header, "Content-Type"), Length: v.r.ContentLength}
		return err
	}
	if v.r.ContentLength == 0 || v.r.Body == http.NoBody {
		if v.op != llm.Relay && v.op != llm.Models {
			return invalidJSON("the body is empty: a JSON object is needed")
		}
		return nil
	}
	text, err := v.slurp(&body)
	if err != nil {
		return err
	}
	if len(text) == 0 && v.op == llm.Relay {
		return nil
	}
	object := &v.object
	if *object, err = v.room.finder.Parse(text); err != nil {
		return invalidJSON("the body is not valid JSON: " + err.Error())
	}
	if v.deployment != "" && object.Get("model") == nil {
		object.Set("model", jsonx.Quote(v.deployment))
	}
	x.Body = object
	if model, ok := jsonx.Text(object.Get("model")); ok {
		v.model = model
	}
	return nil
}

func invalidJSON(message string) *llm.Error {
	return &llm.Error{Kind: llm.InvalidJSON, Status: http.StatusBadRequest, Message: message}
}

func bodyTooLarge(limit int64) *llm.Error {
	return &llm.Error{Kind: llm.BodyTooLarge, Status: http.StatusRequestEntityTooLarge, Message: "the body is larger than " + size(limit)}
}

// slurp reads a body within the memory that all requests share. What it
// returns is counted as held until the request is over.
func (v *visit) slurp(body *bounded) ([]byte, error) {
	const step = 64<<10 - 1
	room := int64(step)
	if n := v.r.ContentLength; n > 0 {
		room = n
	}
	if !v.hold(room) {
		return nil, v.overloaded(BufferBudget)
	}
	buf := v.room.take(int(min(room, 1<<20)) + 1)
	for {
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == nil && int64(len(buf)) > v.held && !v.hold(int64(len(buf))) {
			err = v.overloaded(BufferBudget)
		}
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, v.bodyFailed(err)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// hold counts bytes of this request against what all may hold together.
func (v *visit) hold(bytes int64) bool {
	more := bytes - v.held
	v.held = bytes
	return v.buffered.Add(more) <= v.Limits.BufferBytes
}

func (v *visit) bodyFailed(err error) error {
	var own *llm.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, os.ErrDeadlineExceeded):
		return invalidRequest("", "the body did not arrive in time")
	case v.r.Context().Err() != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return &llm.Error{Kind: llm.Canceled, Status: 499, Message: "the client went away", Err: err}
	}
	return invalidRequest("", "the body could not be read")
}

// bounded is a request body with its limits of size and time.
type bounded struct {
	*visit
	left, limit int64
	end         time.Time // for the whole body
	next        time.Time // when the deadline is worth moving
}

func (b *bounded) Read(p []byte) (int, error) {
	now := b.start // not long ago, for the first piece
	if !b.next.IsZero() {
		now = time.Now()
	}
	if !now.Before(b.next) {
		stall := now.Add(b.Limits.StallTime)
		if stall.After(b.end) {
			stall = b.end
		}
		_ = http.NewResponseController(b.w).SetReadDeadline(stall)
		b.next = now.Add(time.Second)
	}
	n, err := b.r.Body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, bodyTooLarge(b.limit)
	}
	switch {
	case errors.Is(err, io.EOF): // the connection's next request has clocks of its own
		_ = http.NewResponseController(b.w).SetReadDeadline(time.Time{})
	case err != nil: // said here, so that nobody takes it for a fault of the provider's
		err = b.bodyFailed(err)
	}
	return n, err
}
