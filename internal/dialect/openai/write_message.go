package openai

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func path(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

func (e *requestWriter) messages() jsonx.Value {
	var list dialect.List
	for i := 0; i < len(e.p.Messages); {
		m, n := e.run(i)
		switch m.Role {
		case llm.Assistant:
			e.assistant(&list, i, m)
		case llm.User:
			e.user(&list, i, m)
		default:
			if len(m.Parts) > 0 || e.native() {
				e.message(&list, i, m, m.Parts)
			}
		}
		i += n
	}
	return list.Array()
}

// run is the message at i with the n-1 after it that are the same turn. Where
// a wire has items instead of turns, each call is a message of its own; here
// all calls of a turn stand together, and then all their results.
func (e *requestWriter) run(i int) (m *llm.Message, n int) {
	m = &e.p.Messages[i]
	e.lost.Extra(dialect.MessagePath(e.p, i)+".", m.Extra, family)
	for n = 1; i+n < len(e.p.Messages) && !e.native(); n++ {
		next := &e.p.Messages[i+n]
		if m.Role != next.Role || m.Role != llm.Assistant && (!answers(m) || !answers(next)) {
			break
		}
		joined := *m
		joined.Parts = append(slices.Clone(m.Parts), next.Parts...)
		m = &joined
		e.lost.Extra(dialect.MessagePath(e.p, i+n)+".", next.Extra, family)
	}
	return m, n
}

// answers reports whether a message of the user holds results.
func answers(m *llm.Message) bool {
	return m.Role == llm.User && slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind == llm.PartResult })
}

// message writes one message of text and media.
func (e *requestWriter) message(list *dialect.List, i int, m *llm.Message, parts []llm.Part) {
	var w dialect.Writer
	w.Text("role", string(m.Role))
	if content := e.content(i, m, parts); content != nil {
		w.Raw("content", content)
	}
	w.Some("name", m.Name)
	w.Extra(m.Extra, family)
	list.Add(w.Object())
}

// user writes the results of a turn first, each as a message of its own, then
// what is left: a result must follow the calls at once.
func (e *requestWriter) user(list *dialect.List, i int, m *llm.Message) {
	var rest []llm.Part
	for j := range m.Parts {
		if m.Parts[j].Kind != llm.PartResult {
			rest = append(rest, m.Parts[j])
		}
	}
	results := len(m.Parts) - len(rest)
	var shown []llm.Part // what a tool message cannot hold
	for j := range m.Parts {
		if p := &m.Parts[j]; p.Kind == llm.PartResult {
			shown = append(shown, e.result(list, i, j, m)...)
		}
	}
	if rest = append(shown, rest...); len(rest) > 0 || results == 0 {
		plain := *m
		if results > 0 {
			plain.Extra = llm.Extra{}
		}
		e.message(list, i, &plain, rest)
	}
}

// result writes one result and returns the media in it, with a line that says
// which call they belong to (conversation 27 of the vocabulary).
func (e *requestWriter) result(list *dialect.List, i, j int, m *llm.Message) (media []llm.Part) {
	r := m.Parts[j].Result
	var texts []llm.Part
	for _, p := range r.Parts {
		if p.Kind == llm.PartMedia && p.Media.Text == "" {
			media = append(media, p)
		} else {
			texts = append(texts, p)
		}
	}
	if r.IsError != nil && *r.IsError {
		e.lost.Add("%s.is_error", dialect.PartPath(e.p, i, j))
	}
	if len(media) > 0 {
		media = append([]llm.Part{{Text: "Result of the tool call " + r.CallID + ":"}}, media...)
	}
	var w dialect.Writer
	if isSpelt(m.Extra, legacyRole) {
		w.Text("role", legacyRole)
		w.Text("name", r.Name)
	} else {
		w.Text("role", "tool")
		w.Text("tool_call_id", r.CallID)
	}
	if content := e.content(i, m, texts); content != nil {
		w.Raw("content", content)
	} else if !e.native() {
		w.Text("content", "")
	}
	w.Some("name", m.Name)
	w.Extra(m.Extra, family)
	list.Add(w.Object())
	return media
}

// assistant writes a model's turn: text, then calls, whatever stood between.
func (e *requestWriter) assistant(list *dialect.List, i int, m *llm.Message) {
	var w dialect.Writer
	w.Text("role", "assistant")
	t := e.turn(i, m)
	if e.err == nil && t.empty() && len(m.Parts) > 0 {
		return // only foreign thinking or the vendor's own calls were in it
	}
	switch {
	case !t.blocks.Empty():
	case len(t.text) > 0:
		w.Raw("content", e.content(i, m, t.text))
	case !e.native() && !t.calls.Empty():
		w.Null("content")
	}
	w.Some(t.thinkingName, t.thinking)
	w.Some("refusal", t.refusal)
	w.Raw("function_call", t.legacy)
	if !t.calls.Empty() {
		w.Raw("tool_calls", t.calls.Array())
	}
	if !t.blocks.Empty() {
		w.Raw("content_blocks", t.blocks.Array())
	}
	w.Some("name", m.Name)
	w.Extra(m.Extra, family)
	list.Add(w.Object())
}

// turn is an assistant message taken apart into the slots of this dialect.
type turn struct {
	text                            []llm.Part
	thinking, thinkingName, refusal string
	calls, blocks                   dialect.List
	legacy                          jsonx.Value
}

func (t *turn) empty() bool {
	return len(t.text) == 0 && t.thinking == "" && t.refusal == "" && t.calls.Empty() && t.blocks.Empty() && t.legacy == nil
}

func (e *requestWriter) turn(i int, m *llm.Message) *turn {
	t := &turn{}
	ordered := true // no text after a call so far
	for j := range m.Parts {
		p := &m.Parts[j]
		at := dialect.PartPath(e.p, i, j)
		switch {
		case p.Kind == llm.PartThinking:
			e.thinking(t, m, p, at)
		case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
			writeCall(t, e.functionCall(p.Call))
		case p.Kind == llm.PartCall, p.Kind == llm.PartResult:
			e.lost.Add("%s:%s", at, p.Label) // the vendor's own, done with
		case p.Kind == llm.PartRefusal && p.Label != refusalPart:
			t.refusal += p.Text
		default:
			if ordered = ordered && t.calls.Empty(); !ordered {
				e.lost.Add("%s:order", at)
				ordered = true
			}
			t.text = append(t.text, *p)
		}
	}
	return t
}

// thinking has a place here only when it came from one.
func (e *requestWriter) thinking(t *turn, m *llm.Message, p *llm.Part, at string) {
	switch {
	case !e.native() || p.Label == "":
		e.lost.Add("%s:thinking", at)
	case p.Label == pieces:
		t.text = append(t.text, *p)
	case p.Label != "thinking":
		t.thinking, t.thinkingName = p.Text, p.Label
	case t.blocks.Empty(): // the whole turn was read from there
		contentBlocks(&t.blocks, m)
	}
}

// argumentsOf is the text of a call's arguments. What was an object elsewhere
// is printed as the incumbent prints it, without spaces.
func argumentsOf(c *llm.Call) string {
	if v := jsonx.Value(c.Args); c.Object && v.Compact() == nil {
		return string(v)
	}
	return c.Args
}

// functionCall is a call of a tool that takes plain text, as a function's: most
// hosts know no other, and the tool was defined as one for them.
func (e *requestWriter) functionCall(c *llm.Call) *llm.Call {
	if e.native() {
		return c
	}
	return dialect.Wrap(c)
}

func writeCall(t *turn, c *llm.Call) {
	var f, o dialect.Writer
	args := argumentsOf(c)
	f.Text("name", c.Name)
	if c.Label == legacyChoice {
		f.Text("arguments", args)
		t.legacy = f.Object()
		return
	}
	o.Text("id", c.ID)
	if c.FreeForm {
		f.Text("input", c.Args)
		o.Text("type", "custom")
		o.Raw("custom", f.Object())
	} else {
		f.Text("arguments", args)
		f.Extra(c.Function, family)
		o.Text("type", "function")
		o.Raw("function", f.Object())
	}
	o.Extra(c.Extra, family)
	t.calls.Add(o.Object())
}

// content writes parts: a string where that says the same, nil for nothing.
func (e *requestWriter) content(i int, m *llm.Message, parts []llm.Part) jsonx.Value {
	if len(parts) == 0 {
		return nil
	}
	if text, ok := e.plain(m, parts); ok {
		return jsonx.Quote(text)
	}
	var list dialect.List
	for j := range parts {
		list.Add(e.part(i, m, &parts[j]))
	}
	return list.Array()
}

// plain joins parts of nothing but text. A model's text is joined without a
// gap: other dialects cut sentences at the borders of citations.
func (e *requestWriter) plain(m *llm.Message, parts []llm.Part) (string, bool) {
	if len(parts) > 1 && (e.native() || m.Role != llm.Assistant) {
		return "", false
	}
	for j := range parts {
		p := &parts[j]
		if p.Kind != llm.PartText || len(p.Extra.Fields) > 0 && p.Extra.Family == family || p.Cache != nil && e.native() {
			return "", false
		}
	}
	if len(parts) == 1 {
		return parts[0].Text, true
	}
	var all strings.Builder
	for j := range parts {
		all.WriteString(parts[j].Text)
	}
	return all.String(), true
}

func (e *requestWriter) part(i int, m *llm.Message, p *llm.Part) jsonx.Value {
	var w dialect.Writer
	at := dialect.MessagePath(e.p, i) + ".content"
	switch p.Kind {
	case llm.PartText:
		w.Text("type", "text")
		w.Text("text", p.Text)
	case llm.PartRefusal:
		w.Text("type", "refusal")
		w.Text("refusal", p.Text)
	case llm.PartThinking: // in pieces, which are among the members
		w.Text("type", "thinking")
	case llm.PartMedia:
		e.media(&w, at, p.Media)
	case llm.PartOpaque:
		if p.Extra.Family == family {
			return p.Raw
		}
		e.refuse(at, "%s cannot be carried over to this provider", p.Label)
	default:
		e.refuse(at, "%s is not allowed in a message of role %s", p.Kind, m.Role)
	}
	writeCache(&w, p.Cache, e.native())
	w.Extra(p.Extra, family)
	e.lost.Extra(at+".", p.Extra, family)
	return w.Object()
}
