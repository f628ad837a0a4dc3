package responses

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// kept are the members that refer to what the vendor keeps, or shall keep.
var kept = []string{"previous_response_id", "conversation", "prompt"}

// DecodeRequest reads what a client asks (OpenAI API, create a response).
func (codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	r := dialect.ReadRequest(body)
	p := &llm.Prompt{Family: family, Model: r.Text("model"), List: inputList, Beside: "instructions"}
	if b := r.Bool("stream"); b != nil {
		p.Stream = *b
	}
	readState(r, p)
	if s, ok := jsonx.Text(r.Peek("instructions")); ok {
		r.Take("instructions")
		p.Slot = true
		p.Messages = append(p.Messages, llm.Message{Role: llm.System, Parts: []llm.Part{{Text: s}}})
	}
	readInput(r, p)
	readTools(r, p)
	readOutput(r, p)
	readReasoning(r, p)
	p.Limits = llm.Limits{MaxTokens: r.Int("max_output_tokens"), IncludesThinking: true}
	p.Sampling = llm.Sampling{Temperature: r.Float("temperature"), TopP: r.Float("top_p")}
	p.Caller = llm.Caller{
		User: r.Text("user"), SafetyID: r.Text("safety_identifier"),
		CacheKey: r.Text("prompt_cache_key"), Tier: r.Text("service_tier"),
		Metadata: r.Take("metadata"),
	}
	p.Extra = r.Rest(family)
	return p, r.Done()
}

func readInput(r *dialect.Reader, p *llm.Prompt) {
	if s, ok := jsonx.Text(r.Peek(inputList)); ok {
		r.Take(inputList)
		p.Messages = append(p.Messages, llm.Message{Role: llm.User, Label: inputList, Parts: []llm.Part{{Text: s}}})
		return
	}
	if r.Peek(inputList) == nil && len(p.State.Kept) == 0 {
		r.Fail(inputList, "is required")
	}
	var next *llm.Seal // of the part to come
	for at, v := range r.List(inputList) {
		if s, where := readBeside(v); where == dialect.Next {
			next = s
			continue
		} else if n := len(p.Messages); where == dialect.Last {
			if n > 0 {
				bind(&p.Messages[n-1], s, len(p.Messages[n-1].Parts)-1)
			}
			continue
		}
		m := readItem(r.Object(v, at))
		if next != nil {
			bind(&m, next, 0)
			next = nil
		}
		p.Messages = append(p.Messages, m)
	}
}

// readState reads what the vendor shall keep or has kept. The list of what to
// include is taken only if it asks for nothing but sealed thinking.
func readState(r *dialect.Reader, p *llm.Prompt) {
	for _, name := range kept {
		if r.Peek(name) != nil {
			p.State.Kept = append(p.State.Kept, name)
		}
	}
	if jsonx.IsTrue(r.Peek("background")) {
		p.State.Kept = append(p.State.Kept, "background")
	}
	if v := r.Peek("store"); v != nil && string(v) == "false" {
		r.Take("store")
		p.State.Unstored = true
	}
	n, sealed := 0, false
	for v := range jsonx.Elements(r.Peek("include")) {
		s, _ := jsonx.Text(v)
		n, sealed = n+1, sealed || s == sealedThinking
	}
	if p.State.Sealed = sealed; sealed && n == 1 {
		r.Take("include")
	}
}

func readOutput(r *dialect.Reader, p *llm.Prompt) {
	v := r.Take("text")
	if v == nil {
		return
	}
	o := r.Object(v, "text")
	p.Output.Verbosity = o.Text("verbosity")
	if f := o.Peek("format"); jsonx.KindOf(f) == jsonx.Composite {
		readFormat(o, o.Object(f, "format"), p)
	}
	p.Output.Extra = o.Rest(family)
}

// readFormat reads the form of the answer; one we do not know stays where it is.
func readFormat(o, f *dialect.Reader, p *llm.Prompt) {
	switch f.Text("type") {
	case "text":
		p.Output.Plain = true
	case "json_object":
		p.Output.JSON = true
	case "json_schema":
		p.Output.Schema = &llm.Schema{
			Name: f.Text("name"), Description: f.Text("description"),
			Raw: f.Take("schema"), Strict: f.Bool("strict"),
		}
		p.Output.Schema.Extra = f.Rest(family)
	default:
		return
	}
	o.Take("format")
}

func readReasoning(r *dialect.Reader, p *llm.Prompt) {
	v := r.Take(typeReasoning)
	if v == nil {
		return
	}
	o := r.Object(v, typeReasoning)
	p.Reasoning.Effort = o.Text("effort")
	if p.Reasoning.Effort == "none" {
		p.Reasoning.Mode = llm.ThinkOff
	}
	if o.Text("summary") != "" { // auto, concise and detailed are this vendor's own
		p.Reasoning.Show = "summarized"
	}
	p.Reasoning.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: typeReasoning, Value: v}}}
}
