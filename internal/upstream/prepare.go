package upstream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/secret"
)

// call is a request shaped for one target.
type call struct {
	op     llm.Op
	url    *url.URL
	header http.Header
	body   []byte // nil: none, or the request's raw one
	stream bool
	lost   []string

	provider string
	strict   bool
	client   *dialect.Dialect
	speaks   *dialect.Dialect // what the provider speaks; nil: nobody looks inside
	chat     *llm.Prompt      // the client's request, when the dialects differ
}

// translated reports that client and provider speak different dialects.
func (c *call) translated() bool { return c.speaks != nil && c.speaks != c.client }

// prepare shapes a request for a target: overrides, quirks, dialect, address
// and headers. Its errors never reached the network.
func (c *Client) prepare(r *Request, t *policy.Target, key secret.String) (*call, error) {
	call := &call{op: r.Op, header: make(http.Header, 8), provider: t.Provider.ID, strict: t.Strict, client: r.Dialect}
	if !t.Provider.Auth.Spoken() {
		return nil, notSupported("requests to %s need a way to authenticate that this version does not have", t.Provider.ID)
	}
	model, err := c.shape(call, r, t)
	if err != nil {
		return nil, err
	}
	text, err := t.Provider.URL(r.Op, r.Path, t.CustomHost, t.Fields, model)
	if err != nil {
		return nil, err
	}
	if call.url, err = url.Parse(text); err != nil {
		return nil, &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Message: "the address of the provider cannot be built from the request", Err: err}
	}
	if r.Op == llm.Relay || r.Op == llm.Models {
		call.url.RawQuery = joinQuery(call.url.RawQuery, r.Query)
	}
	if auth := t.Provider.Auth; auth.Scheme == "query" && !key.Empty() {
		call.url.RawQuery = joinQuery(call.url.RawQuery, url.QueryEscape(auth.Name)+"="+url.QueryEscape(key.Reveal()))
	}
	c.setHeaders(call.header, r, t, key)
	return call, nil
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

func notSupported(format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.NotSupported, Status: http.StatusNotImplemented, Message: fmt.Sprintf(format, args...)}
}

// shape writes the body. It returns the model, which may be part of the address.
func (c *Client) shape(call *call, r *Request, t *policy.Target) (model string, err error) {
	endpoint, ok := t.Provider.Ops[r.Op]
	if ok && endpoint.Dialect != "" {
		if call.speaks, ok = c.dialects(endpoint.Dialect); !ok {
			return "", notSupported("%s speaks a wire format that this version does not have", t.Provider.ID)
		}
	}
	if r.Body == nil {
		return "", nil
	}
	body := r.Body.Clone()
	for _, o := range t.Overrides {
		body.Set(o.Name, o.Value)
	}
	if r.Op == llm.Relay || call.speaks == nil {
		call.stream = jsonx.IsTrue(body.Get("stream"))
		model, _ = jsonx.Text(body.Get("model"))
		call.body = body.Bytes()
		return model, nil
	}
	if model, err = modelOf(&body); err != nil {
		return "", err
	}
	if call.stream, err = streamOf(&body); err != nil {
		return "", err
	}
	if call.translated() {
		return model, c.translate(call, &body)
	}
	call.lost = t.Provider.Quirks.Edit(&body)
	call.body = body.Bytes()
	return model, nil
}

func modelOf(body *jsonx.Object) (string, error) {
	v := body.Get("model")
	model, ok := jsonx.Text(v)
	switch {
	case ok && model != "":
		return model, nil
	case v == nil || ok:
		return "", badField("model", "model is required: name one in the request or in override_params")
	}
	return "", badField("model", "model must be a string, not a %s", jsonx.KindOf(v))
}

func streamOf(body *jsonx.Object) (bool, error) {
	v := body.Get("stream")
	switch jsonx.KindOf(v) {
	case jsonx.Absent, jsonx.Null, jsonx.Bool:
		return jsonx.IsTrue(v), nil
	}
	return false, badField("stream", "stream must be true or false, not a %s", jsonx.KindOf(v))
}

func badField(field, format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Param: field, Message: fmt.Sprintf(format, args...)}
}

// translate carries the request over into the provider's dialect.
func (c *Client) translate(call *call, body *jsonx.Object) error {
	if call.op != llm.Chat || call.client == nil || call.client.Chat == nil || call.speaks.Chat == nil {
		return notSupported("%s is not supported by %s", call.op, call.provider)
	}
	chat, err := call.client.Chat.DecodeRequest(body.Bytes())
	if err != nil {
		return err
	}
	call.chat = chat
	call.body, call.lost, err = call.speaks.Chat.EncodeRequest(chat)
	return err
}

// request makes the HTTP request; it may be called twice for one call.
func (c *Client) request(ctx context.Context, r *Request, call *call) (*http.Request, error) {
	req := (&http.Request{
		Method: r.Method, URL: call.url, Header: call.header, Host: call.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	switch {
	case r.Raw != nil:
		req.Body, req.ContentLength = io.NopCloser(r.Raw), r.Raw.Length
	case call.body != nil:
		body := call.body
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	for name, values := range call.header {
		for _, v := range values {
			if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return nil, &llm.Error{Kind: llm.InvalidConfig, Status: http.StatusBadRequest, Param: strings.ToLower(name), Message: "a header value holds control characters"}
			}
		}
	}
	return req, nil
}
