package cohere

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var answerNames = jsonx.Names("message", "finish_reason", "usage", "embeddings", "meta")

func inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [5]jsonx.Value
	if !jsonx.Members(body, answerNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	switch {
	case op == llm.Embed && m[3] == nil:
		return dialect.Facts{}, dialect.Invalid("it has no embeddings", nil)
	case op == llm.Embed:
		return dialect.Facts{Usage: readUsage(m[4])}, nil
	case op != llm.Chat:
		return dialect.Facts{}, nil
	case jsonx.KindOf(m[0]) == jsonx.String: // an error's text is called the same
		return dialect.Facts{}, eventError(body)
	case jsonx.KindOf(m[0]) != jsonx.Composite:
		return dialect.Facts{}, dialect.Invalid("it has no message", nil)
	}
	f := dialect.Facts{Usage: readUsage(m[2])}
	f.Finish, _ = jsonx.Text(m[1])
	if e := failed(m[1], nil); e != nil {
		return f, e
	}
	return f, nil
}

// failed finds the failure that is dressed up as a reason to end (wire formats,
// Cohere v2 chat).
func failed(finish, text jsonx.Value) *llm.Error {
	message, said := jsonx.Text(text)
	word, _ := jsonx.Text(finish)
	e := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: 500, Message: dialect.Message(message), Code: word}
	switch word {
	case "TIMEOUT":
		e.Status = 504
	case "ERROR":
	default:
		if !said || message == "" {
			return nil
		}
	}
	if e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}

// tap listens to a stream of chat.
type tap struct{ facts dialect.Facts }

func newTap(op llm.Op) dialect.Tap {
	if op != llm.Chat {
		return nil
	}
	return &tap{}
}

func (t *tap) Facts() dialect.Facts { return t.facts }

var eventNames = jsonx.Names("type", "delta")

// Event looks at one event. Of those that begin something nothing is known of
// the answer yet: a failure may still follow.
func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	data := bytes.TrimSpace(ev.Data)
	if len(data) == 0 {
		return dialect.Empty, nil
	}
	var m [2]jsonx.Value
	if !jsonx.Members(data, eventNames, m[:]) {
		return dialect.Content, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	kind, _ := jsonx.Text(m[0])
	if kind == "" {
		kind = ev.Name
	}
	switch kind {
	case "":
		return dialect.Content, eventError(data)
	case "message-start", "debug":
		return dialect.Empty, nil
	case "message-end":
		finish := jsonx.At(m[1], "finish_reason")
		t.facts.Usage = readUsage(jsonx.At(m[1], "usage"))
		t.facts.Finish, _ = jsonx.Text(finish)
		if e := failed(finish, jsonx.At(m[1], "error")); e != nil {
			return dialect.Content, e
		}
		return dialect.Done, nil
	}
	return dialect.Content, nil
}
