package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeRequest reads what a client asks (Amazon Bedrock API, Converse). Model
// and stream are in the address.
func (codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	return readPrompt(dialect.ReadRequest(body))
}

func readPrompt(r *dialect.Reader) (*llm.Prompt, error) {
	p := &llm.Prompt{Family: family}
	if parts := readBlocks(r, "system"); len(parts) > 0 {
		p.Slot = true
		p.Messages = append(p.Messages, llm.Message{Role: llm.System, Parts: parts})
	}
	for at, v := range r.List("messages") {
		p.Messages = append(p.Messages, readMessage(r.Object(v, at)))
	}
	var left leftover
	left.read(r, "inferenceConfig", func(o *dialect.Reader) {
		p.Limits = llm.Limits{MaxTokens: o.Int("maxTokens"), IncludesThinking: true, Stop: o.Texts("stopSequences")}
		p.Sampling = llm.Sampling{Temperature: o.Float("temperature"), TopP: o.Float("topP")}
	})
	left.read(r, "toolConfig", func(o *dialect.Reader) { readTools(o, p) })
	left.read(r, "outputConfig", func(o *dialect.Reader) { readOutput(o, p) })
	left.read(r, "serviceTier", func(o *dialect.Reader) { p.Caller.Tier = o.Text("type") })
	readMore(r, p, &left)
	p.Caller.Metadata = r.Take("requestMetadata")
	p.Extra = left.join(r.Rest(family))
	return p, r.Err()
}

func readMessage(r *dialect.Reader) llm.Message {
	m := llm.Message{Role: llm.Role(r.Text("role"))}
	if m.Role != llm.User && m.Role != llm.Assistant {
		r.Fail(r.Path("role"), "must be user or assistant")
	}
	m.Parts = readBlocks(r, "content")
	m.Extra = r.Rest(family)
	return m
}

func readTools(r *dialect.Reader, p *llm.Prompt) {
	for at, v := range r.List("tools") {
		o := r.Object(v, at)
		if mark := readMark(o); mark != nil && len(p.Tools) > 0 && p.Tools[len(p.Tools)-1].Cache == nil {
			p.Tools[len(p.Tools)-1].Cache = mark
			continue
		}
		p.Tools = append(p.Tools, readTool(o))
	}
	v := r.Take("toolChoice")
	if v == nil {
		return
	}
	o := r.Object(v, "toolChoice")
	switch {
	case o.Peek("auto") != nil:
		p.Choice.Mode = llm.ChoiceAuto
	case o.Peek("any") != nil:
		p.Choice.Mode = llm.ChoiceRequired
	case o.Peek("tool") != nil:
		name, _ := jsonx.Text(jsonx.At(o.Peek("tool"), "name"))
		p.Choice.Mode, p.Choice.Names = llm.ChoiceNamed, []string{name}
	default:
		p.Choice.Mode = llm.ChoiceForeign
	}
	p.Choice.Raw, p.Choice.Family = v, family
}

// readTool reads a tool; one that is no toolSpec is the vendor's own.
func readTool(r *dialect.Reader) llm.Tool {
	if r.Peek("toolSpec") == nil {
		t := llm.Tool{Builtin: "tool", Extra: r.Rest(family)}
		if name, ok := jsonx.Text(jsonx.At(r.Peek("systemTool"), "name")); ok {
			t.Builtin = name
		} else if len(t.Extra.Fields) > 0 {
			t.Builtin = t.Extra.Fields[0].Name
		}
		return t
	}
	var t llm.Tool
	var left leftover
	left.read(r, "toolSpec", func(o *dialect.Reader) {
		t.Name, t.HasDescription, t.Description = o.Text("name"), o.Peek("description") != nil, o.Text("description")
		t.Strict = o.Bool("strict")
		if v := o.Peek("inputSchema"); v != nil {
			s := o.Object(v, "inputSchema")
			if t.Schema = s.Take("json"); len(s.Rest(family).Fields) == 0 {
				o.Take("inputSchema")
			}
		}
	})
	t.Extra = left.join(r.Rest(family))
	return t
}

// readOutput reads the shape the answer must have. The schema travels as text.
func readOutput(r *dialect.Reader, p *llm.Prompt) {
	schema := jsonx.At(r.Peek("textFormat"), "structure", "jsonSchema")
	if schema == nil {
		return
	}
	f := r.Object(r.Take("textFormat"), "textFormat")
	s := f.Object(schema, "structure.jsonSchema")
	p.Output.Schema = &llm.Schema{Name: s.Text("name"), Description: s.Text("description")}
	text := s.Text("schema")
	if jsonx.Check([]byte(text)) != nil {
		s.Fail(s.Path("schema"), "must be JSON in a string")
		return
	}
	p.Output.Schema.Raw = jsonx.Value(text)
	p.Output.Schema.Extra = s.Rest(family)
}

const more = "additionalModelRequestFields"

// readMore reads what the families of models are asked in their own words. The
// words are kept: only their family takes them (the table of families has the
// ones we write).
func readMore(r *dialect.Reader, p *llm.Prompt, left *leftover) {
	whole := r.Peek(more)
	if whole == nil {
		return
	}
	p.Reasoning.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: more, Value: whole}}}
	left.read(r, more, func(o *dialect.Reader) {
		readThinking(o, p)
		for _, name := range []string{"top_k", "k"} {
			if k := o.Int(name); k != nil {
				p.Sampling.TopK = k
			}
		}
		if single := jsonx.At(o.Peek("tool_choice"), "disable_parallel_tool_use"); single != nil {
			several := !jsonx.IsTrue(single)
			p.Choice.Parallel = &several
			o.Take("tool_choice")
		}
		if user, ok := jsonx.Text(jsonx.At(o.Peek("metadata"), "user_id")); ok {
			p.Caller.User = user
			o.Take("metadata")
		}
		p.Sampling.FrequencyPenalty = o.Float("frequency_penalty")
		p.Sampling.PresencePenalty = o.Float("presence_penalty")
		p.Sampling.Seed = o.Int("seed")
		if k, ok := jsonx.Int(jsonx.At(o.Peek("inferenceConfig"), "topK")); ok { // Nova
			p.Sampling.TopK = &k
			o.Take("inferenceConfig")
		}
	})
}

// readThinking reads how the model shall think, in the words of each family.
func readThinking(o *dialect.Reader, p *llm.Prompt) {
	word := func(v jsonx.Value) {
		if s, ok := jsonx.Text(v); ok {
			p.Reasoning.Effort = s
		}
	}
	if v := o.Take("thinking"); jsonx.KindOf(v) == jsonx.Composite { // Claude
		t := o.Object(v, "thinking")
		kind, _ := jsonx.Text(t.Peek("type"))
		p.Reasoning.Mode = modes[kind]
		p.Reasoning.Budget, p.Reasoning.Show = t.Int("budget_tokens"), t.Text("display")
	}
	word(jsonx.At(o.Take("output_config"), "effort"))
	word(o.Take("reasoning_effort")) // gpt-oss
	word(o.Take("reasoning_config")) // Qwen
	if v := o.Take("reasoningConfig"); v != nil {
		kind, _ := jsonx.Text(jsonx.At(v, "type")) // Nova
		p.Reasoning.Mode = modes[kind]
		word(jsonx.At(v, "maxReasoningEffort"))
	}
}

var modes = map[string]llm.ThinkMode{"enabled": llm.ThinkOn, "adaptive": llm.ThinkAdaptive, "disabled": llm.ThinkOff}
