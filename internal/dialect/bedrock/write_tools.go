package bedrock

import (
	"fmt"
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// toolConfig writes the tools and how free the model is in calling them, nil
// for none.
func (e *requestWriter) toolConfig() jsonx.Value {
	mode := e.choiceMode()
	list := e.tools(mode)
	var c, outer dialect.Writer
	if !list.Empty() {
		c.Raw("tools", list.Array())
	}
	if e.native() {
		if e.p.Choice.Family == family {
			c.Raw("toolChoice", e.p.Choice.Raw)
		}
	} else if !list.Empty() {
		e.choice(&c, mode)
	}
	nest(&outer, "toolConfig", &c, e.p.Extra)
	return jsonx.At(outer.Object(), "toolConfig")
}

func (e *requestWriter) tools(mode llm.ChoiceMode) *dialect.List {
	var list dialect.List
	if mode == llm.ChoiceNone && !e.talkedOf() { // there is no such choice: without tools nothing can be called
		for i := range e.p.Tools {
			e.lost.Add("%s", dialect.ToolPath(&e.p.Tools[i], i))
		}
		return &list
	}
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		at := dialect.ToolPath(t, i)
		switch {
		case t.Builtin != "" && t.Extra.Family == family:
			var w dialect.Writer
			w.Extra(t.Extra, family)
			list.Add(w.Object())
		case t.Search:
			e.lost.Add("%s", at)
			continue
		case t.Builtin != "":
			e.refuse(at, "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
			continue
		case e.p.Choice.Mode == llm.ChoiceAllowed && !slices.Contains(e.p.Choice.Names, t.Name), e.only != "" && t.Name != e.only:
			e.lost.Add("%s", at) // this dialect cannot forbid some
			continue
		default:
			list.Add(e.tool(at, t))
		}
		e.mark(&list, at, t.Cache, e.card.marks == allMarks)
	}
	if list.Empty() && !e.native() {
		e.remembered(&list)
	}
	return &list
}

func (e *requestWriter) tool(at string, t *llm.Tool) jsonx.Value {
	var s, in, w dialect.Writer
	s.Text("name", t.Name)
	if t.HasDescription && (t.Description != "" || e.native()) {
		s.Text("description", t.Description)
	}
	in.Raw("json", e.schema(t.Schema))
	if !in.Empty() {
		s.Raw("inputSchema", in.Object())
	}
	switch {
	case e.native():
		s.Bool("strict", t.Strict)
	case t.Strict == nil || !*t.Strict: // the default
	case e.card.schemas:
		s.Bool("strict", t.Strict)
	default:
		e.lost.Add("%s.strict", at)
	}
	if !e.native() {
		e.lost.Deferred(at, t)
	}
	nest(&w, "toolSpec", &s, t.Extra)
	w.Extra(t.Extra, family)
	e.lost.Extra(at+".", t.Extra, family)
	e.lost.Extra(at+".function.", t.Function, family)
	return w.Object()
}

var (
	noArguments  = jsonx.Value(`{"type":"object","properties":{}}`)
	anyArguments = jsonx.Value(`{"type":"object"}`)
	objectWord   = jsonx.Value(`"object"`)
)

// schema is the schema of a tool's arguments, which must say that they are an
// object.
func (e *requestWriter) schema(v jsonx.Value) jsonx.Value {
	if e.native() {
		return v
	}
	o, err := jsonx.Parse(v)
	if v == nil || err != nil || o.Len() == 0 {
		return noArguments
	}
	if o.Get("type") == nil {
		o.Set("type", objectWord)
	}
	return o.Bytes()
}

// talkedOf reports whether there are calls or results in the talk: then the
// vendor wants to know the tools.
func (e *requestWriter) talkedOf() bool {
	for i := range e.p.Messages {
		for j := range e.p.Messages[i].Parts {
			p := &e.p.Messages[i].Parts[j]
			if p.Call != nil && p.Call.By == llm.ByClient || p.Result != nil && p.Result.By == llm.ByClient {
				return true
			}
		}
	}
	return false
}

// remembered defines the tools that are only talked of: the vendor refuses
// calls of tools it was not told of.
func (e *requestWriter) remembered(list *dialect.List) {
	var known []string
	for i := range e.p.Messages {
		for j := range e.p.Messages[i].Parts {
			c := e.p.Messages[i].Parts[j].Call
			if c == nil || c.By != llm.ByClient || slices.Contains(known, c.Name) {
				continue
			}
			known = append(known, c.Name)
			var s, in, w dialect.Writer
			s.Text("name", c.Name)
			in.Raw("json", anyArguments)
			s.Raw("inputSchema", in.Object())
			w.Raw("toolSpec", s.Object())
			list.Add(w.Object())
		}
	}
}

// choiceMode is what the vendor can be told. One tool is named to families that
// know no names by leaving the others out.
func (e *requestWriter) choiceMode() llm.ChoiceMode {
	c := &e.p.Choice
	mode := c.Mode
	if e.native() {
		return mode
	}
	if mode == llm.ChoiceAllowed {
		mode = map[bool]llm.ChoiceMode{true: llm.ChoiceRequired, false: llm.ChoiceAuto}[c.Must]
	}
	if mode != llm.ChoiceRequired && mode != llm.ChoiceNamed {
		return mode
	}
	switch {
	case e.budgeted: // Claude refuses to be told while it thinks with a budget
		e.lost.Add("tool_choice")
		return llm.ChoiceAuto
	case e.card.force == noForce:
		e.refuse("tool_choice", "the model %s cannot be made to call a tool", e.p.Model)
	case e.card.force == anyOnly && mode == llm.ChoiceNamed:
		e.only = c.Names[0]
		return llm.ChoiceRequired
	}
	return mode
}

func (e *requestWriter) choice(w *dialect.Writer, mode llm.ChoiceMode) {
	c := &e.p.Choice
	nothing := jsonx.Value("{}")
	var o, single dialect.Writer
	switch mode {
	case llm.ChoiceNone: // the tools had to stay
		e.lost.Add("tool_choice")
	case llm.ChoiceAuto:
		o.Raw("auto", nothing)
		single.Text("type", "auto")
	case llm.ChoiceRequired:
		o.Raw("any", nothing)
		single.Text("type", "any")
	case llm.ChoiceNamed:
		var named dialect.Writer
		named.Text("name", c.Names[0])
		o.Raw("tool", named.Object())
		single.Text("type", "tool")
		single.Text("name", c.Names[0])
	case llm.ChoiceForeign:
		e.refuse("tool_choice", "this provider has no such choice of tools")
	default:
		single.Text("type", "auto")
	}
	if !o.Empty() {
		w.Raw("toolChoice", o.Object())
	}
	switch {
	case c.Parallel == nil || *c.Parallel:
	case e.card.single && mode != llm.ChoiceNone:
		yes := true
		single.Bool("disable_parallel_tool_use", &yes)
		e.more.Raw("tool_choice", single.Object())
	default:
		e.lost.Add("parallel_tool_calls")
	}
}

func index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
