package openai

import (
	"fmt"
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// The API's first form of tools: functions, function_call and messages of role
// function (OpenAI API, chat completions, deprecated members). They become
// tools, and a client that defined its tools so is answered so.
const (
	legacyTools  = "functions"
	legacyChoice = "function_call"
	legacyRole   = "function"
)

// readLegacy reads the members of the first form. There one call at most could
// be made in a turn.
func readLegacy(r *dialect.Reader, p *llm.Prompt) {
	some := false
	for at, v := range r.List(legacyTools) {
		f := r.Object(v, at)
		t := llm.Tool{
			Name: f.Text("name"), HasDescription: f.Peek("description") != nil, Description: f.Text("description"),
			Schema: f.Take("parameters"), Function: f.Rest(family),
		}
		t.Extra = spelt(t.Extra, legacyTools)
		p.Tools, some = append(p.Tools, t), true
	}
	if v := r.Take(legacyChoice); v != nil {
		p.Choice = readLegacyChoice(r, v)
		p.Extra = spelt(p.Extra, legacyChoice)
	}
	if some && p.Choice.Parallel == nil {
		one := false
		p.Choice.Parallel = &one
		p.Extra = spelt(p.Extra, legacyTools)
	}
	pairLegacy(p)
}

func readLegacyChoice(r *dialect.Reader, v jsonx.Value) llm.ToolChoice {
	word, ok := jsonx.Text(v)
	switch {
	case !ok:
		return llm.ToolChoice{Mode: llm.ChoiceNamed, Names: []string{r.Object(v, legacyChoice).Text("name")}}
	case word == "auto":
		return llm.ToolChoice{Mode: llm.ChoiceAuto}
	case word == "none":
		return llm.ToolChoice{Mode: llm.ChoiceNone}
	}
	r.Fail(legacyChoice, "must be auto, none or an object")
	return llm.ToolChoice{}
}

// pairLegacy gives calls of the first form ids, which it had none of, and the
// results that follow them the same. An id depends on nothing that comes later,
// so that a cached prefix stays one.
func pairLegacy(p *llm.Prompt) {
	id := ""
	for i := range p.Messages {
		m := &p.Messages[i]
		for j := range m.Parts {
			switch part := &m.Parts[j]; {
			case part.Kind == llm.PartCall && part.Call.Label == legacyChoice:
				id = fmt.Sprintf("call_function_%d", i)
				part.Call.ID = id
			case part.Kind == llm.PartResult && isSpelt(m.Extra, legacyRole):
				part.Result.CallID = id
			}
		}
	}
}

func spelt(x llm.Extra, word string) llm.Extra {
	x.Family = family
	x.Spelling = append(x.Spelling, word)
	return x
}

func isSpelt(x llm.Extra, word string) bool {
	return x.Family == family && slices.Contains(x.Spelling, word)
}

// legacyCall is a call the way the client defined its tool.
func legacyCall(c *llm.Call, p *llm.Prompt) *llm.Call {
	if p == nil || !slices.ContainsFunc(p.Tools, func(t llm.Tool) bool { return t.Name == c.Name && isSpelt(t.Extra, legacyTools) }) {
		return c
	}
	old := *c
	old.Label = legacyChoice
	return &old
}

// legacyTool writes a function the way its client did.
func legacyTool(t *llm.Tool) jsonx.Value {
	var f dialect.Writer
	f.Text("name", t.Name)
	if t.HasDescription {
		f.Text("description", t.Description)
	}
	f.Raw("parameters", t.Schema)
	f.Extra(t.Function, family)
	return f.Object()
}

// legacyChoice writes the choice among functions the way its client did.
func (e *requestWriter) legacyChoice(w *dialect.Writer) {
	switch c := &e.p.Choice; c.Mode {
	case llm.ChoiceAuto:
		w.Text(legacyChoice, "auto")
	case llm.ChoiceNone:
		w.Text(legacyChoice, "none")
	case llm.ChoiceNamed:
		var f dialect.Writer
		f.Text("name", c.Names[0])
		w.Raw(legacyChoice, f.Object())
	}
}
