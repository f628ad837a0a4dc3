package responses

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// tools writes the list of tools, which may be empty.
func (e *requestWriter) tools() jsonx.Value {
	var list dialect.List
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		switch {
		case t.Builtin == "" && !e.native() && dialect.IsAdded(e.p, t.Name): // stands where it is added
		case t.Builtin == "":
			if !e.native() {
				e.lost.Deferred(index("tools", i), t)
			}
			list.Add(e.tool(i, t))
		case t.Extra.Family == family:
			var w dialect.Writer
			w.Extra(t.Extra, family)
			list.Add(w.Object())
		case t.Search:
			e.lost.Add("%s", index("tools", i))
		case t.Web != nil:
			list.Add(e.webSearch(i, t))
		default:
			e.refuse(dialect.ToolPath(t, i), "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
		}
	}
	return list.Array()
}

// webSearch writes another vendor's web search as this one's.
func (e *requestWriter) webSearch(i int, t *llm.Tool) jsonx.Value {
	e.lost.Web(dialect.ToolPath(t, i), t.Web, family, "allowed_domains", "search_context_size")
	var w dialect.Writer
	w.Text("type", "web_search")
	if t.Web.Allowed != nil {
		var f dialect.Writer
		f.Raw("allowed_domains", dialect.Texts(t.Web.Allowed))
		w.Raw("filters", f.Object())
	}
	w.Raw("user_location", dialect.Location(t.Web, false))
	w.Some("search_context_size", t.Web.Size)
	return w.Object()
}

var noArguments = jsonx.Value(`{"type":"object","properties":{}}`)

// tool writes a function or a tool that takes plain text. A function of which
// another dialect's client did not say that it is strict, is not; here it would
// be.
func (e *requestWriter) tool(i int, t *llm.Tool) jsonx.Value {
	var w dialect.Writer
	kind := "function"
	if t.FreeForm {
		kind = "custom"
	}
	w.Text("type", kind)
	w.Text("name", t.Name)
	if t.HasDescription {
		w.Text("description", t.Description)
	}
	if !t.FreeForm {
		schema := t.Schema
		if schema == nil && !e.native() {
			schema = noArguments
		}
		w.Raw("parameters", schema)
		switch {
		case t.Extra.Get(family, "strict") != nil: // nothing was said
		case t.Strict == nil:
			w.Raw("strict", jsonx.Value("false"))
		default:
			w.Bool("strict", t.Strict)
		}
	}
	if e.native() {
		w.Bool("defer_loading", t.Deferred)
	}
	w.Extra(t.Extra, family)
	e.lost.Extra(index("tools", i)+".", t.Extra, family)
	e.lost.Extra(index("tools", i)+".function.", t.Function, family)
	return w.Object()
}

// addition writes tools that are added in the middle of the talk.
func (e *requestWriter) addition(added []llm.Tool) jsonx.Value {
	var list dialect.List
	for i := range added {
		t := dialect.Added(e.p, &added[i])
		list.Add(e.tool(slices.IndexFunc(e.p.Tools, func(have llm.Tool) bool { return have.Name == t.Name }), t))
	}
	var w dialect.Writer
	w.Text("type", typeAdditional)
	w.Text("role", string(llm.Developer))
	w.Raw("tools", list.Array())
	return w.Object()
}

// choice writes the choice of tools, nil for none.
func (e *requestWriter) choice() jsonx.Value {
	c := &e.p.Choice
	switch c.Mode {
	case llm.ChoiceAuto:
		return jsonx.Quote("auto")
	case llm.ChoiceNone:
		return jsonx.Quote("none")
	case llm.ChoiceRequired:
		return jsonx.Quote("required")
	case llm.ChoiceNamed:
		return e.named(c.Names[0])
	case llm.ChoiceAllowed:
		var list dialect.List
		for _, name := range c.Names {
			list.Add(e.named(name))
		}
		var w dialect.Writer
		w.Text("type", "allowed_tools")
		w.Text("mode", map[bool]string{true: "required", false: "auto"}[c.Must])
		w.Raw("tools", list.Array())
		return w.Object()
	case llm.ChoiceForeign:
		if c.Family == family {
			return c.Raw
		}
		e.refuse("tool_choice", "this provider has no such choice of tools")
	}
	return nil
}

func (e *requestWriter) named(name string) jsonx.Value {
	var w dialect.Writer
	kind := e.p.Choice.Kind
	if kind == "" || dialect.FreeForm(e.p, name) {
		kind = map[bool]string{true: "custom", false: "function"}[dialect.FreeForm(e.p, name)]
	}
	w.Text("type", kind)
	w.Text("name", name)
	return w.Object()
}
