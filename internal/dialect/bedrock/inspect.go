package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var answerNames = jsonx.Names("output", "stopReason", "usage", "__type")

func inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [4]jsonx.Value
	if !jsonx.Members(body, answerNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	if m[0] == nil && jsonx.KindOf(m[3]) == jsonx.String {
		return dialect.Facts{}, eventError("", body)
	}
	if op == llm.Chat && jsonx.KindOf(jsonx.At(m[0], "message", "content")) != jsonx.Array {
		return dialect.Facts{}, dialect.Invalid("it has no message in its output", nil)
	}
	f := dialect.Facts{Usage: readUsage(m[2])}
	f.Finish, _ = jsonx.Text(m[1])
	return f, nil
}

// tap listens to a stream of ConverseStream.
type tap struct {
	usage   *llm.Usage
	finish  string
	stopped bool
	counted bool
}

func newTap(op llm.Op) dialect.Tap {
	if op != llm.Chat {
		return nil
	}
	return &tap{}
}

func (t *tap) Facts() dialect.Facts { return dialect.Facts{Usage: t.usage, Finish: t.finish} }

var eventNames = jsonx.Names("stopReason", "usage")

func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	if ev.Failed {
		return dialect.Content, eventError(ev.Name, ev.Data)
	}
	var m [2]jsonx.Value
	if !jsonx.Members(ev.Data, eventNames, m[:]) {
		return dialect.Content, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	switch ev.Name {
	case "messageStop":
		t.finish, _ = jsonx.Text(m[0])
		t.stopped = true
	case "metadata":
		t.usage, t.counted = readUsage(m[1]), true
	case "contentBlockStart", "contentBlockDelta", "contentBlockStop":
		return dialect.Content, nil
	default: // messageStart: nothing of the answer yet, an error may still follow
		return dialect.Empty, nil
	}
	switch {
	case t.stopped && t.counted:
		return dialect.Done, nil
	case t.stopped:
		return dialect.Finished, nil
	}
	return dialect.Content, nil
}
