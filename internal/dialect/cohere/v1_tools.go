package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// pythonTypes are version 1's words for the types of JSON Schema.
var pythonTypes = map[string]string{
	"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict",
}

// v1Tools writes the tools. Nobody can be made to call one.
func (e *v1Writer) v1Tools(w *dialect.Writer) {
	c := &e.p.Choice
	switch c.Mode {
	case llm.ChoiceRequired, llm.ChoiceNamed, llm.ChoiceForeign:
		e.refuse("tool_choice", "this provider cannot be made to call a tool")
	case llm.ChoiceNone:
		if len(e.p.Tools) > 0 {
			e.lost.Add("tools")
		}
		return
	case llm.ChoiceAllowed:
		if c.Must {
			e.refuse("tool_choice", "this provider cannot be made to call a tool")
		}
	}
	if c.Parallel != nil && !*c.Parallel && len(e.p.Tools) > 0 {
		e.lost.Add("parallel_tool_calls")
	}
	var list dialect.List
	for i := range e.p.Tools {
		t := &e.p.Tools[i]
		switch {
		case t.Search, !e.chosen(t.Name):
			e.lost.Add("%s", path("tools", i))
		case t.Builtin != "":
			e.refuse(dialect.ToolPath(t, i), "the tool %s is run by its vendor and this provider has no such tool", t.Builtin)
		default:
			list.Add(e.v1Tool(path("tools", i), t))
		}
	}
	if !list.Empty() {
		w.Raw("tools", list.Array())
	}
}

// v1Tool writes a tool. Its parameters are a flat list: of what is inside of
// them only the type is told.
func (e *v1Writer) v1Tool(at string, t *llm.Tool) jsonx.Value {
	if t.Strict != nil && *t.Strict {
		e.lost.Add("%s.strict", at)
	}
	e.lost.Deferred(at, t)
	e.lost.Extra(at+".", t.Extra, v1Family)
	e.lost.Extra(at+".function.", t.Function, v1Family)
	required := map[string]bool{}
	for v := range jsonx.Elements(jsonx.At(t.Schema, "required")) {
		name, _ := jsonx.Text(v)
		required[name] = true
	}
	var all dialect.Writer
	if o, err := jsonx.Parse(jsonx.At(t.Schema, "properties")); err == nil {
		for name, v := range o.All() {
			all.Raw(name, e.definition(at, v, required[name]))
		}
	}
	var w dialect.Writer
	w.Text("name", t.Name)
	w.Text("description", t.Description)
	w.Raw("parameter_definitions", all.Object())
	return w.Object()
}

func (e *v1Writer) definition(at string, v jsonx.Value, required bool) jsonx.Value {
	var d dialect.Writer
	if s, ok := jsonx.Text(jsonx.At(v, "description")); ok {
		d.Text("description", s)
	}
	word, _ := jsonx.Text(jsonx.At(v, "type"))
	kind, known := pythonTypes[word]
	if !known {
		kind = "str"
	}
	if !known || jsonx.At(v, "properties") != nil || jsonx.At(v, "items") != nil || jsonx.At(v, "enum") != nil {
		e.lost.Add("%s.parameters:flat", at)
	}
	d.Text("type", kind)
	d.Bool("required", &required)
	return d.Object()
}
