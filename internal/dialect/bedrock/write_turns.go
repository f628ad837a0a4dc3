package bedrock

import (
	"strconv"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// jsonLine asks for what this dialect has no word for.
const jsonLine = "Answer with one valid JSON object and nothing else: no text around it and no code fence."

// filler stands where the vendor wants a text and there is none. It takes no
// blank ones.
const filler = "."

// turn is one message under construction. What this dialect is strict about:
// roles alternate, and the next turn has the results of all calls.
type turn struct {
	role    llm.Role
	calls   []string // ids of the client's calls in it, in order
	results []result
	blocks  []block
}

type result struct {
	id string
	block
}

// block is a part of a turn, with its name.
type block struct {
	part *llm.Part
	at   string
}

// conversation writes the instructions and the turns.
func (e *requestWriter) conversation() (system, messages jsonx.Value) {
	if e.native() {
		return e.repeat()
	}
	lead := 0
	var first []block
	for ; lead < len(e.p.Messages) && e.p.Messages[lead].Role.Instructs(); lead++ {
		e.instructions(&first, lead)
	}
	if e.p.Output.JSON {
		first = append(first, block{part: &llm.Part{Text: jsonLine}})
	}
	turns := e.turns(lead)
	e.pair(turns)
	turns = e.ends(turns, len(first) > 0)
	e.automatic(turns)
	if len(first) > 0 {
		system = e.blocks(first)
	}
	var list dialect.List
	for i := range turns {
		list.Add(e.turn(&turns[i]))
	}
	return system, list.Array()
}

// repeat writes a prompt of this dialect as it was.
func (e *requestWriter) repeat() (system, messages jsonx.Value) {
	var list dialect.List
	for i := range e.p.Messages {
		m := &e.p.Messages[i]
		var all []block
		for j := range m.Parts {
			all = append(all, block{part: &m.Parts[j], at: dialect.PartPath(e.p, i, j)})
		}
		if i == 0 && e.p.Slot {
			system = e.blocks(all)
			continue
		}
		var w dialect.Writer
		w.Text("role", string(m.Role))
		w.Raw("content", e.blocks(all))
		w.Extra(m.Extra, family)
		list.Add(w.Object())
	}
	return system, list.Array()
}

// blocks writes parts with their cache marks. The vendor takes no mark right
// behind a document or a video, so that a line end stands between them.
func (e *requestWriter) blocks(all []block) jsonx.Value {
	var list dialect.List
	for _, b := range all {
		list.Add(e.block(b.part, b.at))
		takes := e.card.marks != noMarks && b.part.Kind != llm.PartThinking
		if m := b.part.Media; m != nil && m.Kind != llm.Image && b.part.Cache != nil && takes && e.marks == 0 && !e.native() {
			list.Add(jsonx.Value(`{"text":"\n"}`))
		}
		e.mark(&list, b.at, b.part.Cache, takes)
	}
	return list.Array()
}

// automatic puts the mark of a client that leaves the place to its vendor on
// the last part.
func (e *requestWriter) automatic(turns []turn) {
	if e.p.Cache == nil || len(turns) == 0 {
		return
	}
	t := &turns[len(turns)-1]
	last := &block{}
	switch {
	case len(t.blocks) > 0:
		last = &t.blocks[len(t.blocks)-1]
	case len(t.results) > 0:
		last = &t.results[len(t.results)-1].block
	default:
		return
	}
	if last.part.Cache == nil {
		p := *last.part
		p.Cache = e.p.Cache
		last.part = &p
	}
}

// instructions adds the texts of a message that instructs; blank ones are
// refused by the vendor.
func (e *requestWriter) instructions(to *[]block, i int) {
	m := &e.p.Messages[i]
	e.besides(i, m)
	for j := range m.Parts {
		p, at := &m.Parts[j], dialect.PartPath(e.p, i, j)
		if p.Kind != llm.PartText {
			e.refuse(at, "instructions for this provider must be text")
			continue
		}
		if strings.TrimSpace(p.Text) != "" {
			*to = append(*to, block{part: p, at: at})
		}
	}
}

// besides reports what a message has that this dialect has no place for.
func (e *requestWriter) besides(i int, m *llm.Message) {
	at := dialect.MessagePath(e.p, i)
	e.lost.Extra(at+".", m.Extra, family)
	if m.Name != "" {
		e.lost.Add("%s.name", at)
	}
}

// turns joins messages of one role, for the vendor wants roles to alternate.
func (e *requestWriter) turns(from int) []turn {
	var turns []turn
	for i := from; i < len(e.p.Messages); i++ {
		m := &e.p.Messages[i]
		if m.Role.Instructs() {
			turns = e.interjection(turns, i)
			continue
		}
		e.besides(i, m)
		t := turn{role: m.Role}
		for j := range m.Parts {
			e.add(&t, &m.Parts[j], dialect.PartPath(e.p, i, j))
		}
		if len(t.blocks) == 0 && len(t.results) == 0 {
			if i == len(e.p.Messages)-1 {
				e.refuse(dialect.MessagePath(e.p, i), "nothing of this message can be carried over to this provider")
			}
			continue
		}
		turns = join(turns, t)
	}
	return turns
}

// add puts a part of another dialect's message into a turn.
func (e *requestWriter) add(t *turn, p *llm.Part, at string) {
	b := block{part: p, at: at}
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if strings.TrimSpace(p.Text) == "" {
			t.hand(p.Cache)
			return
		}
	case llm.PartThinking:
		if !e.proven(p) {
			e.lost.Add("%s:thinking", at)
			return
		}
	case llm.PartCall:
		if p.Call.By != llm.ByClient {
			e.lost.Add("%s:%s", at, p.Label)
			return
		}
		t.calls = append(t.calls, e.id(p.Call.ID))
	case llm.PartResult:
		if p.Result.By != llm.ByClient {
			e.lost.Add("%s:%s", at, p.Label)
			return
		}
		t.results = append(t.results, result{id: e.id(p.Result.CallID), block: b})
		return
	}
	t.blocks = append(t.blocks, b)
}

// hand gives the mark of a blank text, which is left out, to the block before
// it.
func (t *turn) hand(m *llm.CacheMark) {
	n := len(t.blocks)
	if m == nil || n == 0 || t.blocks[n-1].part.Cache != nil {
		return
	}
	p := *t.blocks[n-1].part
	p.Cache = m
	t.blocks[n-1].part = &p
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
// stay where they are, as the user's words in a tag: moved to the front they
// would change what was said before them, and every cached prefix with it.
func (e *requestWriter) interjection(turns []turn, i int) []turn {
	var blocks []block
	e.instructions(&blocks, i)
	if len(blocks) == 0 {
		return turns
	}
	e.lost.Add("%s.role", dialect.MessagePath(e.p, i))
	for k, b := range blocks {
		p := *b.part
		p.Text = "<system>" + p.Text + "</system>"
		blocks[k].part = &p
	}
	return join(turns, turn{role: llm.User, blocks: blocks})
}

// turn writes a message. A document needs a text beside it.
func (e *requestWriter) turn(t *turn) jsonx.Value {
	var all []block
	document, text := false, false
	for _, r := range t.results {
		all = append(all, r.block)
	}
	for _, b := range t.blocks {
		document = document || b.part.Media != nil && (b.part.Media.Kind == llm.Document || b.part.Media.Type == "application/pdf")
		text = text || b.part.Kind == llm.PartText
	}
	if all = append(all, t.blocks...); document && !text {
		all = append(all, block{part: &llm.Part{Text: filler}})
	}
	var w dialect.Writer
	w.Text("role", string(t.role))
	w.Raw("content", e.blocks(all))
	return w.Object()
}

// name is the name of a document the way the vendor takes it: letters, digits,
// single spaces, hyphens, parentheses and brackets, and no name twice (Amazon
// Bedrock API, DocumentBlock). A client of this dialect may leave it out.
func (e *requestWriter) name(said string) string {
	if e.native() {
		return said
	}
	if dot := strings.LastIndexByte(said, '.'); dot > 0 && len(said)-dot <= 6 {
		said = said[:dot]
	}
	clean := strings.Join(strings.FieldsFunc(said, func(c rune) bool {
		return !alphanumeric(c) && !strings.ContainsRune("-()[]", c)
	}), " ")
	if len(clean) > 180 {
		clean = strings.TrimSpace(clean[:180])
	}
	if clean == "" {
		clean = "document"
	}
	name := clean
	for n := 2; e.names[name]; n++ {
		name = clean + "-" + strconv.Itoa(n)
	}
	e.names[name] = true
	return name
}
