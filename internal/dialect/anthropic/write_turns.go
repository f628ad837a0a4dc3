package anthropic

import (
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// jsonLine asks for what this dialect has no word for.
const jsonLine = "Answer with one valid JSON object and nothing else: no text around it and no code fence."

// turn is one message under construction. What this dialect is strict about:
// roles alternate, results of all calls come first in the next turn.
type turn struct {
	role    llm.Role
	calls   []string // ids of the client's calls in it, in order
	results []result
	blocks  []block
}

type result struct {
	id   string
	at   dialect.Place
	text jsonx.Value
}

// block is a finished block, or a text that may still be trimmed.
type block struct {
	raw  jsonx.Value
	part *llm.Part
	at   dialect.Place
}

// conversation writes the instructions and the turns.
func (e *requestWriter) conversation(w *dialect.Writer) {
	if e.native() {
		system, messages := e.repeat()
		w.Raw("system", system)
		w.Raw("messages", messages)
		return
	}
	lead := 0
	var first []block
	for ; lead < len(e.p.Messages) && e.p.Messages[lead].Role.Instructs(); lead++ {
		e.instructions(&first, lead)
	}
	w.Raw("system", e.system(first))
	turns := e.turns(lead)
	e.pair(turns)
	turns = e.ends(turns, lead > 0)
	list := w.BeginList("messages")
	for i := range turns {
		t := list.Begin()
		e.turn(&t, &turns[i])
		list.End(&t)
	}
	w.EndList(&list)
}

// repeat writes a prompt of this dialect as it was.
func (e *requestWriter) repeat() (system, messages jsonx.Value) {
	var list dialect.List
	for i := range e.p.Messages {
		m := &e.p.Messages[i]
		var blocks dialect.List
		for j := range m.Parts {
			blocks.Add(e.block(&m.Parts[j], dialect.PartAt(e.p, i, j)))
		}
		if i == 0 && e.p.Slot {
			system = blocks.Array()
			continue
		}
		var w dialect.Writer
		w.Text("role", string(m.Role))
		w.Raw("content", blocks.Array())
		w.Extra(m.Extra, family)
		list.Add(w.Object())
	}
	return system, list.Array()
}

// instructions adds the texts of a message that instructs; blank ones are
// refused by the vendor.
func (e *requestWriter) instructions(to *[]block, i int) {
	m := &e.p.Messages[i]
	e.besides(i, m)
	for j := range m.Parts {
		p, at := &m.Parts[j], dialect.PartAt(e.p, i, j)
		if p.Kind != llm.PartText {
			e.refuse(at.String(), "instructions for this provider must be text")
			continue
		}
		if strings.TrimSpace(p.Text) != "" {
			*to = append(*to, block{part: p, at: at})
		}
	}
}

// besides reports what a message has that this dialect has no place for.
func (e *requestWriter) besides(i int, m *llm.Message) {
	at := dialect.MessageAt(e.p, i)
	e.lost.Within(at, "", m.Extra, family)
	if m.Name != "" {
		e.lost.Add("%s.name", at)
	}
}

func (e *requestWriter) system(blocks []block) jsonx.Value {
	var list dialect.List
	ask := e.p.Output.JSON
	for i, b := range blocks {
		if ask && i == len(blocks)-1 {
			p := *b.part
			p.Text += "\n\n" + jsonLine
			b.part, ask = &p, false
		}
		list.Add(e.block(b.part, b.at))
	}
	if ask {
		list.Add(e.block(&llm.Part{Text: jsonLine}, dialect.Place{}))
	}
	if list.Empty() {
		return nil
	}
	return list.Array()
}

// turns joins messages of one role, for the vendor wants roles to alternate.
func (e *requestWriter) turns(from int) []turn {
	turns := make([]turn, 0, len(e.p.Messages)-from+1)
	room := make([]block, 0, 4) // for the first turns: most have one block
	for i := from; i < len(e.p.Messages); i++ {
		m := &e.p.Messages[i]
		if m.Role.Instructs() {
			turns = e.interjection(turns, i)
			continue
		}
		e.besides(i, m)
		t := turn{role: m.Role}
		if len(m.Parts) == 1 && len(room) < cap(room) {
			room = room[:len(room)+1]
			t.blocks = room[len(room)-1 : len(room)-1 : len(room)]
		}
		for j := range m.Parts {
			e.add(&t, &m.Parts[j], dialect.PartAt(e.p, i, j))
		}
		if len(t.blocks) == 0 && len(t.results) == 0 {
			if i == len(e.p.Messages)-1 {
				e.refuse(dialect.MessageAt(e.p, i).String(), "nothing of this message can be carried over to this provider")
			}
			continue
		}
		turns = join(turns, t)
	}
	return turns
}

func join(turns []turn, t turn) []turn {
	if n := len(turns); n > 0 && turns[n-1].role == t.role {
		last := &turns[n-1]
		last.calls = append(last.calls, t.calls...)
		last.results = append(last.results, t.results...)
		last.blocks = append(last.blocks, t.blocks...)
		return turns
	}
	return append(turns, t)
}

// interjection writes instructions that come in the middle of the talk. They
// stay where they are: moved to the front they would change what was said
// before them, and every cached prefix with it. Models that know no such role
// read them as the user's words in a tag.
func (e *requestWriter) interjection(turns []turn, i int) []turn {
	var blocks []block
	e.instructions(&blocks, i)
	if len(blocks) == 0 {
		return turns
	}
	after := i+1 == len(e.p.Messages) || e.p.Messages[i+1].Role == llm.Assistant
	if n := len(turns); e.card.midSystem && after && n > 0 && turns[n-1].role == llm.User {
		return append(turns, turn{role: llm.System, blocks: blocks})
	}
	e.lost.Add("%s.role", dialect.MessageAt(e.p, i))
	for k, b := range blocks {
		p := *b.part
		p.Text = "<system>" + p.Text + "</system>"
		blocks[k].part = &p
	}
	return join(turns, turn{role: llm.User, blocks: blocks})
}

// pair gives every call its result in the turn that follows, in the order of
// the calls.
func (e *requestWriter) pair(turns []turn) {
	for i := range turns {
		t := &turns[i]
		var asked []string
		if i > 0 {
			asked = turns[i-1].calls
		}
		var sorted []result
		for _, id := range asked {
			at := slices.IndexFunc(t.results, func(r result) bool { return r.id == id })
			if t.role != llm.User || at < 0 {
				continue
			}
			sorted = append(sorted, t.results[at])
			t.results = slices.Delete(t.results, at, at+1)
		}
		for _, r := range t.results {
			e.refuse(r.at.String(), "there is no call right before this result that it could belong to")
		}
		t.results = sorted
	}
}

// ends makes the first turn the user's, gives unanswered calls a result and
// looks whether the model takes a last turn that is its own. A prompt of
// nothing but instructions gets a turn too.
func (e *requestWriter) ends(turns []turn, instructed bool) []turn {
	switch {
	case len(turns) == 0 && !instructed:
		e.refuse("messages", "must hold a message of the user")
	case len(turns) == 0, turns[0].role != llm.User:
		turns = slices.Insert(turns, 0, turn{role: llm.User, blocks: []block{{part: &llm.Part{Text: " "}}}})
	}
	for i := 0; i < len(turns); i++ {
		if len(turns[i].calls) == 0 {
			continue
		}
		if i+1 == len(turns) || turns[i+1].role != llm.User {
			turns = slices.Insert(turns, i+1, turn{role: llm.User})
		}
		e.complete(&turns[i+1], turns[i].calls)
	}
	n := len(turns)
	if n > 0 && turns[n-1].role == llm.Assistant {
		if e.card.rejectsPrefill() {
			e.refuse("messages", "the model %s does not continue an answer: the last message must be the user's", e.p.Model)
		}
		e.trim(&turns[n-1])
	}
	return turns
}

// complete adds results for calls that have none: the client gave up on them,
// and without a result the vendor refuses the whole conversation.
func (e *requestWriter) complete(t *turn, calls []string) {
	var all []result
	for _, id := range calls {
		at := slices.IndexFunc(t.results, func(r result) bool { return r.id == id })
		if at >= 0 {
			all = append(all, t.results[at])
			continue
		}
		yes := true
		r := &llm.Result{CallID: id, IsError: &yes, Parts: []llm.Part{{Text: "no result given"}}}
		all = append(all, result{id: id, text: e.block(&llm.Part{Kind: llm.PartResult, Result: r}, dialect.Place{})})
		e.lost.Add("tool_calls:%s:result", id)
	}
	t.results = all
}

// trim cuts the white space at the end of a last turn that the model is to
// continue; the vendor refuses it.
func (e *requestWriter) trim(t *turn) {
	if len(t.blocks) == 0 {
		return
	}
	last := &t.blocks[len(t.blocks)-1]
	if last.part == nil || last.part.Kind != llm.PartText {
		return
	}
	p := *last.part
	p.Text = strings.TrimRight(p.Text, " \t\r\n")
	last.part = &p
}

func (e *requestWriter) turn(w *dialect.Writer, t *turn) {
	w.Text("role", string(t.role))
	if only := t.only(); only != nil {
		w.Text("content", only.part.Text)
		e.lost.Within(only.at, "", only.part.Extra, family)
		return
	}
	list := w.BeginList("content")
	for _, r := range t.results {
		list.Add(r.text)
	}
	for _, b := range t.blocks {
		if b.part != nil {
			b.raw = e.block(b.part, b.at)
		}
		list.Add(b.raw)
	}
	w.EndList(&list)
}

// only is the text of a user's turn that is nothing else; nil where there is more.
func (t *turn) only() *block {
	if t.role != llm.User || len(t.results) > 0 || len(t.blocks) != 1 {
		return nil
	}
	p := t.blocks[0].part
	if p == nil || p.Kind != llm.PartText || p.Text == "" || p.Cache != nil || len(p.Cites) > 0 || p.Extra.Family == family {
		return nil
	}
	return &t.blocks[0]
}
