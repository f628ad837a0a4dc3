package openai

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var done = []byte("[DONE]")

// finishReason ends with its quote and lacks the first: that letters are rarer
// than quotes makes the search four times faster.
var finishReason = []byte(`finish_reason"`)

var chunkNames = jsonx.Names("choices", "usage", "error", "x_groq")

// tap listens to a stream of chat or text completion chunks.
type tap struct {
	facts dialect.Facts
	m     [4]jsonx.Value // of chunkNames, of the event under way
	plain skeleton
}

func newTap(op llm.Op) dialect.Tap {
	if op != llm.Chat && op != llm.Complete {
		return nil
	}
	return &tap{}
}

func (t *tap) Facts() dialect.Facts { return t.facts }

func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	data := bytes.TrimSpace(ev.Data)
	if ev.Name == "" && t.plain.fits(data) {
		return dialect.Content, nil
	}
	switch {
	case len(data) == 0:
		return dialect.Empty, nil
	case bytes.Equal(data, done):
		return dialect.Done, nil
	case !jsonx.Members(data, chunkNames, t.m[:]):
		if ev.Name == "error" {
			return dialect.Content, unreadableError(data)
		}
		return dialect.Content, dialect.Interrupted("an event in it is not a JSON object", nil)
	}
	return t.chunk(ev.Name == "error", data)
}

// chunk looks at an event whose members were found.
func (t *tap) chunk(fails bool, data []byte) (dialect.Mark, error) {
	choices, usage, failure, groq := t.m[0], t.m[1], t.m[2], t.m[3]
	mark := dialect.Content
	if t.finish(choices) {
		mark = dialect.Finished
		t.usage(jsonx.At(choices, "0", "usage")) // Moonshot counts there
	}
	t.usage(usage)
	if groq != nil {
		t.usage(jsonx.At(groq, "usage"))
	}
	switch {
	case fails || len(failure) > 0 && (failure[0] == '{' || failure[0] == '"'):
		return mark, eventError(data)
	case choices == nil:
		if e := disguised(data); e != nil {
			return mark, e
		}
	case mark == dialect.Finished:
		if e := choiceError(choices, t.facts.Finish); e != nil {
			return mark, e
		}
	case len(usage)+len(groq) == 0:
		t.plain.learn(data)
	}
	return mark, nil
}

func (t *tap) usage(v jsonx.Value) {
	if len(v) == 0 || v[0] != '{' {
		return
	}
	if u := readUsage(v); u != nil {
		t.facts.Usage = u
	}
}

// finish reports whether a choice ends in these choices. The name with both
// its quotes cannot stand inside a JSON string, so that a search in the bytes
// spares looking into almost every chunk.
func (t *tap) finish(choices jsonx.Value) bool {
	for rest := []byte(choices); ; {
		at := bytes.Index(rest, finishReason)
		if at < 0 {
			return false
		}
		rest = bytes.TrimLeft(rest[at+len(finishReason):], " \t\r\n:")
		if len(rest) > 1 && rest[0] == '"' && rest[1] != '"' {
			break
		}
	}
	ended := false
	for c := range jsonx.Elements(choices) {
		word, _ := jsonx.Text(jsonx.At(c, "finish_reason"))
		if word == "" {
			continue
		}
		ended = true
		if t.facts.Finish == "" {
			t.facts.Finish = word
		}
	}
	return ended
}

// eventError reads the failure an event reports.
func eventError(data []byte) *llm.Error {
	o, err := jsonx.Parse(data)
	if err != nil {
		return unreadableError(data)
	}
	return asFailure(readError(&o))
}

func unreadableError(data []byte) *llm.Error {
	return asFailure(report{message: dialect.PlainText(data)})
}
