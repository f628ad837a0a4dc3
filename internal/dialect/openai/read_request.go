package openai

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeRequest reads what a client asks (wire formats, canonical chat request).
func (codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	r := dialect.ReadRequest(body)
	room := &struct { // one piece of memory, for the few messages of most
		llm.Prompt
		messages [4]llm.Message
	}{}
	p := &room.Prompt
	p.Family, p.Model, p.Calls, p.Messages = family, r.Text("model"), "tool_calls", room.messages[:0]
	if b := r.Bool("stream"); b != nil {
		p.Stream = *b
	}
	readStreamOptions(r, p)
	if r.Peek("messages") == nil {
		r.Fail("messages", "is required")
	}
	for at, v := range r.List("messages") {
		p.Messages = append(p.Messages, readMessage(r.Object(v, at)))
	}
	readTools(r, p)
	readLegacy(r, p)
	readOutput(r, p)
	readReasoning(r, p)
	readKnobs(r, p)
	spelling := p.Extra.Spelling
	p.Extra = r.Rest(family)
	for _, word := range spelling {
		p.Extra = spelt(p.Extra, word)
	}
	return p, r.Done()
}

// readStreamOptions takes the member only if there is nothing else in it.
func readStreamOptions(r *dialect.Reader, p *llm.Prompt) {
	v := r.Peek("stream_options")
	if v == nil {
		return
	}
	o := r.Object(v, "stream_options")
	p.StreamUsage = o.Bool("include_usage")
	if len(o.Rest("").Fields) == 0 {
		r.Take("stream_options")
	}
}

func readKnobs(r *dialect.Reader, p *llm.Prompt) {
	p.Limits.MaxTokens = r.Int("max_completion_tokens")
	p.Limits.IncludesThinking = p.Limits.MaxTokens != nil
	if old := r.Int("max_tokens"); p.Limits.MaxTokens == nil {
		p.Limits.MaxTokens = old
	}
	if s, ok := jsonx.Text(r.Peek("stop")); ok {
		r.Take("stop")
		p.Limits.Stop = []string{s}
	} else {
		p.Limits.Stop = r.Texts("stop")
	}
	p.Sampling = llm.Sampling{
		Temperature: r.Float("temperature"), TopP: r.Float("top_p"),
		TopK: r.Int("top_k"), Seed: r.Int("seed"), N: r.Int("n"),
		FrequencyPenalty: r.Float("frequency_penalty"), PresencePenalty: r.Float("presence_penalty"),
	}
	p.Caller = llm.Caller{
		User: r.Text("user"), SafetyID: r.Text("safety_identifier"),
		CacheKey: r.Text("prompt_cache_key"), Tier: r.Text("service_tier"),
		Metadata: r.Take("metadata"),
	}
}

func readOutput(r *dialect.Reader, p *llm.Prompt) {
	p.Output.Verbosity = r.Text("verbosity")
	p.Output.Modalities = r.Texts("modalities")
	v := r.Peek("response_format")
	if v == nil {
		return
	}
	o := r.Object(v, "response_format")
	switch o.Text("type") {
	case "text":
	case "json_object":
		p.Output.JSON = true
	case "json_schema":
		s := o.Object(o.Take("json_schema"), "json_schema")
		p.Output.Schema = &llm.Schema{
			Name: s.Text("name"), Description: s.Text("description"),
			Raw: s.Take("schema"), Strict: s.Bool("strict"),
		}
		p.Output.Schema.Extra = s.Rest(family)
	default: // a grammar or what else a host invented
		return
	}
	r.Take("response_format")
}

// readReasoning reads the effort, and the thinking object that the incumbent
// takes in Anthropic's form and some hosts in a form of their own.
func readReasoning(r *dialect.Reader, p *llm.Prompt) {
	p.Reasoning.Effort = r.Text("reasoning_effort")
	if p.Reasoning.Effort == "none" {
		p.Reasoning.Mode = llm.ThinkOff
	}
	v := r.Peek("thinking")
	if jsonx.KindOf(v) != jsonx.Composite {
		return
	}
	o := r.Object(v, "thinking")
	switch o.Text("type") {
	case "enabled":
		p.Reasoning.Mode = llm.ThinkOn
	case "adaptive":
		p.Reasoning.Mode = llm.ThinkAdaptive
	case "disabled":
		p.Reasoning.Mode = llm.ThinkOff
	default:
		return
	}
	p.Reasoning.Budget, p.Reasoning.Show = o.Int("budget_tokens"), o.Text("display")
	p.Reasoning.Source = llm.Extra{Family: family, Fields: []llm.Field{{Name: "thinking", Value: r.Take("thinking")}}}
}

func readTools(r *dialect.Reader, p *llm.Prompt) {
	for at, v := range r.List("tools") {
		p.Tools = append(p.Tools, readTool(r.Object(v, at)))
	}
	if v := r.Take("web_search_options"); v != nil {
		p.Tools = append(p.Tools, llm.Tool{
			Builtin: "web_search_options", Web: dialect.ReadWeb(r.Object(v, "web_search_options"), family),
			Extra: llm.Extra{Family: family, Fields: []llm.Field{{Name: "web_search_options", Value: v}}},
		})
	}
	p.Choice = readChoice(r)
	p.Choice.Parallel = r.Bool("parallel_tool_calls")
}

func readTool(r *dialect.Reader) llm.Tool {
	kind, _ := jsonx.Text(r.Peek("type"))
	if kind != "function" && (kind != "custom" || jsonx.KindOf(r.Peek(kind)) != jsonx.Composite) {
		t := llm.Tool{Builtin: kind, Extra: r.Rest(family)}
		if strings.HasPrefix(kind, "web_search") {
			t.Web = dialect.ReadWeb(r, family)
		}
		return t
	}
	r.Take("type")
	f := r.Object(r.Take(kind), kind)
	t := llm.Tool{
		Name: f.Text("name"), HasDescription: f.Peek("description") != nil, Description: f.Text("description"),
		Schema: f.Take("parameters"), Strict: f.Bool("strict"),
	}
	if kind == "custom" {
		t.FreeForm, t.Schema = true, dialect.OneText
	}
	t.Cache = readCache(r)
	t.Extra = r.Rest(family)
	t.Function = f.Rest(family)
	return t
}

func readChoice(r *dialect.Reader) llm.ToolChoice {
	v := r.Take("tool_choice")
	if word, ok := jsonx.Text(v); ok {
		switch word {
		case "auto":
			return llm.ToolChoice{Mode: llm.ChoiceAuto}
		case "none":
			return llm.ToolChoice{Mode: llm.ChoiceNone}
		case "required", "any":
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
		f := o.Object(o.Take(kind), kind)
		return llm.ToolChoice{Mode: llm.ChoiceNamed, Names: []string{f.Text("name")}, Kind: kind}
	case "allowed_tools":
		return readAllowed(o.Object(o.Take("allowed_tools"), "allowed_tools"))
	default:
		return llm.ToolChoice{Mode: llm.ChoiceForeign, Raw: v, Family: family}
	}
}

func readAllowed(o *dialect.Reader) llm.ToolChoice {
	c := llm.ToolChoice{Mode: llm.ChoiceAllowed, Must: o.Text("mode") == "required"}
	for at, v := range o.List("tools") {
		t := o.Object(v, at)
		if t.Text("type") != "function" {
			t.Fail(t.Path("type"), "must be function")
			continue
		}
		f := t.Object(t.Take("function"), "function")
		c.Names = append(c.Names, f.Text("name"))
	}
	return c
}
