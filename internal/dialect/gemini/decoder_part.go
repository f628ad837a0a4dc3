package gemini

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// choiceState is one candidate under way.
type choiceState struct {
	index     int
	parts     partReader
	next      int // number of the next part
	open      int // the open part of text or thinking, -1: none
	kind      llm.PartKind
	sealed    bool // the open part has its proof
	text      strings.Builder
	streaming int // the call whose arguments come in pieces, -1: none
	args      tree
	calls     bool
	stopped   bool
}

func (d *decoder) part(c *choiceState, r *dialect.Reader) {
	if f := r.Peek("functionCall"); f != nil && !c.parts.dead && d.pieces(c, r, f) {
		return
	}
	p := c.parts.part(r)
	if p.Raw == nil && (p.Kind == llm.PartText || p.Kind == llm.PartThinking) && len(p.Extra.Fields) == 0 {
		if p.Text != "" || p.Seal != nil {
			d.words(c, &p)
		}
		return
	}
	d.closeText(c)
	d.closeCall(c)
	at, args := c.next, ""
	c.next++
	if p.Kind == llm.PartCall && p.Call.By == llm.ByClient {
		c.calls = true
		// It comes as text from here on, the same whether streamed or whole.
		args = compact(jsonx.Value(p.Call.Args))
		p.Call.Args, p.Call.Object = "", false
	}
	d.emit(llm.Event{Kind: llm.EventOpen, Choice: c.index, Part: at, Shell: &p})
	if args != "" {
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: at, Field: llm.DeltaArgs, Text: args})
	}
	d.emit(llm.Event{Kind: llm.EventClose, Choice: c.index, Part: at})
}

// words goes on with the open text, or closes it and opens another.
func (d *decoder) words(c *choiceState, p *llm.Part) {
	d.closeCall(c)
	if c.open < 0 || c.kind != p.Kind || c.sealed {
		d.closeText(c)
		c.open, c.kind = c.next, p.Kind
		c.next++
		d.emit(llm.Event{Kind: llm.EventOpen, Choice: c.index, Part: c.open, Shell: &llm.Part{Kind: p.Kind, Extra: p.Extra}})
	}
	if p.Text != "" {
		c.text.WriteString(p.Text)
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.open, Text: p.Text})
	}
	if p.Seal != nil {
		c.sealed = true
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.open, Field: llm.DeltaSeal, Seal: p.Seal})
	}
}

func (d *decoder) closeText(c *choiceState) {
	if c.open >= 0 {
		d.emit(llm.Event{Kind: llm.EventClose, Choice: c.index, Part: c.open})
		c.open, c.sealed = -1, false
		c.text.Reset()
	}
}

// cites puts citations on the answer's text, which they come with or behind.
func (d *decoder) cites(c *choiceState, all []cited) {
	if c.open < 0 || c.kind != llm.PartText {
		return
	}
	for _, one := range all {
		cite := one.in(c.text.String())
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.open, Field: llm.DeltaCite, Cite: &cite})
	}
}

// pieces reads a call whose arguments come in pieces: its first event has the
// name, those that follow have none, and the one that does not continue ends
// it. It reports whether this is such a call.
func (d *decoder) pieces(c *choiceState, r *dialect.Reader, f jsonx.Value) bool {
	goesOn, pieces := jsonx.IsTrue(jsonx.At(f, "willContinue")), jsonx.At(f, "partialArgs")
	name, named := jsonx.Text(jsonx.At(f, "name"))
	if !goesOn && pieces == nil && named {
		return false
	}
	if named {
		d.closeText(c)
		d.closeCall(c)
		d.openCall(c, r, f, name)
	}
	if c.streaming < 0 {
		return true // a piece of nothing
	}
	for v := range jsonx.Elements(pieces) {
		if err := c.args.patch(v); err != nil {
			r.Fail(r.Path("functionCall.partialArgs"), err.Error())
		}
	}
	if !goesOn {
		d.closeCall(c)
	}
	return true
}

func (d *decoder) openCall(c *choiceState, r *dialect.Reader, f jsonx.Value, name string) {
	c.parts.count++
	c.calls = true
	c.streaming, c.args = c.next, tree{}
	c.next++
	p := &llm.Part{Kind: llm.PartCall, Call: &llm.Call{Name: name}}
	if p.Call.ID, _ = jsonx.Text(jsonx.At(f, "id")); p.Call.ID == "" {
		p.Call.ID = madeID(c.parts.seed, c.parts.count, name)
		p.Call.Extra = llm.Extra{Family: family, Spelling: []string{"id:none"}}
	}
	if s := r.Text("thoughtSignature"); s != "" {
		p.Seal = &llm.Seal{Origin: origin, Kind: llm.Signature, Data: s}
	}
	d.emit(llm.Event{Kind: llm.EventOpen, Choice: c.index, Part: c.streaming, Shell: p})
}

// closeCall tells the arguments at once: pieces of them are no text that could
// be joined.
func (d *decoder) closeCall(c *choiceState) {
	if c.streaming < 0 {
		return
	}
	d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.streaming, Field: llm.DeltaArgs, Text: string(c.args.json())})
	d.emit(llm.Event{Kind: llm.EventClose, Choice: c.index, Part: c.streaming})
	c.streaming = -1
}
