package anthropic

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeRequest reads what a client asks (Anthropic API, create a message).
func (codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	r := dialect.ReadRequest(body)
	p := &llm.Prompt{Family: family, Model: r.Text("model")}
	if b := r.Bool("stream"); b != nil {
		p.Stream = *b
	}
	if parts := readContent(r, "system"); len(parts) > 0 {
		p.Slot = true
		p.Messages = append(p.Messages, llm.Message{Role: llm.System, Parts: parts})
	}
	if r.Peek("messages") == nil {
		r.Fail("messages", "is required")
	}
	for at, v := range r.List("messages") {
		p.Messages = append(p.Messages, readMessage(r.Object(v, at)))
	}
	readTools(r, p)
	readOutput(r, p)
	p.Limits = llm.Limits{MaxTokens: r.Int("max_tokens"), IncludesThinking: true, Stop: r.Texts("stop_sequences")}
	p.Sampling = llm.Sampling{Temperature: r.Float("temperature"), TopP: r.Float("top_p"), TopK: r.Int("top_k")}
	p.Caller.Tier = r.Text("service_tier")
	p.Cache = readCache(r)
	if v := r.Peek("metadata"); v != nil {
		m := r.Object(v, "metadata")
		if p.Caller.User = m.Text("user_id"); len(m.Rest(family).Fields) == 0 {
			r.Take("metadata")
		}
	}
	p.Extra = r.Rest(family)
	return p, r.Done()
}

func readMessage(r *dialect.Reader) llm.Message {
	m := llm.Message{Role: llm.Role(r.Text("role"))}
	switch m.Role {
	case llm.User, llm.Assistant, llm.System:
	default:
		r.Fail(r.Path("role"), "must be user, assistant or system")
	}
	m.Parts = readContent(r, "content")
	m.Extra = r.Rest(family)
	return m
}

func readOutput(r *dialect.Reader, p *llm.Prompt) {
	if v := r.Take("output_config"); v != nil {
		o := r.Object(v, "output_config")
		p.Reasoning.Effort = o.Text("effort")
		if f := o.Peek("format"); f != nil && isText(jsonx.At(f, "type"), "json_schema") {
			s := o.Object(o.Take("format"), "format")
			s.Take("type")
			p.Output.Schema = &llm.Schema{Raw: s.Take("schema")}
			p.Output.Schema.Extra = s.Rest(family)
		}
		p.Output.Extra = o.Rest(family)
	}
	v := r.Take("thinking")
	if v == nil {
		return
	}
	t := r.Object(v, "thinking")
	switch kind := t.Text("type"); kind {
	case "enabled":
		p.Reasoning.Mode = llm.ThinkOn
	case "adaptive":
		p.Reasoning.Mode = llm.ThinkAdaptive
	case "disabled":
		p.Reasoning.Mode = llm.ThinkOff
	default:
		t.Fail(t.Path("type"), "must be enabled, adaptive or disabled")
	}
	p.Reasoning.Budget, p.Reasoning.Show = t.Int("budget_tokens"), t.Text("display")
	p.Reasoning.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: "thinking", Value: v}}}
}

func isText(v jsonx.Value, want string) bool {
	s, ok := jsonx.Text(v)
	return ok && s == want
}

func readTools(r *dialect.Reader, p *llm.Prompt) {
	for at, v := range r.List("tools") {
		p.Tools = append(p.Tools, readTool(r.Object(v, at)))
	}
	// Servers the vendor would call for the model, with credentials in them.
	if v := r.Take("mcp_servers"); v != nil && string(v) != "[]" {
		p.Tools = append(p.Tools, llm.Tool{
			Builtin: "mcp_servers",
			Extra:   llm.Extra{Family: family, Fields: []llm.Field{{Name: "mcp_servers", Value: v}}},
		})
	}
	v := r.Take("tool_choice")
	if v == nil {
		return
	}
	o := r.Object(v, "tool_choice")
	switch o.Text("type") {
	case "auto":
		p.Choice.Mode = llm.ChoiceAuto
	case "any":
		p.Choice.Mode = llm.ChoiceRequired
	case "none":
		p.Choice.Mode = llm.ChoiceNone
	case "tool":
		p.Choice.Mode, p.Choice.Names = llm.ChoiceNamed, []string{o.Text("name")}
	default:
		o.Fail(o.Path("type"), "must be auto, any, none or tool")
	}
	if single := o.Bool("disable_parallel_tool_use"); single != nil {
		parallel := !*single
		p.Choice.Parallel = &parallel
	}
}

func readTool(r *dialect.Reader) llm.Tool {
	if kind, _ := jsonx.Text(r.Peek("type")); kind != "" && kind != "custom" {
		t := llm.Tool{Builtin: kind}
		t.Name, _ = jsonx.Text(r.Peek("name"))
		t.Search = strings.HasPrefix(kind, "tool_search_tool_")
		t.Extra = r.Rest(family)
		if strings.HasPrefix(kind, "web_search_") {
			t.Web = dialect.ReadWeb(r, family)
		}
		return t
	}
	r.Take("type")
	t := llm.Tool{
		Name: r.Text("name"), HasDescription: r.Peek("description") != nil, Description: r.Text("description"),
		Schema: r.Take("input_schema"), Strict: r.Bool("strict"), Deferred: r.Bool("defer_loading"),
	}
	t.Cache = readCache(r)
	t.Extra = r.Rest(family)
	return t
}

func readCache(r *dialect.Reader) *llm.CacheMark {
	v := r.Take("cache_control")
	if v == nil {
		return nil
	}
	c := r.Object(v, "cache_control")
	c.Take("type") // there is but one: ephemeral
	mark := &llm.CacheMark{TTL: c.Text("ttl")}
	mark.Extra = c.Rest(family)
	return mark
}
