package bedrock_test

import (
	"bytes"
	"errors"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/bedrock"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

func TestDecodeError(t *testing.T) {
	for _, c := range []struct{ body, message, typ string }{
		{`{"message":"The provided model identifier is invalid."}`, "The provided model identifier is invalid.", ""},
		{`{"Message":"User: x is not authorized"}`, "User: x is not authorized", ""},
		{`{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token is invalid."}`, "The security token is invalid.", "UnrecognizedClientException"},
		{`{"code":"ThrottlingException:http://x/","message":"Slow down"}`, "Slow down", "ThrottlingException"},
		{`<html>`, "", ""},
		{`{}`, "", ""},
	} {
		e := bedrock.Dialect.DecodeError(400, []byte(c.body))
		if e.Message != c.message || e.Type != c.typ || e.Status != 400 || e.Kind != llm.UpstreamStatus {
			t.Errorf("%s: %+v", c.body, e)
		}
	}
}

// TestExceptions: a failure inside a stream has a frame of its own, both ways.
func TestExceptions(t *testing.T) {
	for _, c := range []struct {
		err    llm.Error
		name   string
		status int
	}{
		{llm.Error{Kind: llm.UpstreamStatus, Status: 429, Message: "m"}, "throttlingException", 429},
		{llm.Error{Kind: llm.UpstreamStatus, Status: 529, Type: "overloaded_error", Message: "m"}, "serviceUnavailableException", 503},
		{llm.Error{Kind: llm.UpstreamStatus, Status: 400, Type: "ModelStreamErrorException", Message: "m"}, "modelStreamErrorException", 424},
		{llm.Error{Kind: llm.StreamInterrupted, Status: 502, Message: "m"}, "internalServerException", 500},
		{llm.Error{Kind: llm.UpstreamStatus, Status: 403, Message: "m"}, "modelStreamErrorException", 424},
		{llm.Error{Kind: llm.InvalidRequest, Status: 422, Message: "m"}, "validationException", 400},
	} {
		frame := bedrock.Dialect.AppendErrorFrame(nil, &c.err)
		ev, err := bedrock.Dialect.Streams().NewReader(bytes.NewReader(frame), 1<<10).Next()
		if err != nil || !ev.Failed || ev.Name != c.name {
			t.Errorf("%+v: %+v %v", c.err, ev, err)
			continue
		}
		if _, err := bedrock.Dialect.Chat.NewDecoder().Decode(ev); !fails(err, c.status, "m") {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := bedrock.Dialect.NewTap(llm.Chat).Event(ev); !fails(err, c.status, "m") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	plain := framing.Event{Name: "InternalError", Data: []byte("An internal error occurred"), Failed: true}
	if _, err := bedrock.Dialect.Chat.NewDecoder().Decode(plain); !fails(err, 500, "An internal error occurred") {
		t.Errorf("a frame that is an error: %v", err)
	}
}

func fails(err error, status int, message string) bool {
	e := new(llm.Error)
	return errors.As(err, &e) && e.Kind == llm.UpstreamStatus && e.Status == status && e.Message == message
}

func TestEncodeError(t *testing.T) {
	for want, e := range map[string]llm.Error{
		`{"__type":"ThrottlingException","message":"Slow"}`:                                                               {Kind: llm.UpstreamStatus, Status: 429, Message: "Slow"},
		`{"__type":"ValidationException","message":"x","status":"failure","reason":"invalid_request","param":"messages"}`: {Kind: llm.InvalidRequest, Status: 400, Message: "x", Param: "messages"},
		`{"__type":"InternalServerException","message":"x","status":"failure","reason":"upstream_invalid_response","provider":"p","errors":["y"]}`: {
			Kind: llm.InvalidResponse, Status: 502, Message: "x", Details: []string{"y"}, Origin: llm.Origin{Provider: "p"},
		},
	} {
		if got := bedrock.Dialect.EncodeError(&e); string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestInspect(t *testing.T) {
	facts, err := bedrock.Dialect.Inspect(llm.Chat, []byte(`{"output":{"message":{"content":[]}},"stopReason":"end_turn","usage":{"inputTokens":64,"outputTokens":4,"cacheWriteInputTokens":2492}}`))
	if err != nil || facts.Finish != "end_turn" || facts.Usage.Input != 2556 || facts.Usage.CacheWrite != 2492 {
		t.Errorf("%+v %v", facts, err)
	}
	for _, body := range []string{`[]`, `{}`, `{"output":{}}`, `{"message":"x"}`, `{"__type":"ThrottlingException","message":"x"}`} {
		if _, err := bedrock.Dialect.Inspect(llm.Chat, []byte(body)); err == nil {
			t.Errorf("%s passed for an answer", body)
		}
	}
	if _, err := bedrock.Dialect.Inspect(llm.CountTokens, []byte(`{"inputTokens":3}`)); err != nil {
		t.Error(err)
	}
}

// TestTap: an answer has begun with its first block, may end after messageStop
// and has ended once its cost was told too, in whichever order.
func TestTap(t *testing.T) {
	const stop, cost = "messageStop", "metadata"
	data := map[string]string{
		"messageStart": `{"role":"assistant"}`, "contentBlockDelta": `{"contentBlockIndex":0,"delta":{"text":"a"}}`,
		stop: `{"stopReason":"end_turn"}`, cost: `{"usage":{"inputTokens":1,"outputTokens":2}}`, "somethingNew": `{}`,
	}
	for _, c := range []struct {
		names []string
		marks []dialect.Mark
	}{
		{[]string{"messageStart", "contentBlockDelta", stop, cost}, []dialect.Mark{dialect.Empty, dialect.Content, dialect.Finished, dialect.Done}},
		{[]string{"somethingNew", cost, stop}, []dialect.Mark{dialect.Empty, dialect.Content, dialect.Done}},
	} {
		tap := bedrock.Dialect.NewTap(llm.Chat)
		for i, name := range c.names {
			mark, err := tap.Event(framing.Event{Name: name, Data: []byte(data[name])})
			if err != nil || mark != c.marks[i] {
				t.Errorf("%s: %v %v", name, mark, err)
			}
		}
		if f := tap.Facts(); f.Finish != "end_turn" || f.Usage.Output != 2 {
			t.Errorf("%+v", f)
		}
		if _, err := tap.Event(framing.Event{Name: cost, Data: []byte("<html>")}); err == nil {
			t.Error("an event of no JSON passed")
		}
	}
	if bedrock.Dialect.NewTap(llm.Embed) != nil {
		t.Error("a tap for what is no conversation")
	}
}
