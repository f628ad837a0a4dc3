package responses

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func readTools(r *dialect.Reader, p *llm.Prompt) {
	for at, v := range r.List("tools") {
		p.Tools = append(p.Tools, readTool(r.Object(v, at)))
	}
	p.Choice = readChoice(r)
	p.Choice.Parallel = r.Bool("parallel_tool_calls")
}

// readTool reads one tool. Unlike everywhere else, a function is strict here if
// nothing is said; a null among the extra members remembers that.
func readTool(r *dialect.Reader) llm.Tool {
	kind, _ := jsonx.Text(r.Peek("type"))
	t := llm.Tool{HasDescription: r.Peek("description") != nil}
	switch kind {
	case "function":
		t.Schema, t.Strict, t.Deferred = r.Take("parameters"), r.Bool("strict"), r.Bool("defer_loading")
	case "custom":
		t.FreeForm, t.Schema = true, dialect.OneText
	default:
		t.Builtin, t.Extra = kind, r.Rest(family)
		t.Name, _ = jsonx.Text(r.Peek("name"))
		execution, _ := jsonx.Text(r.Peek("execution"))
		t.Search = kind == "tool_search" && execution != "client"
		if strings.HasPrefix(kind, "web_search") {
			t.Web = dialect.ReadWeb(r, family)
		}
		return t
	}
	r.Take("type")
	t.Name, t.Description = r.Text("name"), r.Text("description")
	t.Extra = r.Rest(family)
	if !t.FreeForm && t.Strict == nil {
		t.Strict = strictFor(t.Schema)
		if t.Extra.Get(family, "strict") == nil {
			t.Extra.Family = family
			t.Extra.Fields = append(t.Extra.Fields, llm.Field{Name: "strict", Value: jsonx.Value("null")})
		}
	}
	return t
}

// strictFor is how strict a function is of which nothing is said. This vendor
// rewrites a schema that is too loose for strictness; the others would refuse
// it, so that only a schema that is closed already means strict to them.
func strictFor(schema jsonx.Value) *bool {
	if string(jsonx.At(schema, "additionalProperties")) != "false" {
		return nil
	}
	required := 0
	for range jsonx.Elements(jsonx.At(schema, "required")) {
		required++
	}
	properties, err := jsonx.Parse(jsonx.At(schema, "properties"))
	if err != nil || properties.Len() != required {
		return nil
	}
	yes := true
	return &yes
}

func readChoice(r *dialect.Reader) llm.ToolChoice {
	v := r.Take("tool_choice")
	if word, ok := jsonx.Text(v); ok {
		switch word {
		case "auto":
			return llm.ToolChoice{Mode: llm.ChoiceAuto}
		case "none":
			return llm.ToolChoice{Mode: llm.ChoiceNone}
		case "required":
			return llm.ToolChoice{Mode: llm.ChoiceRequired}
		}
		r.Fail("tool_choice", "must be auto, none, required or an object")
		return llm.ToolChoice{}
	}
	if v == nil {
		return llm.ToolChoice{}
	}
	o := r.Object(v, "tool_choice")
	switch kind := o.Text("type"); kind {
	case "function", "custom":
		return llm.ToolChoice{Mode: llm.ChoiceNamed, Names: []string{o.Text("name")}, Kind: kind}
	case "allowed_tools":
		if c, ok := readAllowed(o); ok {
			return c
		}
	}
	return llm.ToolChoice{Mode: llm.ChoiceForeign, Raw: v, Family: family}
}

// readAllowed reads a choice among functions; among others it is foreign.
func readAllowed(o *dialect.Reader) (c llm.ToolChoice, ok bool) {
	c = llm.ToolChoice{Mode: llm.ChoiceAllowed, Must: o.Text("mode") == "required"}
	for at, v := range o.List("tools") {
		t := o.Object(v, at)
		if t.Text("type") != "function" {
			return c, false
		}
		c.Names = append(c.Names, t.Text("name"))
	}
	return c, true
}
