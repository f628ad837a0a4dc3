package oracle

import (
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

// tools renames the tools and the choice among them. The vendor cannot be told
// to leave some alone, so those are not given at all.
func (a *asker) tools(w *dialect.Writer, r *dialect.Reader) {
	choice, only := a.choice(r)
	var list dialect.List
	for at, v := range r.List("tools") {
		t := r.Object(v, at)
		if kind := t.Text("type"); kind != "function" {
			a.refuse(at, "a tool of type %s cannot be carried over to this provider", kind)
			continue
		}
		f := t.Object(t.Take("function"), "function")
		name := f.Text("name")
		if only != nil && !slices.Contains(only, name) {
			a.lost.Add("%s", at)
			continue
		}
		var o dialect.Writer
		o.Text("type", "FUNCTION")
		o.Text("name", name)
		o.Some("description", f.Text("description"))
		o.Raw("parameters", f.Take("parameters"))
		if strict := f.Bool("strict"); strict != nil && *strict {
			a.lost.Add("%s.function.strict", at)
		}
		a.lost.Extra(at+".function.", f.Rest("openai-chat"), "")
		a.lost.Extra(at+".", t.Rest("openai-chat"), "")
		list.Add(o.Object())
	}
	if !list.Empty() {
		w.Raw("tools", list.Array())
	}
	w.Raw("toolChoice", choice)
}

// choice renames how free the model is; only are the tools it may use, nil: all.
func (a *asker) choice(r *dialect.Reader) (choice jsonx.Value, only []string) {
	v := r.Take("tool_choice")
	if v == nil {
		return nil, nil
	}
	var w dialect.Writer
	if word, ok := jsonx.Text(v); ok {
		w.Text("type", strings.ToUpper(word))
		return w.Object(), nil
	}
	o := r.Object(v, "tool_choice")
	switch kind := o.Text("type"); kind {
	case "function":
		name, _ := jsonx.Text(jsonx.At(o.Peek("function"), "name"))
		w.Text("type", "FUNCTION")
		w.Text("name", name)
	case "allowed_tools":
		allowed := o.Peek("allowed_tools")
		word, _ := jsonx.Text(jsonx.At(allowed, "mode"))
		w.Text("type", strings.ToUpper(word))
		only = []string{}
		for t := range jsonx.Elements(jsonx.At(allowed, "tools")) {
			name, _ := jsonx.Text(jsonx.At(t, "function", "name"))
			only = append(only, name)
		}
	default:
		a.refuse("tool_choice", "this provider has no such choice of tools")
	}
	return w.Object(), only
}
