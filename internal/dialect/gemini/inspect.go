package gemini

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var answerNames = jsonx.Names("candidates", "usageMetadata", "error", "promptFeedback")

func inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [4]jsonx.Value
	if !jsonx.Members(body, answerNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	if jsonx.KindOf(m[2]) == jsonx.Composite {
		return dialect.Facts{}, eventError(body)
	}
	var c counts
	c.merge(m[1])
	f := dialect.Facts{Usage: c.usage()}
	f.Finish, _ = jsonx.Text(jsonx.At(m[0], "0", "finishReason"))
	if f.Finish == "" {
		f.Finish, _ = jsonx.Text(jsonx.At(m[3], "blockReason"))
	}
	if op == llm.Chat && jsonx.KindOf(m[0]) != jsonx.Array && m[3] == nil {
		return f, dialect.Invalid("it has no list of candidates", nil)
	}
	return f, nil
}

// tap listens to a stream of streamGenerateContent.
type tap struct {
	counts counts
	finish string
	m      [4]jsonx.Value // of answerNames, of the event under way
}

func newTap(op llm.Op) dialect.Tap {
	if op != llm.Chat {
		return nil
	}
	return &tap{}
}

func (t *tap) Facts() dialect.Facts { return dialect.Facts{Usage: t.counts.usage(), Finish: t.finish} }

// The names with both quotes cannot stand inside a JSON string, so that a
// search in the bytes spares looking into almost every event.
var (
	finishReason = []byte(`"finishReason"`)
	blockedBy    = []byte(`"blockReason"`)
)

func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	data := bytes.TrimSpace(ev.Data)
	if len(data) == 0 {
		return dialect.Empty, nil
	}
	if !jsonx.Members(data, answerNames, t.m[:]) {
		if data[0] == '[' || ev.Name == "error" { // Vertex AI: an array of one failure
			if e := eventError(data); jsonx.Check(data) == nil {
				return dialect.Content, e
			}
		}
		return dialect.Content, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	if jsonx.KindOf(t.m[2]) == jsonx.Composite || ev.Name == "error" {
		return dialect.Content, eventError(data)
	}
	if t.m[1] != nil {
		t.counts.merge(t.m[1])
	}
	switch {
	case bytes.Contains(t.m[0], finishReason):
		if word, _ := jsonx.Text(jsonx.At(t.m[0], "0", "finishReason")); word != "" && t.finish == "" {
			t.finish = word
		}
		return dialect.Finished, nil
	case bytes.Contains(t.m[3], blockedBy):
		t.finish, _ = jsonx.Text(jsonx.At(t.m[3], "blockReason"))
		return dialect.Finished, nil
	case t.m[0] == nil:
		return dialect.Empty, nil // of its cost alone
	}
	return dialect.Content, nil
}
