package responses

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var answerNames = jsonx.Names("status", "output", "usage", "error", "incomplete_details", "object")

func inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [6]jsonx.Value
	if !jsonx.Members(body, answerNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	status, _ := jsonx.Text(m[0])
	if kind := jsonx.KindOf(m[3]); status == statusFailed || kind == jsonx.Composite || kind == jsonx.String {
		return dialect.Facts{}, failure(body)
	}
	object, _ := jsonx.Text(m[5]) // one that is still queued may have no output yet
	if op == llm.Chat && jsonx.KindOf(m[1]) != jsonx.Array && object != "response" {
		return dialect.Facts{}, dialect.Invalid("it has no list of output", nil)
	}
	return facts(m[0], m[2], m[4]), nil
}

// facts are what a response object tells. Why it is incomplete says more than
// that it is.
func facts(status, usage, details jsonx.Value) dialect.Facts {
	f := dialect.Facts{Usage: readUsage(usage)}
	if f.Finish, _ = jsonx.Text(jsonx.At(details, "reason")); f.Finish == "" {
		f.Finish, _ = jsonx.Text(status)
	}
	return f
}

// tap listens to a stream of the Responses API.
type tap struct{ facts dialect.Facts }

func newTap(op llm.Op) dialect.Tap {
	if op != llm.Chat {
		return nil
	}
	return &tap{}
}

func (t *tap) Facts() dialect.Facts { return t.facts }

var (
	eventNames = jsonx.Names("type", "response", "error")
	done       = []byte("[DONE]") // some hosts end with OpenAI's other mark
)

func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0:
		return dialect.Empty, nil
	case bytes.Equal(data, done):
		return dialect.Empty, nil
	}
	var m [3]jsonx.Value
	if !jsonx.Members(data, eventNames, m[:]) {
		if ev.Name == "error" {
			return dialect.Content, unreadable(data)
		}
		return dialect.Content, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	switch string(m[0]) {
	case `"response.created"`, `"response.queued"`, `"response.in_progress"`, `"keepalive"`:
		return dialect.Empty, nil // nothing of the answer yet: an error may still follow
	case `"response.completed"`, `"response.incomplete"`:
		t.facts = facts(jsonx.At(m[1], "status"), jsonx.At(m[1], "usage"), jsonx.At(m[1], "incomplete_details"))
		return dialect.Done, nil
	case `"response.failed"`:
		return dialect.Content, failure(m[1])
	case `"error"`:
		return dialect.Content, failure(data)
	case "":
		if ev.Name == "error" || jsonx.KindOf(m[2]) > jsonx.Null {
			return dialect.Content, failure(data)
		}
	}
	return dialect.Content, nil
}

func unreadable(page []byte) *llm.Error {
	e := failure(nil)
	if text := dialect.PlainText(page); text != "" {
		e.Message = text
	}
	return e
}
