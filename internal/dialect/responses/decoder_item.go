package responses

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/llm"
)

// inItem is an item under way.
type inItem struct {
	index  int64
	about  llm.Message // what is known of it, without parts
	raw    bool        // it comes whole, at its end
	done   bool
	parts  []*inPart
	shaped bool // about is filled
}

// partKey finds a part of an item: its summary and its content are counted
// apart.
type partKey struct {
	list  listName
	index int64
}

type listName uint8

const (
	contentList listName = iota
	summaryList
)

// inPart is a part under way.
type inPart struct {
	number int
	key    partKey
	kind   llm.PartKind
	raw    bool            // of no kind another dialect knows
	text   strings.Builder // what came, to see what is missing at the end
	cites  int
	open   bool
}

// piece says what an event about a part carries, and in which member.
type piece struct {
	part  llm.PartKind
	label string
	list  listName
	index string
	field string
	whole bool
}

var pieces = map[string]piece{
	"response.content_part.added":            {index: "content_index", whole: true},
	"response.content_part.done":             {index: "content_index", whole: true},
	"response.output_text.delta":             {label: outputText, index: "content_index", field: "delta"},
	"response.output_text.done":              {label: outputText, index: "content_index", field: "text"},
	"response.output_text.annotation.added":  {label: outputText, index: "content_index", field: "annotation"},
	"response.refusal.delta":                 {part: llm.PartRefusal, label: refusalType, index: "content_index", field: "delta"},
	"response.refusal.done":                  {part: llm.PartRefusal, label: refusalType, index: "content_index", field: "refusal"},
	"response.reasoning_text.delta":          {part: llm.PartThinking, label: reasoningText, index: "content_index", field: "delta"},
	"response.reasoning_text.done":           {part: llm.PartThinking, label: reasoningText, index: "content_index", field: "text"},
	"response.reasoning_summary_text.delta":  {part: llm.PartThinking, label: summaryText, list: summaryList, index: "summary_index", field: "delta"},
	"response.reasoning_summary_text.done":   {part: llm.PartThinking, label: summaryText, list: summaryList, index: "summary_index", field: "text"},
	"response.function_call_arguments.delta": {part: llm.PartCall, field: "delta"},
	"response.function_call_arguments.done":  {part: llm.PartCall, field: "arguments"},
	"response.custom_tool_call_input.delta":  {part: llm.PartCall, field: "delta"},
	"response.custom_tool_call_input.done":   {part: llm.PartCall, field: "input"},
}

func (d *decoder) find(index int64) *inItem {
	for _, i := range d.items {
		if i.index == index {
			return i
		}
	}
	return nil
}

func (d *decoder) item(index int64) *inItem {
	if i := d.find(index); i != nil {
		return i
	}
	i := &inItem{index: index}
	d.items = append(d.items, i)
	return i
}

// added reads what is known of an item at its begin. Calls, and what comes
// whole, are parts at once; the others wait for their parts.
func (d *decoder) added(i *inItem, r *dialect.Reader) {
	if i.shaped || i.done {
		return
	}
	m := readItem(r)
	d.shape(i, &m)
	if len(m.Parts) != 1 {
		return
	}
	p := m.Parts[0]
	i.raw = p.Raw != nil
	switch {
	case i.raw:
		d.open(i, partKey{}, p)
	case p.Kind == llm.PartCall:
		args := p.Call.Args
		p.Call.Args = ""
		d.rest(d.open(i, partKey{}, p), args)
	}
}

// shape remembers what an item is. It is finished unless its end says not so.
func (d *decoder) shape(i *inItem, m *llm.Message) {
	i.shaped = true
	i.about = *m
	i.about.Parts = nil
	if i.about.Status == statusInProgress {
		i.about.Status = statusCompleted
	}
}

// say makes the item's message the last one of the reply.
func (d *decoder) say(i *inItem) {
	if d.current == i {
		return
	}
	d.current = i
	if !i.shaped { // a host that leaves the begins of items out
		i.about.Role = llm.Assistant
	}
	d.emit(llm.Event{Kind: llm.EventMessage, Message: i.about})
}

func (i *inItem) part(key partKey) *inPart {
	for _, p := range i.parts {
		if p.key == key {
			return p
		}
	}
	return nil
}

// open finds a part, or opens it.
func (d *decoder) open(i *inItem, key partKey, shell llm.Part) *inPart {
	if p := i.part(key); p != nil {
		return p
	}
	if shell.Kind == llm.PartThinking { // kept open for the seal, if it was the last
		d.closeAll(i)
	}
	d.say(i)
	p := &inPart{number: d.next, key: key, kind: shell.Kind, raw: shell.Raw != nil, open: true}
	d.next++
	i.parts = append(i.parts, p)
	d.calls = d.calls || shell.Kind == llm.PartCall && shell.Call.By == llm.ByClient
	d.refused = d.refused || shell.Kind == llm.PartRefusal
	d.emit(llm.Event{Kind: llm.EventOpen, Part: p.number, Shell: &shell})
	return p
}

func (d *decoder) delta(p *inPart, text string) {
	if text == "" || !p.open {
		return
	}
	p.text.WriteString(text)
	e := llm.Event{Kind: llm.EventDelta, Part: p.number, Text: text}
	if p.kind == llm.PartCall {
		e.Field = llm.DeltaArgs
	}
	d.emit(e)
}

// rest is the end of a text that is given whole, as far as it has not come yet.
func (d *decoder) rest(p *inPart, whole string) {
	if more, ok := strings.CutPrefix(whole, p.text.String()); ok {
		d.delta(p, more)
	}
}

// close ends a part. Where the end says another text than what came before,
// what came stands: a client has read it already.
func (d *decoder) close(p *inPart, final *llm.Part) {
	if !p.open {
		return
	}
	if final != nil && (final.Kind != p.kind || (final.Raw != nil) != p.raw) {
		final = nil // it ends as something else: what came stands
	}
	if final != nil && final.Raw == nil {
		c := final.Clone()
		if final = &c; c.Call != nil {
			c.Call.Args = p.text.String()
		} else {
			c.Text = p.text.String()
		}
	}
	p.open = false
	d.emit(llm.Event{Kind: llm.EventClose, Part: p.number, Shell: final})
}

func (d *decoder) closeAll(i *inItem) {
	for _, p := range i.parts {
		d.close(p, nil)
	}
}

// itemDone reads the item as it is at its end: the only place of sealed
// thinking and of what the vendor's own tools have found.
func (d *decoder) itemDone(i *inItem, r *dialect.Reader) {
	if i.done {
		return
	}
	m := readItem(r)
	if !i.shaped {
		d.shape(i, &m)
	}
	var counts [2]int64
	for j := range m.Parts {
		p := &m.Parts[j]
		key := partKey{}
		if p.Label == summaryText {
			key.list = summaryList
		}
		key.index = counts[key.list]
		counts[key.list]++
		d.final(i, key, p)
	}
	d.closeAll(i)
	i.done = true
	d.note(i, &m)
}

// final ends a part with what the item's end says of it.
func (d *decoder) final(i *inItem, key partKey, p *llm.Part) {
	if p.Kind == llm.PartThinking && !thought(p) && len(i.parts) > 0 { // only a seal is left
		last := i.parts[len(i.parts)-1]
		if last.open && p.Seal != nil {
			d.emit(llm.Event{Kind: llm.EventDelta, Part: last.number, Field: llm.DeltaSeal, Seal: p.Seal})
		}
		return
	}
	shell := p.Clone()
	shell.Text, shell.Cites, shell.Seal = "", nil, nil
	if shell.Call != nil && p.Raw == nil {
		shell.Call.Args = ""
	}
	o := d.open(i, key, shell)
	if !o.open {
		return
	}
	switch {
	case p.Raw != nil, p.Kind != o.kind, o.raw:
	case p.Call != nil:
		d.rest(o, p.Call.Args)
	default:
		d.rest(o, p.Text)
	}
	for n := o.cites; n < len(p.Cites); n++ {
		d.emit(llm.Event{Kind: llm.EventDelta, Part: o.number, Field: llm.DeltaCite, Cite: &p.Cites[n]})
	}
	if p.Seal != nil {
		d.emit(llm.Event{Kind: llm.EventDelta, Part: o.number, Field: llm.DeltaSeal, Seal: p.Seal})
	}
	d.close(o, p)
}

// note tells what only the end of an item said about it as a whole.
func (d *decoder) note(i *inItem, m *llm.Message) {
	if len(i.parts) == 0 {
		d.say(i)
	}
	if d.current != i { // only the last message can still be told about
		return
	}
	e := llm.Event{Kind: llm.EventNote}
	some := len(m.Extra.Fields) > 0
	e.Message.Extra = m.Extra
	if m.Status != i.about.Status {
		e.Message.Status, some = m.Status, true
	}
	if m.Phase != i.about.Phase {
		e.Message.Phase, some = m.Phase, true
	}
	if some {
		d.emit(e)
	}
}
