package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"sluice/internal/auth"
	"sluice/internal/dialect"
	"sluice/internal/http1"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/seal"
	"sluice/internal/secret"
)

// call is a request shaped for one target.
type call struct {
	op     llm.Op
	url    *url.URL
	header http.Header
	object jsonx.Object // the client's body, for edits
	body   []byte       // nil: none, or the request's raw one
	model  string       // as asked, after overrides
	stream bool
	lost   []string

	form      *provider.Provider // the target's provider, as it is for the model
	provider  string
	strict    bool
	client    *dialect.Dialect
	speaks    *dialect.Dialect                    // what the provider speaks; nil: nobody looks inside
	chat      *llm.Prompt                         // the client's request, when the dialects differ
	owner     seal.Owner                          // of the proofs in it
	auth      *auth.Target                        // nil: the header says it all
	vectors   *llm.Embedding                      // the same, of a request for vectors
	pieces    [][]byte                            // the bodies it was cut into
	got       *llm.Vectors                        // what the provider answered
	socket    bool                                // a WebSocket is asked for
	mediaType string                              // of the body; empty: JSON
	back      func(answer []byte) ([]byte, error) // carries an answer over, where the operation has one form
}

// translated reports that client and provider speak different dialects.
func (c *call) translated() bool { return c.speaks != nil && !c.client.Passes(c.op, c.speaks) }

// prepare shapes a request for a target: overrides, quirks, dialect, address
// and headers. Its errors never reached the network.
func (c *Client) prepare(call *call, r *Request, t *policy.Target, key secret.String) error {
	call.op, call.provider, call.strict, call.client = r.Op, t.Provider.ID, t.Strict, r.Dialect
	if t.Provider.Status == provider.Dead && t.CustomHost == "" {
		return notSupported("%s is closed: %s answers only at a host of your own, given with x-portkey-custom-host", t.Provider.Title, t.Provider.ID)
	}
	path, err := c.shape(call, r, t, key)
	if err != nil {
		return err
	}
	if call.url, err = t.URL(call.form, path, call.model); err != nil {
		return err
	}
	if t.Lossless && len(call.lost) > 0 {
		return badField("", "this request cannot be carried to %s without loss, as x-sluice-lossless asks: %s", t.Provider.ID, strings.Join(call.lost, ", "))
	}
	call.addQuery(r, t, key)
	c.setHeaders(call, r, t, key)
	if !t.Provider.Auth.Plain() {
		call.auth = &auth.Target{Provider: call.form, Key: key, Settings: t.Settings, Vars: t.Fields, CustomHost: t.CustomHost}
	}
	if r.Upgrade {
		call.upgrade(r)
	}
	return nil
}

// ownerOf is who gets proofs of a vendor, and gets them back: the credential at
// the place it is sent to.
func ownerOf(r *Request, t *policy.Target, key secret.String) seal.Owner {
	if key.Empty() {
		key = r.Key
	}
	for _, s := range t.Provider.Auth.Settings() {
		if v := t.Settings[s.Name]; !v.Empty() {
			key = secret.New(key.Reveal() + "\x00" + s.Name + "\x00" + v.Reveal())
		}
	}
	origin := t.Provider.ID
	if t.CustomHost != "" {
		origin += "\x00" + t.CustomHost
	}
	return seal.OwnerOf(origin, key)
}

// addQuery writes the client's query, for relays, and a key that belongs there.
// What the address says itself stays as it is: the client cannot say it again.
func (c *call) addQuery(r *Request, t *policy.Target, key secret.String) {
	query := ""
	if c.op == llm.Relay || c.op == llm.Models || c.client.Query && !c.translated() {
		query = without(r.Query, c.url.Query())
	}
	if auth := t.Provider.Auth; auth.Scheme == provider.Query && !key.Empty() {
		query = joinQuery(without(query, url.Values{auth.Name: nil}), url.QueryEscape(auth.Name)+"="+url.QueryEscape(key.Reveal()))
	}
	if query != "" {
		own := *c.url
		own.RawQuery = joinQuery(own.RawQuery, query)
		c.url = &own
	}
}

// without takes parameters out of a query that are said elsewhere.
func without(query string, said url.Values) string {
	if query == "" || len(said) == 0 {
		return query
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			if _, twice := said[plain]; twice {
				continue
			}
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, "&")
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

// shape writes the body and finds the path it goes to.
func (c *Client) shape(call *call, r *Request, t *policy.Target, key secret.String) (path string, err error) {
	if r.Op == llm.Relay || r.Op == llm.Models {
		return call.shapeRelay(r, t)
	}
	body := &call.object
	if r.Body != nil {
		*body = r.Body.Clone()
	}
	if err := call.ask(r, t, body); err != nil {
		return "", err
	}
	asked := call.model
	call.form, call.model = t.Provider.For(t.Fields, call.model)
	if call.model != asked && !r.Dialect.ModelInURL {
		body.Set("model", jsonx.Quote(call.model))
	}
	if r.Op.Relayable() && !call.form.Has(r.Op) {
		call.op = llm.Relay
		call.body = body.Bytes()
		return call.form.RelayPath(r.Path)
	}
	place, err := call.form.Place(r.Op, r.Dialect.Name)
	if err != nil {
		return "", err
	}
	var known bool
	if call.speaks, known = c.dialects(place.Dialect); !known || !call.client.Carries(r.Op, call.speaks) {
		return "", notSupported("%s is not supported by %s: it speaks a wire format that this version does not translate", r.Op, t.Provider.ID)
	}
	call.model = place.Model(call.model)
	if call.translated() {
		call.owner = ownerOf(r, t, key)
		return c.carry(call, body, t, place)
	}
	return place.Instead(r.Header, place.For(call.stream)), call.pass(r, t, body)
}

// carry writes the request in the provider's dialect.
func (c *Client) carry(call *call, body *jsonx.Object, t *policy.Target, place provider.Endpoint) (path string, err error) {
	switch call.op {
	case llm.Embed:
		return call.translateEmbedding(body, t, place)
	case llm.Rerank:
		return place.Path, swap(call, body, t, call.client.Rerank, call.speaks.Rerank)
	case llm.Draw:
		return place.Path, swap(call, body, t, call.client.Image, call.speaks.Image)
	case llm.Speak:
		return call.speak(body, t, place)
	}
	return place.For(call.stream), c.translate(call, body, t)
}

// pass edits the request in place: the provider speaks the client's dialect.
func (c *call) pass(r *Request, t *policy.Target, body *jsonx.Object) error {
	if r.Body == nil {
		return nil
	}
	c.lost = append(c.lost, c.form.Quirks.Edit(body)...)
	if err := c.form.Fill(body, t.Fields); err != nil {
		return err
	}
	if c.speaks.Adapt != nil {
		c.lost = append(c.lost, c.speaks.Adapt(r.Op, body)...)
	}
	c.body = body.Bytes()
	if r.Op == llm.Chat && c.speaks.Origin != "" && dialect.HoldsPacked(c.body) {
		return c.unpack()
	}
	return nil
}

// unpack takes other vendors' proofs out of a request that needs no
// translation otherwise.
func (c *call) unpack() error {
	chat, err := c.client.Chat.DecodeRequest(c.body)
	if err != nil {
		return err
	}
	c.lost = append(c.lost, dialect.DropForeign(chat, c.speaks.Origin)...)
	body, lost, err := c.speaks.Chat.EncodeRequest(chat)
	c.body, c.lost = body, append(c.lost, lost...)
	return err
}

// codec is what the client's side of a conversation is written in.
func (c *call) codec() dialect.ChatCodec {
	if c.op == llm.Complete {
		return c.client.Complete
	}
	return c.client.Chat
}

// shapeRelay shapes a request that nobody looks into.
func (c *call) shapeRelay(r *Request, t *policy.Target) (path string, err error) {
	if r.Body != nil {
		body := r.Body.Clone()
		for _, o := range t.Overrides {
			body.Set(o.Name, o.Value)
		}
		c.stream = jsonx.IsTrue(body.Get("stream"))
		c.model, _ = jsonx.Text(body.Get("model"))
		c.body = body.Bytes()
	}
	c.form, c.model = t.Provider.For(t.Fields, c.model)
	if r.Op == llm.Relay {
		return c.form.RelayPath(r.Path)
	}
	place, err := c.form.Place(r.Op, "")
	return place.Path, err
}

// ask applies the overrides and reads which model is asked, and whether for a
// stream: in the body, or in the address where the client's dialect has it there.
func (c *call) ask(r *Request, t *policy.Target, body *jsonx.Object) (err error) {
	if r.Dialect.ModelInURL {
		c.model, c.stream = r.Model, r.Stream
	}
	c.lost = provider.DropForeign(body, t.Foreign)
	for _, o := range t.Overrides {
		if o.Name == "model" && r.Dialect.ModelInURL {
			c.model, _ = jsonx.Text(o.Value)
			continue
		}
		body.Set(o.Name, o.Value)
	}
	if r.Dialect.ModelInURL {
		return nil
	}
	oneModel := r.Op.Relayable() && body.Get("model") == nil // some vendors have but one
	if c.model, err = modelOf(body); err != nil && !oneModel {
		return err
	}
	c.stream, err = streamOf(body)
	return err
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
func (c *Client) translate(call *call, body *jsonx.Object, t *policy.Target) error {
	var decode func([]byte) (*llm.Prompt, error)
	var encode func(*llm.Prompt) ([]byte, []string, error)
	if call.op == llm.CountTokens {
		decode, encode = call.client.Count.DecodeRequest, call.speaks.Count.EncodeRequest
	} else {
		decode, encode = call.codec().DecodeRequest, call.speaks.Chat.EncodeRequest
	}
	chat, err := decode(body.Bytes())
	if err != nil {
		return err
	}
	chat.Model, chat.Stream = call.model, call.stream
	c.seals.Restore(call.owner, chat)
	call.chat = chat
	encoded, lost, err := encode(chat)
	if err != nil {
		return err
	}
	call.lost = append(call.lost, lost...)
	call.body, err = call.fitted(encoded, t)
	return err
}

// fitted edits what an encoder wrote to what the vendor accepts. Most vendors
// take it as it is.
func (c *call) fitted(encoded []byte, t *policy.Target) ([]byte, error) {
	if c.form.Quirks.None() {
		return encoded, nil
	}
	written, err := jsonx.Parse(encoded)
	if err != nil {
		return nil, err
	}
	c.lost = append(c.lost, c.form.Quirks.Edit(&written)...)
	err = c.form.Fill(&written, t.Fields)
	return written.Bytes(), err
}

// request makes the HTTP request; it may be called twice for one call.
func (c *Client) request(ctx context.Context, req *http.Request, r *Request, call *call) error {
	*req = *(&http.Request{
		Method: r.Method, URL: call.url, Header: call.header, Host: call.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	switch {
	case r.Raw != nil:
		req.Body, req.ContentLength = io.NopCloser(r.Raw), r.Raw.Length
	case call.body != nil:
		req.Body, req.ContentLength = http1.Body(call.body, &r.Use), int64(len(call.body))
	}
	for name, values := range call.header {
		for _, v := range values {
			if !http1.IsValue(v) {
				return &llm.Error{Kind: llm.InvalidConfig, Status: http.StatusBadRequest, Param: strings.ToLower(name), Message: "a header value holds control characters"}
			}
		}
	}
	if call.auth == nil {
		return nil
	}
	return c.authorize(req, r, call)
}

// authorize signs the request, or puts a token into it, once all else is there.
// Waiting for a token counts against the attempt's clocks.
func (c *Client) authorize(req *http.Request, r *Request, call *call) error {
	if c.authority == nil {
		return notSupported("requests to %s need a way to authenticate that is not set up", call.provider)
	}
	target := *call.auth // a copy, as of the headers: the pieces of a request are signed at the same time
	call.auth, req.Header = &target, call.header.Clone()
	return c.authority.Authorize(req, call.body, r.Raw != nil, &target)
}
