package dialect_test

import (
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func TestPattern(t *testing.T) {
	const said, text = `{"text":"one"}`, "one"
	delta := func(text string) []llm.Event { return []llm.Event{{Kind: llm.EventDelta, Text: text}} }
	for _, c := range []struct {
		name        string
		data, words string
		gave        []llm.Event
		next        framing.Event
		want        string // empty: it does not fit
	}{
		{"fits", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(` {"text":"two"} `)}, "two"},
		{"escapes", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(`{"text":"\"2\""}`)}, `"2"`},
		{"empty", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(`{"text":""}`)}, ""},
		{"shorter than what is around", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(`{"text":"}`)}, ""},
		{"another name", said, `"one"`, delta(text), framing.Event{Name: "m", Data: []byte(said)}, ""},
		{"cut off", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(said), Open: true}, ""},
		{"failed", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(said), Failed: true}, ""},
		{"more members", said, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(`{"text":"a","b":"c"}`)}, ""},
		{"the words twice", `{"a":"one","text":"one"}`, `"one"`, delta(text), framing.Event{Name: "n", Data: []byte(`{"a":"two","text":"one"}`)}, ""},
		{"no words", said, "", delta(text), framing.Event{Name: "n", Data: []byte(said)}, ""},
		{"no string", `{"text":{}}`, "{}", delta("{}"), framing.Event{Name: "n", Data: []byte(`{"text":{}}`)}, ""},
		{"other words", said, `"one"`, delta("two"), framing.Event{Name: "n", Data: []byte(said)}, ""},
		{"two events", said, `"one"`, append(delta(text), delta(text)...), framing.Event{Name: "n", Data: []byte(said)}, ""},
		{"no delta", said, `"one"`, []llm.Event{{Kind: llm.EventNote, Text: text}}, framing.Event{Name: "n", Data: []byte(said)}, ""},
	} {
		var p dialect.Pattern
		p.Learn("n", []byte(c.data), jsonx.Value(c.words), c.gave)
		w, ok := p.Match(c.next)
		if string(w.Said) != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, w.Said, ok)
		}
		p.Forget()
		if _, ok := p.Match(c.next); ok {
			t.Errorf("%s: it was not forgotten", c.name)
		}
	}
}

func TestMould(t *testing.T) {
	for _, c := range []struct {
		name, frame, text string
		times             int
		want              string // empty: nothing is remembered
	}{
		{"once", `{"text":"one"}`, "one", 1, `{"text":"\n"}`},
		{"twice", `{"a":"one","b":["one"]}`, "one", 2, `{"a":"\n","b":["\n"]}`},
		{"with escapes", `{"a":"\"\""}`, `""`, 1, `{"a":"\n"}`},
		{"too often", `{"one":"one"}`, "one", 1, ""},
		{"too seldom", `{"a":"one"}`, "one", 2, ""},
		{"part of another", `{"a":"one and","b":"and one"}`, "one", 1, ""},
		{"empty", `{"a":""}`, "", 1, ""},
		{"overlapping", `{"a":",","b":""}`, ",", 1, ""},
	} {
		var m dialect.Mould
		m.Learn([]byte(c.frame), c.text, c.times)
		got := ""
		if m.Ready() {
			got = string(m.Splice(nil, dialect.Words{Raw: []byte(`\n`), Said: []byte("\n")}))
		}
		if got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
