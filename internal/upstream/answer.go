package upstream

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"io"
	"net/http"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readWhole reads an answer that is not a stream, and looks whether it is one.
func (c *Client) readWhole(a *attempt, resp *http.Response, r io.Reader) (*llm.Answer, error) {
	w, call := &a.watch, a.call
	body, err := readAll(r, a.room.body[:0], resp.ContentLength, c.limits.ResponseBytes)
	a.room.body = body
	if err != nil {
		return nil, c.broken(w, err)
	}
	answer := &a.answer
	*answer = llm.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if !call.decides() {
		err = call.inspect(answer)
	}
	if err == nil {
		err = c.carryBack(call, answer, a.room)
	}
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	w.stop()
	answer.Header["Content-Type"] = jsonType
	return answer, nil
}

// carryBack makes a provider's answer the client's.
func (c *Client) carryBack(call *call, answer *llm.Answer, room *Room) (err error) {
	switch {
	case call.back != nil:
		answer.Body, err = call.back(answer.Body)
	case call.vectors != nil:
		err = call.translateVectors(answer)
	case call.translated() && call.op == llm.CountTokens:
		var n int64
		if n, err = call.speaks.Count.DecodeReply(answer.Body); err == nil {
			answer.Body = call.client.Count.EncodeReply(n)
		}
	case call.translated():
		err = c.translateReply(call, answer, room)
	case call.speaks.Repair != nil && call.strict:
		answer.Body = call.speaks.Repair(call.op, answer.Body)
	case call.speaks.NamesProvider:
		answer.Body = named(answer.Body, call.provider)
	}
	return err
}

// decides reports whether decoding the answer says whether it is one.
func (c *call) decides() bool {
	return c.speaks.Decides && c.translated() && c.back == nil && c.vectors == nil && c.asked() == llm.Chat
}

// inspect finds out what the answer cost, or why it is none.
func (c *call) inspect(answer *llm.Answer) error {
	facts, err := c.speaks.Inspect(c.asked(), answer.Body)
	if err != nil {
		e := asError(err)
		e.Header = answer.Header
		return e
	}
	answer.Usage, answer.Finish = facts.Usage, facts.Finish
	return nil
}

var providerName = jsonx.Names("provider")

// named adds the member provider at the end of an object that has none. All
// else keeps its bytes.
func named(body []byte, provider string) []byte {
	var m [1]jsonx.Value
	end := bytes.LastIndexByte(body, '}')
	if !jsonx.Members(body, providerName, m[:]) || m[0] != nil || end < 0 {
		return body
	}
	out := append(make([]byte, 0, len(body)+len(provider)+16), bytes.TrimRight(body[:end], " \t\r\n")...)
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	out = jsonx.AppendQuote(append(out, `"provider":`...), provider)
	return append(out, body[end:]...)
}

func (c *Client) translateReply(call *call, answer *llm.Answer, room *Room) error {
	reply, err := call.speaks.Chat.DecodeReply(answer.Body)
	if err != nil {
		if why := call.inspect(answer); call.decides() && why != nil {
			return why
		}
		return err
	}
	if call.decides() {
		answer.Usage = reply.Usage
	}
	call.name(answer.Header, &reply.ID, &reply.Model)
	c.seals.Keep(call.owner, reply)
	as := call.as()
	as.Room = room.said
	body, lost, err := call.codec().EncodeReply(reply, as)
	answer.Body, room.said = body, body
	call.lost = append(call.lost, lost...)
	return err
}

// requestIDs are the headers in which providers number their answers; Bedrock's
// have no other id (wire formats, Converse response).
var requestIDs = []string{"X-Amzn-Requestid", "X-Request-Id", "Request-Id"}

// name fills in what an answer leaves out of itself: its id, and the model, which
// is the one that was asked.
func (c *call) name(h http.Header, id, model *string) {
	for i := 0; *id == "" && i < len(requestIDs); i++ {
		*id = h.Get(requestIDs[i])
	}
	if *id == "" {
		*id = newID()
	}
	*model = cmp.Or(*model, c.model)
}

// newID is the id of an answer whose provider gave it none. Clients rely on it
// (wire formats, canonical answer).
func newID() string { return "chatcmpl-" + rand.Text() }

// asked is the operation as the provider knows it.
func (c *call) asked() llm.Op {
	if c.op == llm.Complete && c.translated() {
		return llm.Chat
	}
	return c.op
}

func (c *call) as() dialect.Reply {
	return dialect.Reply{Chat: c.chat, Provider: c.provider, Strict: c.strict}
}

// errorBytes is how much of an error page is read.
const errorBytes = 1 << 20

// readFailure makes an error of a provider's error answer (E3).
func (c *Client) readFailure(w *watch, call *call, resp *http.Response, r io.Reader) *llm.Error {
	body, err := readAll(io.LimitReader(r, errorBytes), nil, min(resp.ContentLength, 4<<10), errorBytes)
	if cause := w.cause(); err != nil && cause != nil {
		return cause
	}
	if call.auth != nil && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden) {
		c.authority.Refused(call.auth)
	}
	e := decodeError(call.errorDialect(), resp, body)
	e.Kind, e.Status, e.Class, e.Header = llm.UpstreamStatus, resp.StatusCode, llm.ClassStatus, resp.Header
	e.RetryAfter = cmp.Or(retryAfter(resp.Header, c.now()), e.RetryAfter)
	if e.Message == "" || call.op == llm.Relay || call.op == llm.Models || call.client.ErrorsPass && !call.translated() {
		e.Body = body // its text, or for a relay the very bytes, are shown
	}
	return e
}

// errorDialect is whose words a failure is read in.
func (c *call) errorDialect() *dialect.Dialect {
	if c.speaks != nil {
		return c.speaks
	}
	return c.client
}

func decodeError(d *dialect.Dialect, resp *http.Response, body []byte) *llm.Error {
	if d == nil || jsonx.Check(body) != nil {
		return &llm.Error{}
	}
	return d.DecodeError(resp.StatusCode, body)
}
