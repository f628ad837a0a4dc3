package cohere

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
)

// linesTap listens to a stream of version 1.
type linesTap struct{ facts dialect.Facts }

// Facts is what the last line has told.
func (t *linesTap) Facts() dialect.Facts { return t.facts }

var lineNames = jsonx.Names("is_finished", "finish_reason", "response", "text", "event_type")

// Event looks at one line.
func (t *linesTap) Event(ev framing.Event) (dialect.Mark, error) {
	data := bytes.TrimSpace(ev.Data)
	if len(data) == 0 {
		return dialect.Empty, nil
	}
	var m [5]jsonx.Value
	if !jsonx.Members(data, lineNames, m[:]) {
		return dialect.Content, dialect.Interrupted("a line of it is not a JSON object", nil)
	}
	switch {
	case m[0] == nil && m[3] == nil && m[4] == nil:
		return dialect.Content, eventError(data)
	case string(m[4]) == `"stream-start"`:
		return dialect.Empty, nil
	case !jsonx.IsTrue(m[0]):
		return dialect.Content, nil
	}
	t.facts.Usage = readUsage(jsonx.At(m[2], "meta"))
	t.facts.Finish, _ = jsonx.Text(m[1])
	if e := failed(m[1], jsonx.At(data, "error")); e != nil {
		return dialect.Content, e
	}
	return dialect.Done, nil
}
