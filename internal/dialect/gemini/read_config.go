package gemini

import (
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

const jsonType = "application/json"

// readConfig reads generationConfig (Gemini API, GenerationConfig).
func readConfig(o *object, p *llm.Prompt) {
	p.Limits = llm.Limits{MaxTokens: o.int("maxOutputTokens"), IncludesThinking: true, Stop: o.texts("stopSequences")}
	p.Sampling = llm.Sampling{
		Temperature: o.float("temperature"), TopP: o.float("topP"), TopK: o.int("topK"),
		Seed: o.int("seed"), N: o.int("candidateCount"),
		PresencePenalty: o.float("presencePenalty"), FrequencyPenalty: o.float("frequencyPenalty"),
	}
	for _, m := range o.texts("responseModalities") {
		p.Output.Modalities = append(p.Output.Modalities, strings.ToLower(m))
	}
	readOutput(o, p)
	if name := o.name("thinkingConfig"); o.has("thinkingConfig") {
		p.Reasoning.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: name, Value: o.r.Peek(name)}}}
		readThinking(o, p)
	}
}

// schemaNames are the places of a schema for the answer: the first holds JSON
// Schema, the second the API's own subset.
var schemaNames = []string{"responseJsonSchema", "responseSchema"}

func readOutput(o *object, p *llm.Prompt) {
	kind, _ := jsonx.Text(o.r.Peek(o.name("responseMimeType")))
	for _, camel := range schemaNames {
		if !o.has(camel) {
			continue
		}
		name := o.name(camel)
		v := o.take(camel)
		p.Output.Schema = &llm.Schema{Raw: v}
		if camel != schemaNames[0] {
			p.Output.Schema.Raw = fromSubset(v)
		}
		p.Output.Schema.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: name, Value: v}}}
		if kind != jsonType {
			o.mark("responseMimeType:none")
		}
		break
	}
	if kind != jsonType {
		return // plain text, or a list of words to choose from
	}
	o.take("responseMimeType")
	p.Output.JSON = p.Output.Schema == nil
}

func readThinking(o *object, p *llm.Prompt) {
	t, _ := o.at("thinkingConfig")
	r := &p.Reasoning
	r.Effort = strings.ToLower(t.text("thinkingLevel"))
	switch budget := t.int("thinkingBudget"); {
	case budget == nil:
	case *budget == 0:
		r.Mode = llm.ThinkOff
	case *budget < 0:
		r.Mode = llm.ThinkAdaptive
	default:
		r.Mode, r.Budget = llm.ThinkOn, budget
	}
	if show := t.bool("includeThoughts"); show != nil && *show {
		r.Show = "summarized"
	}
}

// readChoice reads toolConfig. The whole object is kept: this dialect has
// modes that no other has.
func readChoice(o *object, p *llm.Prompt) {
	if !o.has("functionCallingConfig") {
		return
	}
	name := o.name("functionCallingConfig")
	v := o.r.Peek(name)
	f, _ := o.at("functionCallingConfig")
	c := &p.Choice
	c.Raw, c.Family = v, family
	names := f.texts("allowedFunctionNames")
	switch word := strings.ToUpper(f.text("mode")); {
	case word == "NONE":
		c.Mode = llm.ChoiceNone
	case word == "ANY" && (len(names) == 0 || everyTool(p, names)):
		c.Mode = llm.ChoiceRequired
	case word == "ANY" && len(names) == 1:
		c.Mode, c.Names = llm.ChoiceNamed, names
	case len(names) > 0:
		c.Mode, c.Names, c.Must = llm.ChoiceAllowed, names, word == "ANY"
	default: // AUTO; VALIDATED, which adds a promise about the arguments
		c.Mode = llm.ChoiceAuto
	}
}

// everyTool reports whether the names are those of all functions there are.
func everyTool(p *llm.Prompt, names []string) bool {
	return len(p.Tools) > 0 &&
		!slices.ContainsFunc(p.Tools, func(t llm.Tool) bool { return t.Builtin != "" || !slices.Contains(names, t.Name) })
}

// readTools reads the tools. One object of the list may hold several, so each
// remembers the place it was in.
func readTools(o *object, p *llm.Prompt) {
	i := 0
	for at, v := range o.r.List("tools") {
		t := read(o.r.Object(v, at))
		place := placeMark(i)
		name := t.name("functionDeclarations")
		for inner, d := range t.r.List(name) {
			tool := readDeclaration(read(t.r.Object(d, inner)))
			tool.Extra.Family = family
			tool.Extra.Spelling = append(tool.Extra.Spelling, place)
			if slices.Contains(t.spelt, "functionDeclarations") {
				tool.Extra.Spelling = append(tool.Extra.Spelling, "functionDeclarations")
			}
			p.Tools = append(p.Tools, tool)
		}
		for _, f := range t.r.Rest(family).Fields {
			tool := llm.Tool{
				Builtin: f.Name,
				Extra:   llm.Extra{Family: family, Fields: []llm.Field{f}, Spelling: []string{place}},
			}
			if strings.HasPrefix(builtins[f.Name], "googleSearch") {
				tool.Web = dialect.ReadWeb(t.r.Object(f.Value, f.Name), family)
			}
			p.Tools = append(p.Tools, tool)
		}
		i++
	}
}

func readDeclaration(o *object) llm.Tool {
	t := llm.Tool{Name: o.text("name"), HasDescription: o.has("description"), Description: o.text("description")}
	if o.has("parametersJsonSchema") {
		t.Schema = o.take("parametersJsonSchema")
	} else if v := o.take("parameters"); v != nil {
		t.Schema = fromSubset(v)
		t.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: "parameters", Value: v}}}
	}
	t.Extra = o.extra()
	return t
}
