package cohere

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func (e *requestWriter) tools(w *dialect.Writer) {
	var list dialect.List
	strict, all := 0, 0
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		switch {
		case t.Search:
			e.lost.Add("%s", path("tools", i))
			continue
		case t.Builtin != "":
			e.refuse(dialect.ToolPath(t, i), "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
			continue
		case !e.chosen(t.Name):
			e.lost.Add("%s", path("tools", i)) // this dialect cannot forbid some
			continue
		}
		if t.Strict != nil && *t.Strict {
			strict++
		}
		all++
		list.Add(e.tool(i, t))
	}
	if list.Empty() {
		return
	}
	w.Raw("tools", list.Array())
	e.strict(w, strict > 0 && strict == all)
	e.choice(w)
}

// chosen reports whether the client's choice leaves the tool to the model.
func (e *requestWriter) chosen(name string) bool {
	c := &e.p.Choice
	return c.Mode != llm.ChoiceNamed && c.Mode != llm.ChoiceAllowed || slices.Contains(c.Names, name)
}

func (e *requestWriter) tool(i int, t *llm.Tool) jsonx.Value {
	var f, o dialect.Writer
	at := path("tools", i)
	f.Text("name", t.Name)
	if t.HasDescription {
		f.Text("description", t.Description)
	}
	f.Raw("parameters", t.Schema)
	f.Extra(t.Function, family)
	o.Text("type", "function")
	o.Raw("function", f.Object())
	o.Extra(t.Extra, family)
	e.lost.Deferred(at, t)
	e.lost.Extra(at+".", t.Extra, family)
	e.lost.Extra(at+".function.", t.Function, family)
	return o.Object()
}

// strict asks for strict calls, which the vendor gives for all tools or none.
func (e *requestWriter) strict(w *dialect.Writer, all bool) {
	if e.native() {
		w.Bool("strict_tools", e.p.Tools[0].Strict)
		return
	}
	if all {
		w.Bool("strict_tools", &all)
		return
	}
	for i := range e.p.Tools {
		if t := &e.p.Tools[i]; t.Strict != nil && *t.Strict && e.chosen(t.Name) {
			e.lost.Add("%s.strict", path("tools", i))
		}
	}
}

// choice says how free the model is. To be free is not said at all.
func (e *requestWriter) choice(w *dialect.Writer) {
	c := &e.p.Choice
	if c.Parallel != nil && !*c.Parallel {
		e.lost.Add("parallel_tool_calls")
	}
	switch c.Mode {
	case llm.ChoiceNone:
		w.Text("tool_choice", "NONE")
	case llm.ChoiceRequired, llm.ChoiceNamed:
		w.Text("tool_choice", "REQUIRED")
	case llm.ChoiceAllowed:
		if c.Must {
			w.Text("tool_choice", "REQUIRED")
		}
	case llm.ChoiceForeign:
		e.refuse("tool_choice", "this provider has no such choice of tools")
	}
}
