package cohere

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func (e *requestWriter) messages() jsonx.Value {
	var list dialect.List
	begun := false // somebody but the instructions has spoken
	for i := 0; i < len(e.p.Messages); {
		m, n := e.run(i)
		switch {
		case m.Role == llm.Assistant:
			e.assistant(&list, i, m)
		case m.Role == llm.User:
			e.user(&list, i, m)
		case len(m.Parts) > 0 || e.native():
			e.instructions(&list, i, m, begun)
		}
		begun = begun || !m.Role.Instructs()
		i += n
	}
	if list.Empty() {
		e.refuse("messages", "must hold a message for this provider")
	}
	return list.Array()
}

// run is the message at i with the n-1 after it that are the same turn. Where
// a wire has items instead of turns, each call is a message of its own; here
// all calls of a turn stand together, and then all their results.
func (e *requestWriter) run(i int) (m *llm.Message, n int) {
	m = &e.p.Messages[i]
	e.besides(i, m)
	for n = 1; i+n < len(e.p.Messages) && !e.native(); n++ {
		next := &e.p.Messages[i+n]
		if m.Role != next.Role || m.Role != llm.Assistant && (!answers(m) || !answers(next)) {
			break
		}
		joined := *m
		joined.Parts = append(slices.Clone(m.Parts), next.Parts...)
		m = &joined
		e.besides(i+n, next)
	}
	return m, n
}

// answers reports whether a message of the user holds results.
func answers(m *llm.Message) bool {
	return m.Role == llm.User && slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind == llm.PartResult })
}

// besides reports what a message has that this dialect has no place for.
func (e *requestWriter) besides(i int, m *llm.Message) {
	at := dialect.MessagePath(e.p, i)
	e.lost.Extra(at+".", m.Extra, family)
	if m.Name != "" {
		e.lost.Add("%s.name", at)
	}
}

// instructions stay where they are. In the middle of the talk they are the
// user's words in a tag: the vendor describes the role for its beginning only.
func (e *requestWriter) instructions(list *dialect.List, i int, m *llm.Message, begun bool) {
	if !begun || e.native() {
		e.message(list, m, llm.System, e.places(i, m.Parts))
		return
	}
	e.lost.Add("%s.role", dialect.MessagePath(e.p, i))
	tagged := slices.Clone(m.Parts)
	for j := range tagged {
		if tagged[j].Kind == llm.PartText {
			tagged[j].Text = "<system>" + tagged[j].Text + "</system>"
		}
	}
	e.message(list, m, llm.User, e.places(i, tagged))
}

// message writes one message of text and media.
func (e *requestWriter) message(list *dialect.List, m *llm.Message, role llm.Role, parts []placed) {
	var w dialect.Writer
	w.Text("role", string(role))
	if content := e.content(parts); content != nil {
		w.Raw("content", content)
	}
	w.Extra(m.Extra, family)
	list.Add(w.Object())
}

// user writes the results of a turn first, each as a message of its own, then
// what is left: a result must follow the calls at once.
func (e *requestWriter) user(list *dialect.List, i int, m *llm.Message) {
	var rest, shown []placed // shown: what a tool message cannot hold
	results := 0
	for _, p := range e.places(i, m.Parts) {
		switch {
		case p.Kind != llm.PartResult:
			rest = append(rest, p)
			continue
		case p.Result.By != llm.ByClient:
			e.lost.Add("%s:%s", p.at, p.Label)
		default:
			shown = append(shown, e.result(list, p, m)...)
		}
		results++
	}
	if rest = append(shown, rest...); len(rest) > 0 || results == 0 {
		plain := *m
		if results > 0 {
			plain.Extra = llm.Extra{}
		}
		e.message(list, &plain, llm.User, rest)
	}
}

// result writes one result and returns the media in it, with a line that says
// which call they belong to (conversation 27 of the vocabulary).
func (e *requestWriter) result(list *dialect.List, whole placed, m *llm.Message) (media []placed) {
	r := whole.Result
	var texts []placed
	for j := range r.Parts {
		p := placed{&r.Parts[j], fmt.Sprintf("%s.content[%d]", whole.at, j)}
		if p.Kind == llm.PartMedia && !readable(p.Media) {
			media = append(media, p)
		} else {
			texts = append(texts, p)
		}
	}
	if r.IsError != nil && *r.IsError {
		e.lost.Add("%s.is_error", whole.at)
	}
	if len(media) > 0 {
		media = append([]placed{{&llm.Part{Text: "Result of the tool call " + r.CallID + ":"}, whole.at}}, media...)
	}
	var w dialect.Writer
	w.Text("role", "tool")
	w.Text("tool_call_id", r.CallID)
	if content := e.content(texts); content != nil {
		w.Raw("content", content)
	} else if !e.native() {
		w.Text("content", "")
	}
	w.Extra(m.Extra, family)
	list.Add(w.Object())
	return media
}

// assistant writes a model's turn. With calls, its words are its plan: the
// vendor takes no content beside calls.
func (e *requestWriter) assistant(list *dialect.List, i int, m *llm.Message) {
	t := &turn{}
	for _, p := range e.places(i, m.Parts) {
		e.said(t, p)
		e.cites(&t.cites, p.Part, p.at)
	}
	if !t.calls.Empty() && !e.native() {
		t.plans, t.content = planned(t.content)
	}
	if len(m.Parts) > 0 && len(t.plans) == 0 && len(t.content) == 0 && t.calls.Empty() {
		return // only foreign thinking or the vendor's own calls were in it
	}
	var w dialect.Writer
	w.Text("role", "assistant")
	w.Some(plan, strings.Join(t.plans, ""))
	if v := e.content(t.content); v != nil {
		w.Raw("content", v)
	}
	if !t.calls.Empty() {
		w.Raw("tool_calls", t.calls.Array())
	}
	if !t.cites.Empty() {
		w.Raw("citations", t.cites.Array())
	}
	w.Extra(m.Extra, family)
	list.Add(w.Object())
}

// turn is an assistant message taken apart into the members it has here.
type turn struct {
	plans        []string
	content      []placed
	calls, cites dialect.List
}

// said puts a part of a model's turn where it belongs.
func (e *requestWriter) said(t *turn, p placed) {
	switch {
	case p.Kind == llm.PartThinking && (!e.native() || p.Seal != nil):
		e.lost.Add("%s:thinking", p.at)
	case p.Label == plan:
		t.plans = append(t.plans, p.Text)
	case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
		t.calls.Add(writeCall(dialect.Wrap(p.Call)))
	case p.Kind == llm.PartCall, p.Kind == llm.PartResult:
		e.lost.Add("%s:%s", p.at, p.Label) // the vendor's own, done with
	default:
		if !t.calls.Empty() && !e.native() {
			e.lost.Add("%s:order", p.at)
		}
		t.content = append(t.content, p)
	}
}

// planned takes the texts out of the content.
func planned(content []placed) (plans []string, rest []placed) {
	for _, p := range content {
		if p.Kind == llm.PartText || p.Kind == llm.PartRefusal {
			plans = append(plans, p.Text)
		} else {
			rest = append(rest, p)
		}
	}
	return plans, rest
}

// cites repeats the citations of this vendor's own making.
func (e *requestWriter) cites(to *dialect.List, p *llm.Part, at string) {
	for i := range p.Cites {
		if v := writeCite(&p.Cites[i]); v != nil {
			to.Add(v)
			continue
		}
		e.lost.Add("%s:citations", at)
		return
	}
}

// argumentsOf is the text of a call's arguments. What was an object elsewhere
// is printed without spaces, as this vendor prints it.
func argumentsOf(c *llm.Call) string {
	if v := jsonx.Value(c.Args); c.Object && v.Compact() == nil {
		return string(v)
	}
	return c.Args
}

func writeCall(c *llm.Call) jsonx.Value {
	var f, o dialect.Writer
	args := argumentsOf(c)
	if spelt(c.Function, noArguments) {
		args = noArguments
	}
	o.Text("id", c.ID)
	o.Text("type", "function")
	f.Text("name", c.Name)
	f.Text("arguments", args)
	f.Extra(c.Function, family)
	o.Raw("function", f.Object())
	o.Extra(c.Extra, family)
	return o.Object()
}
