package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeRequest reads what a client asks (Cohere API, Chat v2).
func (codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	r := dialect.ReadRequest(body)
	p := &llm.Prompt{Family: family, Model: r.Text("model"), Calls: "tool_calls"}
	if b := r.Bool("stream"); b != nil {
		p.Stream = *b
	}
	if r.Peek("messages") == nil {
		r.Fail("messages", "is required")
	}
	for at, v := range r.List("messages") {
		p.Messages = append(p.Messages, readMessage(r.Object(v, at)))
	}
	readTools(r, p)
	readOutput(r, p)
	readReasoning(r, p)
	p.Limits = llm.Limits{MaxTokens: r.Int("max_tokens"), Stop: r.Texts("stop_sequences")}
	p.Sampling = llm.Sampling{
		Temperature: r.Float("temperature"), TopP: r.Float("p"), TopK: r.Int("k"), Seed: r.Int("seed"),
		FrequencyPenalty: r.Float("frequency_penalty"), PresencePenalty: r.Float("presence_penalty"),
	}
	p.Extra = r.Rest(family)
	return p, r.Done()
}

// readTools reads the tools. That they are strict is said once, for all.
func readTools(r *dialect.Reader, p *llm.Prompt) {
	for at, v := range r.List("tools") {
		p.Tools = append(p.Tools, readTool(r.Object(v, at)))
	}
	if len(p.Tools) > 0 {
		strict := r.Bool("strict_tools")
		for i := range p.Tools {
			p.Tools[i].Strict = strict
		}
	}
	switch word, _ := jsonx.Text(r.Peek("tool_choice")); word {
	case "REQUIRED":
		p.Choice.Mode = llm.ChoiceRequired
	case "NONE":
		p.Choice.Mode = llm.ChoiceNone
	default:
		if r.Peek("tool_choice") != nil {
			r.Fail("tool_choice", "must be REQUIRED or NONE")
		}
	}
	_ = r.Take("tool_choice")
}

func readTool(r *dialect.Reader) llm.Tool {
	if kind := r.Text("type"); kind != "" && kind != "function" {
		r.Fail(r.Path("type"), "must be function")
	}
	f := r.Object(r.Take("function"), "function")
	t := llm.Tool{
		Name: f.Text("name"), HasDescription: f.Peek("description") != nil, Description: f.Text("description"),
		Schema: f.Take("parameters"),
	}
	t.Extra, t.Function = r.Rest(family), f.Rest(family)
	return t
}

// oldSchema marks a schema under the name it had first.
const oldSchema = "schema"

func readOutput(r *dialect.Reader, p *llm.Prompt) {
	v := r.Peek("response_format")
	if v == nil {
		return
	}
	o := r.Object(v, "response_format")
	switch o.Text("type") {
	case "text":
		p.Output.Plain = true
	case "json_object":
		p.Output.JSON = true
		for _, name := range []string{"json_schema", oldSchema} {
			if raw := o.Take(name); raw != nil {
				p.Output.JSON = false
				p.Output.Schema = &llm.Schema{Raw: raw}
				if name == oldSchema {
					p.Output.Schema.Extra = llm.Extra{Family: family, Spelling: []string{oldSchema}}
				}
				break
			}
		}
	default:
		return
	}
	r.Take("response_format")
}

func readReasoning(r *dialect.Reader, p *llm.Prompt) {
	v := r.Peek("thinking")
	if jsonx.KindOf(v) != jsonx.Composite {
		return
	}
	o := r.Object(v, "thinking")
	switch o.Text("type") {
	case "enabled":
		p.Reasoning.Mode = llm.ThinkOn
	case "disabled":
		p.Reasoning.Mode = llm.ThinkOff
	default:
		return
	}
	p.Reasoning.Budget = o.Int("token_budget")
	p.Reasoning.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: "thinking", Value: r.Take("thinking")}}}
}
