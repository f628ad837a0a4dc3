package anthropic

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var answerNames = jsonx.Names("type", "content", "usage", "stop_reason", "error")

func inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [5]jsonx.Value
	if !jsonx.Members(body, answerNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	if jsonx.KindOf(m[4]) == jsonx.Composite || string(m[0]) == `"error"` {
		return dialect.Facts{}, eventError(body)
	}
	if op == llm.Chat && jsonx.KindOf(m[1]) != jsonx.Array {
		return dialect.Facts{}, dialect.Invalid("it has no list of content", nil)
	}
	var c counts
	c.merge(m[2])
	f := dialect.Facts{Usage: c.usage()}
	f.Finish, _ = jsonx.Text(m[3])
	return f, nil
}

// tap listens to a stream of the Messages API.
type tap struct {
	counts counts
	finish string
}

func newTap(op llm.Op) dialect.Tap {
	if op != llm.Chat {
		return nil
	}
	return &tap{}
}

func (t *tap) Facts() dialect.Facts { return dialect.Facts{Usage: t.counts.usage(), Finish: t.finish} }

var eventNames = jsonx.Names("type", "message", "delta", "usage", "error")

func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	data := bytes.TrimSpace(ev.Data)
	if len(data) == 0 {
		return dialect.Empty, nil
	}
	var m [5]jsonx.Value
	if !jsonx.Members(data, eventNames, m[:]) {
		if ev.Name == "error" {
			e := eventError(nil)
			if page := dialect.PlainText(data); page != "" {
				e.Message = page
			}
			return dialect.Content, e
		}
		return dialect.Content, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	kind := ev.Name
	if kind == "" && len(m[0]) > 2 {
		kind, _ = jsonx.Text(m[0])
	}
	switch kind {
	case "ping":
		return dialect.Empty, nil
	case "message_start": // nothing of the answer yet: an error may still follow
		t.counts.merge(jsonx.At(m[1], "usage"))
		return dialect.Empty, nil
	case "message_delta":
		t.counts.merge(m[3])
		if word, _ := jsonx.Text(jsonx.At(m[2], "stop_reason")); word != "" {
			t.finish = word
		}
	case "message_stop":
		return dialect.Done, nil
	case "error":
		return dialect.Content, eventError(data)
	}
	return dialect.Content, nil
}
