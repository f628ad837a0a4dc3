package gemini

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// turn is one content under construction. Results come first in the turn that
// follows the calls, in their order: older hosts pair them by place.
type turn struct {
	role    llm.Role
	calls   []asked
	results []result
	parts   []jsonx.Value
	proven  bool // some call has the vendor's signature
	first   int  // place of the first call in parts, -1: none
	firstAt string
}

type asked struct{ id, name string }

type result struct {
	id    string
	at    string
	value jsonx.Value
	shown []jsonx.Value // media that the result itself cannot hold
}

var roleWords = map[llm.Role]string{llm.User: "user", llm.Assistant: "model", llm.System: "user"}

// conversation writes the instructions and the turns.
func (e *requestWriter) conversation() (system, contents jsonx.Value) {
	if e.native() {
		return e.repeat()
	}
	var first []jsonx.Value
	lead := 0
	for ; lead < len(e.p.Messages) && e.p.Messages[lead].Role.Instructs(); lead++ {
		first = append(first, e.instructions(lead, "", "")...)
	}
	turns := e.turns(lead)
	e.pair(turns)
	turns = e.ends(turns)
	if e.card.noSystem && len(turns) > 0 {
		turns[0].parts = append(first, turns[0].parts...)
		first = nil
	}
	if len(first) > 0 {
		var w dialect.Writer
		w.Raw("parts", listOf(first))
		system = w.Object()
	}
	var list dialect.List
	for i := range turns {
		list.Add(e.turn(&turns[i]))
	}
	return system, list.Array()
}

func listOf(parts []jsonx.Value) jsonx.Value {
	var l dialect.List
	for _, p := range parts {
		l.Add(p)
	}
	return l.Array()
}

// repeat writes a prompt of this dialect as it was.
func (e *requestWriter) repeat() (system, contents jsonx.Value) {
	var list dialect.List
	for i := range e.p.Messages {
		m := &e.p.Messages[i]
		var parts dialect.List
		for j := range m.Parts {
			parts.Add(e.part(&m.Parts[j], dialect.PartPath(e.p, i, j)))
		}
		var w dialect.Writer
		if word := roleOf(m); word != "" {
			w.Text("role", word)
		}
		if spellingOf(m.Extra).marked("parts:one") && len(m.Parts) == 1 {
			w.Raw("parts", jsonx.At(parts.Array(), "0"))
		} else {
			w.Raw("parts", parts.Array())
		}
		w.Extra(m.Extra, family)
		if i == 0 && e.p.Slot {
			system = w.Object()
			continue
		}
		list.Add(w.Object())
	}
	return system, list.Array()
}

// roleOf is the word a content of this dialect had for its role.
func roleOf(m *llm.Message) string {
	for _, s := range spellingOf(m.Extra) {
		if s == "role:none" {
			return ""
		}
		if len(s) > 5 && s[:5] == "role:" {
			return s[5:]
		}
	}
	return roleWords[m.Role]
}

// instructions are the texts of a message that instructs, put between before
// and after.
func (e *requestWriter) instructions(i int, before, after string) (parts []jsonx.Value) {
	m := &e.p.Messages[i]
	e.besides(i, m)
	for j := range m.Parts {
		p, at := m.Parts[j], dialect.PartPath(e.p, i, j)
		if p.Kind != llm.PartText {
			e.refuse(at, "instructions for this provider must be text")
			continue
		}
		if p.Text == "" {
			continue
		}
		p.Text = before + p.Text + after
		parts = append(parts, e.part(&p, at))
	}
	return parts
}

// besides reports what a message has that this dialect has no place for.
func (e *requestWriter) besides(i int, m *llm.Message) {
	at := dialect.MessagePath(e.p, i)
	e.lost.Extra(at+".", m.Extra, family)
	if m.Name != "" && !results(m) {
		e.lost.Add("%s.name", at)
	}
}

// results reports whether the message is nothing but results, whose names are
// known from their calls.
func results(m *llm.Message) bool {
	return !slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind != llm.PartResult })
}

// turns joins messages of one role.
func (e *requestWriter) turns(from int) []turn {
	var turns []turn
	names := make(map[string]string)
	for i := from; i < len(e.p.Messages); i++ {
		m := &e.p.Messages[i]
		t := turn{role: m.Role, first: -1}
		if m.Role.Instructs() && len(m.Parts) == 0 {
			continue
		}
		if m.Role.Instructs() {
			// Moved to the front it would change what was said before it, and
			// every cached prefix with it.
			t.role = llm.User
			t.parts = e.instructions(i, "<system>", "</system>")
			e.lost.Add("%s.role", dialect.MessagePath(e.p, i))
		} else {
			e.besides(i, m)
			for j := range m.Parts {
				e.add(&t, names, &m.Parts[j], dialect.PartPath(e.p, i, j))
			}
		}
		empty := len(t.parts) == 0 && len(t.results) == 0
		switch {
		case empty && silent(m) && m.Role == llm.User:
			t.parts = append(t.parts, e.part(&llm.Part{}, "")) // the vendor answers that too
		case empty && !silent(m) && i == len(e.p.Messages)-1:
			e.refuse(dialect.MessagePath(e.p, i), "nothing of this message can be carried over to this provider")
		}
		if len(t.parts) > 0 || len(t.results) > 0 {
			turns = merge(turns, t)
		}
	}
	return turns
}

// silent reports whether a message without a place for its parts says nothing:
// its texts are empty and there is nothing else.
func silent(m *llm.Message) bool {
	return !slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind != llm.PartText })
}

func merge(turns []turn, t turn) []turn {
	if n := len(turns); n > 0 && turns[n-1].role == t.role {
		last := &turns[n-1]
		if last.first < 0 && t.first >= 0 {
			last.first, last.firstAt = t.first+len(last.parts), t.firstAt
		}
		last.calls = append(last.calls, t.calls...)
		last.results = append(last.results, t.results...)
		last.parts = append(last.parts, t.parts...)
		last.proven = last.proven || t.proven
		return turns
	}
	return append(turns, t)
}

// add puts a part of another dialect's message into a turn.
func (e *requestWriter) add(t *turn, names map[string]string, p *llm.Part, at string) {
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if p.Text == "" && !sealed(p) {
			return
		}
		text := *p
		text.Kind = llm.PartText
		t.parts = append(t.parts, e.part(&text, at))
	case llm.PartThinking:
		if !sealed(p) {
			e.lost.Add("%s:thinking", at)
			return
		}
		t.parts = append(t.parts, e.part(p, at))
	case llm.PartCall:
		if p.Call.By != llm.ByClient {
			e.lost.Add("%s:%s", at, p.Label)
			return
		}
		if t.first < 0 {
			t.first, t.firstAt = len(t.parts), at
		}
		t.proven = t.proven || sealed(p)
		t.calls = append(t.calls, asked{id: p.Call.ID, name: p.Call.Name})
		names[p.Call.ID] = p.Call.Name
		t.parts = append(t.parts, e.part(p, at))
	case llm.PartResult:
		if p.Result.By != llm.ByClient {
			e.lost.Add("%s:%s", at, p.Label)
			return
		}
		t.results = append(t.results, e.answer(p.Result, names[p.Result.CallID], at))
	default:
		t.parts = append(t.parts, e.part(p, at))
	}
}

// sealed reports whether the vendor can check the part.
func sealed(p *llm.Part) bool { return p.Seal != nil && p.Seal.Origin == origin }

// pair gives every call its result in the turn that follows, in the order of
// the calls.
func (e *requestWriter) pair(turns []turn) {
	for i := range turns {
		t := &turns[i]
		var calls []asked
		if i > 0 {
			calls = turns[i-1].calls
		}
		var sorted []result
		for _, c := range calls {
			at := slices.IndexFunc(t.results, func(r result) bool { return r.id == c.id })
			if t.role != llm.User || at < 0 {
				continue
			}
			sorted = append(sorted, t.results[at])
			t.results = slices.Delete(t.results, at, at+1)
		}
		for _, r := range t.results {
			e.refuse(r.at, "there is no call right before this result that it could belong to")
		}
		t.results = sorted
	}
}

// skipProof stands for a signature that got lost on the way (Gemini API,
// thought signatures).
const skipProof = "skip_thought_signature_validator"

// ends makes the first turn the user's, gives unanswered calls a result and
// says of calls that have no proof that they have none.
func (e *requestWriter) ends(turns []turn) []turn {
	var out []turn
	if len(e.p.Messages) == 0 {
		e.refuse("messages", "must hold a message of the user")
	} else if len(turns) == 0 { // instructions alone
		out = append(out, turn{role: llm.User, parts: []jsonx.Value{e.part(&llm.Part{}, "")}, first: -1})
	} else if turns[0].role != llm.User {
		blank := e.part(&llm.Part{Text: " "}, "")
		out = append(out, turn{role: llm.User, parts: []jsonx.Value{blank}, first: -1})
	}
	for i := range turns {
		t := &turns[i]
		if t.first >= 0 && !t.proven && e.card.proofs {
			e.lost.Add("%s:signature", t.firstAt)
			t.parts[t.first] = withProof(t.parts[t.first])
		}
		out = append(out, *t)
		switch {
		case len(t.calls) == 0:
		case i+1 == len(turns) || turns[i+1].role != llm.User:
			out = append(out, turn{role: llm.User, first: -1})
			e.complete(&out[len(out)-1], t.calls)
		default:
			e.complete(&turns[i+1], t.calls)
		}
	}
	return out
}

func withProof(part jsonx.Value) jsonx.Value {
	o, err := jsonx.Parse(part)
	if err != nil {
		return part
	}
	o.Set("thoughtSignature", jsonx.Quote(skipProof))
	return o.Bytes()
}

// complete adds results for calls that have none: the vendor wants as many
// results as there were calls.
func (e *requestWriter) complete(t *turn, calls []asked) {
	var all []result
	for _, c := range calls {
		at := slices.IndexFunc(t.results, func(r result) bool { return r.id == c.id })
		if at >= 0 {
			all = append(all, t.results[at])
			t.results = slices.Delete(t.results, at, at+1)
			continue
		}
		yes := true
		r := &llm.Result{CallID: c.id, IsError: &yes, Parts: []llm.Part{{Text: "no result given"}}}
		all = append(all, e.answer(r, c.name, ""))
		e.lost.Add("tool_calls:%s:result", c.id)
	}
	t.results = all
}

func (e *requestWriter) turn(t *turn) jsonx.Value {
	var list dialect.List
	for _, r := range t.results {
		list.Add(r.value)
	}
	for _, r := range t.results {
		for _, v := range r.shown {
			list.Add(v)
		}
	}
	for _, p := range t.parts {
		list.Add(p)
	}
	var w dialect.Writer
	w.Text("role", roleWords[t.role])
	w.Raw("parts", list.Array())
	return w.Object()
}
