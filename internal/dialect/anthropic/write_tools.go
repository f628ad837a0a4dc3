package anthropic

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// tools writes the tools, nil for none.
func (e *requestWriter) tools() jsonx.Value {
	var list dialect.List
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		switch {
		case t.Builtin == "mcp_servers" && t.Extra.Family == family: // has a place of its own
		case t.Builtin != "" && t.Extra.Family == family:
			var w dialect.Writer
			w.Extra(t.Extra, family)
			list.Add(w.Object())
		case t.Search:
			e.lost.Add("%s", index("tools", i))
		case t.Web != nil:
			list.Add(e.webSearch(i, t))
		case t.Builtin != "":
			e.refuse(dialect.ToolPath(t, i), "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
		case e.p.Choice.Mode == llm.ChoiceAllowed && !slices.Contains(e.p.Choice.Names, t.Name):
			e.lost.Add("%s", index("tools", i)) // this dialect cannot forbid some
		default:
			list.Add(e.tool(i, t))
		}
	}
	if list.Empty() && !e.native() {
		e.remembered(&list)
	}
	if list.Empty() {
		return nil
	}
	return list.Array()
}

// webSearch writes another vendor's web search as this one's.
func (e *requestWriter) webSearch(i int, t *llm.Tool) jsonx.Value {
	e.lost.Web(dialect.ToolPath(t, i), t.Web, family, "max_uses", "allowed_domains", "blocked_domains")
	var w dialect.Writer
	w.Text("type", "web_search_20250305")
	w.Text("name", "web_search")
	w.Int("max_uses", t.Web.MaxUses)
	if t.Web.Allowed != nil {
		w.Raw("allowed_domains", dialect.Texts(t.Web.Allowed))
	}
	if t.Web.Blocked != nil {
		w.Raw("blocked_domains", dialect.Texts(t.Web.Blocked))
	}
	w.Raw("user_location", dialect.Location(t.Web, false))
	return w.Object()
}

var (
	noArguments  = jsonx.Value(`{"type":"object","properties":{}}`)
	anyArguments = jsonx.Value(`{"type":"object"}`)
)

func (e *requestWriter) tool(i int, t *llm.Tool) jsonx.Value {
	var w dialect.Writer
	at := dialect.Named(index("tools", i))
	w.Text("name", t.Name)
	if t.HasDescription {
		w.Text("description", t.Description)
	}
	schema := t.Schema
	if schema == nil && !e.native() {
		schema = noArguments
	}
	w.Raw("input_schema", schema)
	if t.Strict != nil && (*t.Strict || e.native()) { // false is the default
		w.Bool("strict", t.Strict)
	}
	if e.native() {
		w.Bool("defer_loading", t.Deferred)
	} else {
		e.lost.Deferred(at.String(), t)
	}
	e.cache(&w, at, t.Cache)
	w.Extra(t.Extra, family)
	e.lost.Within(at, "", t.Extra, family)
	e.lost.Within(at, "function.", t.Function, family)
	return w.Object()
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
			var w dialect.Writer
			w.Text("name", c.Name)
			w.Raw("input_schema", anyArguments)
			list.Add(w.Object())
		}
	}
}

func (e *requestWriter) servers() jsonx.Value {
	for i := range e.p.Tools {
		if v := e.p.Tools[i].Extra.Get(family, "mcp_servers"); v != nil {
			return v
		}
	}
	return nil
}

// choiceMode is what the vendor can be told.
func (e *requestWriter) choiceMode() llm.ChoiceMode {
	c := &e.p.Choice
	mode := c.Mode
	if mode == llm.ChoiceAllowed {
		mode = map[bool]llm.ChoiceMode{true: llm.ChoiceRequired, false: llm.ChoiceAuto}[c.Must]
	}
	if e.budgeted && !e.native() && (mode == llm.ChoiceRequired || mode == llm.ChoiceNamed) {
		e.lost.Add("tool_choice") // it refuses to be told while it thinks with a budget
		mode = llm.ChoiceAuto
	}
	return mode
}

func (e *requestWriter) choice(w *dialect.Writer) {
	c := &e.p.Choice
	mode := e.choiceMode()
	var o dialect.Writer
	switch mode {
	case llm.ChoiceAuto:
		o.Text("type", "auto")
	case llm.ChoiceNone:
		o.Text("type", "none")
	case llm.ChoiceRequired:
		o.Text("type", "any")
	case llm.ChoiceNamed:
		o.Text("type", "tool")
		o.Text("name", c.Names[0])
	case llm.ChoiceForeign:
		e.refuse("tool_choice", "this provider has no such choice of tools")
	case llm.ChoiceUnsaid:
		if c.Parallel == nil || *c.Parallel {
			return
		}
		o.Text("type", "auto")
	}
	if c.Parallel != nil && (!*c.Parallel || e.native()) && mode != llm.ChoiceNone {
		single := !*c.Parallel
		o.Bool("disable_parallel_tool_use", &single)
	}
	w.Raw("tool_choice", o.Object())
}
