package mistral

import (
	"bytes"
	"crypto/rand"
	"strconv"
	"strings"

	"sluice/internal/jsonx"
)

// signs are what answers hold that OpenAI's cannot. None can stand inside a
// JSON string, where a quote is escaped, so a plain search tells.
var (
	signs  = [][]byte{[]byte(`"content":[`), []byte(`"content": [`), []byte(`"tool_calls":[`), []byte(`"tool_calls": [`)}
	length = []byte(`"model_length"`)
)

// suspect looks for them. Almost every event of a stream has one list, the
// choices, so that counting brackets spares most of the search.
func suspect(body []byte) bool {
	if bytes.Count(body, []byte{'['}) > 1 {
		for _, s := range signs {
			if bytes.Contains(body, s) {
				return true
			}
		}
	}
	return bytes.Contains(body, length)
}

// repair makes OpenAI's form of a whole answer.
func repair(body []byte) []byte {
	if !suspect(body) {
		return body
	}
	o, err := jsonx.Parse(body)
	if err != nil {
		return body
	}
	o.Each("choices", func(_ int, c *jsonx.Object) {
		c.Within("message", func(m *jsonx.Object) {
			flatten(m)
			m.Each("tool_calls", func(_ int, t *jsonx.Object) { known(t) })
		})
		finish(c)
	})
	return o.Bytes()
}

// finish says the one reason that OpenAI has another word for.
func finish(c *jsonx.Object) {
	if string(c.Get("finish_reason")) == `"model_length"` {
		c.Set("finish_reason", jsonx.Quote("length"))
	}
}

// known gives a call an id: older versions of the API wrote "null".
func known(t *jsonx.Object) {
	if string(t.Get("id")) == `"null"` {
		t.Set("id", jsonx.Quote("call_"+rand.Text()))
	}
}

// flatten makes text of a content in pieces. What the model thought goes where
// most vendors put it.
func flatten(m *jsonx.Object) {
	if jsonx.KindOf(m.Get("content")) != jsonx.Array {
		return
	}
	var text, thought strings.Builder
	for p := range jsonx.Elements(m.Get("content")) {
		s, _ := jsonx.Text(jsonx.At(p, "text"))
		text.WriteString(s)
		for t := range jsonx.Elements(jsonx.At(p, "thinking")) {
			s, _ := jsonx.Text(jsonx.At(t, "text"))
			thought.WriteString(s)
		}
	}
	m.Set("content", jsonx.Quote(text.String()))
	if thought.Len() > 0 {
		m.Set("reasoning_content", jsonx.Quote(thought.String()))
	}
}

// mender makes OpenAI's form of the events of one stream. It numbers calls that
// have no index: they come whole, so that each is a new one.
type mender struct{ calls int64 }

func (m *mender) event(data []byte) []byte {
	if !suspect(data) {
		return nil
	}
	o, err := jsonx.Parse(data)
	if err != nil {
		return nil
	}
	o.Each("choices", func(_ int, c *jsonx.Object) {
		c.Within("delta", func(d *jsonx.Object) {
			flatten(d)
			d.Each("tool_calls", func(_ int, t *jsonx.Object) { m.call(t) })
		})
		finish(c)
	})
	if !o.Edited() {
		return nil
	}
	return o.Bytes()
}

func (m *mender) call(t *jsonx.Object) {
	known(t)
	n, said := jsonx.Int(t.Get("index"))
	if !said {
		n = m.calls
		t.Set("index", strconv.AppendInt(nil, n, 10))
	}
	m.calls = max(m.calls, n+1)
	if t.Get("type") == nil {
		t.Set("type", jsonx.Quote("function"))
	}
}
