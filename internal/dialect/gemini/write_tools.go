package gemini

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// builtins are tools of this vendor that clients of other surfaces name like
// functions of theirs.
var builtins = map[string]string{
	"googleSearch": "googleSearch", "google_search": "googleSearch",
	"googleSearchRetrieval": "googleSearchRetrieval", "google_search_retrieval": "googleSearchRetrieval",
	"computerUse": "computerUse", "computer_use": "computerUse",
	"googleMaps": "googleMaps", "google_maps": "googleMaps",
	"codeExecution": "codeExecution", "code_execution": "codeExecution",
	"urlContext": "urlContext", "url_context": "urlContext",
}

// portable are the tools that several vendors have, by the beginning of what
// the others call them.
var portable = []struct{ begins, name string }{
	{"web_search", "googleSearch"},
	{"web_fetch", "urlContext"},
	{"code_execution", "codeExecution"},
	{"code_interpreter", "codeExecution"},
}

// toolGroup is one object of the list of tools.
type toolGroup struct {
	place     string
	name      string // of the list of functions
	functions dialect.List
	others    llm.Extra
}

// tools writes the tools, nil for none.
func (e *requestWriter) tools() jsonx.Value {
	var groups []*toolGroup
	group := func(place string) *toolGroup {
		if n := len(groups); n > 0 && groups[n-1].place == place {
			return groups[n-1]
		}
		groups = append(groups, &toolGroup{place: place, name: "functionDeclarations", others: llm.Extra{Family: family}})
		return groups[len(groups)-1]
	}
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		place := placeOf(t)
		name, config := e.builtin(i, t)
		switch {
		case name != "" && place == "":
			g := group(name) // each in an object of its own
			g.others.Fields = []llm.Field{{Name: name, Value: config}}
		case name != "":
			g := group(place)
			g.others.Fields = append(g.others.Fields, llm.Field{Name: name, Value: config})
		case t.Builtin != "": // refused
		case e.p.Choice.Mode == llm.ChoiceAllowed && !e.p.Choice.Must && !e.native() && !slices.Contains(e.p.Choice.Names, t.Name):
			e.lost.Add("%s", index("tools", i)) // only a must can be limited here
		default:
			g := group(place)
			g.name = spellingOf(t.Extra).name("functionDeclarations")
			g.functions.Add(e.declaration(i, t))
		}
	}
	var list dialect.List
	for _, g := range groups {
		var w dialect.Writer
		if !g.functions.Empty() {
			w.Raw(g.name, g.functions.Array())
		}
		w.Extra(g.others, family)
		list.Add(w.Object())
	}
	if list.Empty() {
		return nil
	}
	return list.Array()
}

// builtin is a tool the vendor runs, with its configuration; an empty name is
// an ordinary function.
func (e *requestWriter) builtin(i int, t *llm.Tool) (name string, config jsonx.Value) {
	none := jsonx.Value("{}")
	switch {
	case t.Builtin != "" && t.Extra.Family == family:
		return t.Builtin, t.Extra.Get(family, t.Builtin)
	case t.Builtin == "" && !e.native() && builtins[t.Name] != "":
		if o, err := jsonx.Parse(t.Schema); err == nil && o.Get("type") == nil && o.Len() > 0 {
			return builtins[t.Name], t.Schema
		}
		return builtins[t.Name], none
	case t.Builtin == "":
		return "", nil
	}
	for _, b := range portable {
		if strings.HasPrefix(t.Builtin, b.begins) {
			e.unconfigured(i, t)
			return b.name, none
		}
	}
	e.refuse(dialect.ToolPath(t, i), "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
	return "", nil
}

// unconfigured reports the settings of another vendor's tool.
func (e *requestWriter) unconfigured(i int, t *llm.Tool) {
	for _, f := range t.Extra.Fields {
		switch {
		case f.Name == "type", f.Name == "name", string(f.Value) == "{}":
		case f.Name == t.Builtin:
			e.lost.Add("%s", f.Name)
		default:
			e.lost.Add("%s.%s", index("tools", i), f.Name)
		}
	}
}

func index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

func (e *requestWriter) declaration(i int, t *llm.Tool) jsonx.Value {
	var w dialect.Writer
	at := index("tools", i)
	w.Text("name", t.Name)
	if t.HasDescription {
		w.Text("description", t.Description)
	}
	switch {
	case t.Source.Family == family:
		w.Extra(t.Source, family)
	case t.Schema == nil:
	case e.card.subset && !e.native():
		if properties := jsonx.At(t.Schema, "properties"); properties != nil && string(properties) != "{}" {
			w.Raw("parameters", toSubset(t.Schema))
		}
	default:
		w.Raw(spellingOf(t.Extra).name("parametersJsonSchema"), t.Schema)
	}
	if t.Strict != nil && *t.Strict && !e.validated() {
		e.lost.Add("%s.strict", at)
	}
	w.Extra(t.Extra, family)
	e.lost.Deferred(at, t)
	e.lost.Extra(at+".", t.Extra, family)
	e.lost.Extra(at+".function.", t.Function, family)
	return w.Object()
}

// validated reports whether all functions promise arguments that fit their
// schema. There is one switch for all of them here, and only where the model
// is free to call none.
func (e *requestWriter) validated() bool {
	mode, some := e.p.Choice.Mode, false
	for i := range e.p.Tools {
		if t := &e.p.Tools[i]; t.Builtin == "" {
			if t.Strict == nil || !*t.Strict {
				return false
			}
			some = true
		}
	}
	return some && !e.native() && !e.card.subset && mode == llm.ChoiceUnsaid
}

// choosable reports whether a choice of functions makes sense: tools that the
// vendor runs cannot be chosen.
func (e *requestWriter) choosable() bool {
	return len(e.p.Tools) == 0 ||
		slices.ContainsFunc(e.p.Tools, func(t llm.Tool) bool { return t.Builtin == "" && builtins[t.Name] == "" })
}

func (e *requestWriter) toolConfig(w *dialect.Writer) {
	c := &e.p.Choice
	if c.Parallel != nil && !*c.Parallel {
		e.lost.Add("parallel_tool_calls")
	}
	e.inner(w, "toolConfig", func(t *dialect.Writer, s spelling) {
		if c.Raw != nil && c.Family == family {
			t.Raw(s.name("functionCallingConfig"), c.Raw)
			return
		}
		if c.Mode == llm.ChoiceForeign {
			e.refuse("tool_choice", "this provider has no such choice of tools")
		}
		if e.native() {
			return
		}
		if !e.choosable() {
			if c.Mode == llm.ChoiceRequired || c.Mode == llm.ChoiceNamed || c.Mode == llm.ChoiceAllowed {
				e.lost.Add("tool_choice")
			}
			return
		}
		if v := e.mode(); v != nil {
			t.Raw("functionCallingConfig", v)
		}
	})
}

func (e *requestWriter) mode() jsonx.Value {
	c := &e.p.Choice
	var f dialect.Writer
	var names []string
	switch c.Mode {
	case llm.ChoiceAuto:
		f.Text("mode", "AUTO")
	case llm.ChoiceNone:
		f.Text("mode", "NONE")
	case llm.ChoiceRequired:
		f.Text("mode", "ANY")
	case llm.ChoiceNamed:
		f.Text("mode", "ANY")
		names = c.Names
	case llm.ChoiceAllowed:
		if !c.Must {
			f.Text("mode", "AUTO") // the others are not even offered
			break
		}
		f.Text("mode", "ANY")
		names = c.Names
	default:
		if !e.validated() {
			return nil
		}
		f.Text("mode", "VALIDATED")
	}
	if len(names) > 0 {
		f.Raw("allowedFunctionNames", dialect.Texts(names))
	}
	return f.Object()
}
