package bedrock_test

import (
	"errors"
	"strings"
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func ask(model string) llm.Prompt {
	return llm.Prompt{Family: "other", Model: model, Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{{Text: "x"}}}}}
}

func p[T any](v T) *T { return &v }

// encoded writes a prompt; a refusal is its field.
func encoded(t *testing.T, prompt *llm.Prompt) (body, lost, refused string) {
	t.Helper()
	out, losses, err := bedrock.Dialect.Chat.EncodeRequest(prompt)
	if e := new(llm.Error); errors.As(err, &e) {
		return "", "", e.Param
	}
	if err != nil || jsonx.Check(out) != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return string(out), strings.Join(losses, " "), ""
}

// TestThinking asks models of each family to think, in its own words (wire
// formats, Converse request; bedrock-converse-2ed00ed6c7c8, -85d2379bc346 and
// -a049fb25f52a for Qwen, gpt-oss and Claude).
func TestThinking(t *testing.T) {
	for _, c := range []struct {
		model string
		how   llm.Reasoning
		limit int64
		want  string // what the family's own fields are
		max   string // what the limit becomes
		lost  string
	}{
		{"us.anthropic.claude-sonnet-4-6", llm.Reasoning{Effort: "high"}, 0, `{"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}}`, "", ""},
		{"us.anthropic.claude-sonnet-4-6", llm.Reasoning{Effort: "xhigh"}, 0, `{"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}}`, "", ""},
		{"us.anthropic.claude-opus-4-7", llm.Reasoning{Mode: llm.ThinkOff}, 0, `{"thinking":{"type":"disabled"}}`, "", ""},
		{"us.anthropic.claude-opus-4-7", llm.Reasoning{Effort: "furious"}, 0, `{"thinking":{"type":"adaptive"}}`, "", "reasoning_effort"},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", llm.Reasoning{Effort: "low"}, 100, `{"thinking":{"type":"enabled","budget_tokens":6400}}`, `{"maxTokens":6500}`, ""},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", llm.Reasoning{Mode: llm.ThinkOn, Budget: p(int64(2000))}, 1500, "", `{"maxTokens":1500}`, "thinking"},
		{"us.anthropic.claude-sonnet-4-5-20250929-v1:0", llm.Reasoning{Mode: llm.ThinkOff}, 0, "", "", ""},
		{"anthropic.claude-3-haiku-20240307-v1:0", llm.Reasoning{Effort: "low"}, 0, "", "", "reasoning_effort"},
		{"arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", llm.Reasoning{Effort: "low"}, 0, `{"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}}`, "", ""},
		{"us.amazon.nova-2-lite-v1:0", llm.Reasoning{Effort: "low"}, 9, `{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}`, `{"maxTokens":9}`, ""},
		{"us.amazon.nova-2-lite-v1:0", llm.Reasoning{Effort: "max"}, 9, `{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}}`, "", "max_tokens"},
		{"us.amazon.nova-2-lite-v1:0", llm.Reasoning{Mode: llm.ThinkOff}, 0, `{"reasoningConfig":{"type":"disabled"}}`, "", ""},
		{"us.amazon.nova-pro-v1:0", llm.Reasoning{Effort: "low"}, 0, "", "", "reasoning_effort"},
		{"openai.gpt-oss-120b-1:0", llm.Reasoning{Effort: "minimal"}, 0, `{"reasoning_effort":"low"}`, "", ""},
		{"openai.gpt-oss-120b-1:0", llm.Reasoning{Mode: llm.ThinkOff, Effort: "none"}, 0, "", "", "reasoning_effort"},
		{"openai.gpt-oss-120b-1:0", llm.Reasoning{Mode: llm.ThinkOn, Budget: p(int64(5))}, 0, `{"reasoning_effort":"medium"}`, "", "thinking"},
		{"qwen.qwen3-32b-v1:0", llm.Reasoning{Effort: "high"}, 0, `{"reasoning_config":"high"}`, "", ""},
		{"us.deepseek.r1-v1:0", llm.Reasoning{Effort: "high"}, 0, "", "", "reasoning_effort"},
	} {
		prompt := ask(c.model)
		prompt.Reasoning = c.how
		if c.limit > 0 {
			prompt.Limits.MaxTokens = &c.limit
		}
		body, lost, refused := encoded(t, &prompt)
		got := string(jsonx.At(jsonx.Value(body), "additionalModelRequestFields"))
		limit := string(jsonx.At(jsonx.Value(body), "inferenceConfig"))
		if got != c.want || limit != c.max || lost != c.lost || refused != "" {
			t.Errorf("%s, %+v: %s, limit %s, lost %q, refused %q", c.model, c.how, got, limit, lost, refused)
		}
	}
}

// TestKnobs gives each family the knobs it has.
func TestKnobs(t *testing.T) {
	all := llm.Sampling{Temperature: p(1.5), TopP: p(0.5), TopK: p(int64(7)), Seed: p(int64(1)), FrequencyPenalty: p(0.1), PresencePenalty: p(0.2), N: p(int64(2))}
	const rest = "frequency_penalty presence_penalty seed n"
	for _, c := range []struct{ model, want, more, lost string }{
		{"us.anthropic.claude-opus-4-7", "", "", "temperature top_k top_p " + rest},
		{"us.anthropic.claude-sonnet-4-5-v1:0", `{"temperature":1}`, `{"top_k":7}`, "temperature:clamped top_p " + rest},
		{"anthropic.claude-3-haiku-v1:0", `{"temperature":1,"topP":0.5}`, `{"top_k":7}`, "temperature:clamped " + rest},
		{"us.amazon.nova-lite-v1:0", `{"temperature":1,"topP":0.5}`, `{"inferenceConfig":{"topK":7}}`, "temperature:clamped " + rest},
		{"cohere.command-r-v1:0", `{"temperature":1,"topP":0.5}`, `{"k":7,"frequency_penalty":0.1,"presence_penalty":0.2,"seed":1}`, "temperature:clamped n"},
		{"us.meta.llama4-maverick-17b-instruct-v1:0", `{"temperature":1,"topP":0.5}`, "", "temperature:clamped top_k " + rest},
	} {
		prompt := ask(c.model)
		prompt.Sampling = all
		body, lost, _ := encoded(t, &prompt)
		got, more := string(jsonx.At(jsonx.Value(body), "inferenceConfig")), string(jsonx.At(jsonx.Value(body), "additionalModelRequestFields"))
		if got != c.want || more != c.more || lost != c.lost {
			t.Errorf("%s: %s %s, lost %q", c.model, got, more, lost)
		}
	}
}

func tools(names ...string) (all []llm.Tool) {
	for _, name := range names {
		all = append(all, llm.Tool{Name: name, HasDescription: true, Schema: jsonx.Value(`{"properties":{}}`), Strict: p(true)})
	}
	return all
}

func TestToolChoice(t *testing.T) {
	const (
		a     = `{"toolSpec":{"name":"a","inputSchema":{"json":{"properties":{},"type":"object"}},"strict":true}}`
		b     = `{"toolSpec":{"name":"b","inputSchema":{"json":{"properties":{},"type":"object"}},"strict":true}}`
		weakA = `{"toolSpec":{"name":"a","inputSchema":{"json":{"properties":{},"type":"object"}}}}`
		both  = `"tools":[` + a + "," + b + `]`
	)
	const sonnet = "us.anthropic.claude-sonnet-4-5-v1:0"
	single := llm.ToolChoice{Mode: llm.ChoiceNamed, Names: []string{"a"}, Parallel: p(false)}
	for _, c := range []struct {
		model               string
		choice              llm.ToolChoice
		want, lost, refused string
	}{
		{sonnet, llm.ToolChoice{}, `{` + both + `}`, "", ""},
		{sonnet, llm.ToolChoice{Mode: llm.ChoiceAuto}, `{` + both + `,"toolChoice":{"auto":{}}}`, "", ""},
		{sonnet, llm.ToolChoice{Mode: llm.ChoiceRequired}, `{` + both + `,"toolChoice":{"any":{}}}`, "", ""},
		{sonnet, single, `{` + both + `,"toolChoice":{"tool":{"name":"a"}}}`, "", ""},
		{sonnet, llm.ToolChoice{Mode: llm.ChoiceAllowed, Names: []string{"b"}, Must: true}, `{"tools":[` + b + `],"toolChoice":{"any":{}}}`, "tools[0]", ""},
		{sonnet, llm.ToolChoice{Mode: llm.ChoiceNone}, "", "tools[0] tools[1]", ""},
		{sonnet, llm.ToolChoice{Mode: llm.ChoiceForeign}, "", "", "tool_choice"},
		{"us.mistral.pixtral-large-2502-v1:0", llm.ToolChoice{Mode: llm.ChoiceNamed, Names: []string{"a"}}, `{"tools":[` + weakA + `],"toolChoice":{"any":{}}}`, "tools[0].strict tools[1]", ""},
		{"us.meta.llama4-maverick-17b-instruct-v1:0", llm.ToolChoice{Mode: llm.ChoiceRequired}, "", "", "tool_choice"},
		{"minimax.minimax-m2", single, `{` + both + `,"toolChoice":{"tool":{"name":"a"}}}`, "parallel_tool_calls", ""},
	} {
		prompt := ask(c.model)
		prompt.Tools, prompt.Choice = tools("a", "b"), c.choice
		body, lost, refused := encoded(t, &prompt)
		if got := string(jsonx.At(jsonx.Value(body), "toolConfig")); got != c.want || lost != c.lost || refused != c.refused {
			t.Errorf("%s, %+v: %s, lost %q, refused %q", c.model, c.choice, got, lost, refused)
		}
	}
	prompt := ask(sonnet)
	prompt.Tools, prompt.Choice = tools("a"), single
	if body, _, _ := encoded(t, &prompt); !strings.Contains(body, `{"tool_choice":{"type":"tool","name":"a","disable_parallel_tool_use":true}}`) {
		t.Errorf("one call at a time: %s", body)
	}
}

// TestCalls: ids become what the family takes, tools that are only talked of are
// defined, and what nobody answered gets an answer.
func TestCalls(t *testing.T) {
	call := func(id string) llm.Part {
		return llm.Part{Kind: llm.PartCall, Call: &llm.Call{ID: id, Name: "f", Args: `{"a": 1}`}}
	}
	result := func(id string) llm.Part {
		return llm.Part{Kind: llm.PartResult, Result: &llm.Result{CallID: id, Parts: []llm.Part{{Text: " "}}}}
	}
	for _, c := range []struct {
		model string
		parts []llm.Part // of the model's turn and the next
		back  []llm.Part
		want  string
		lost  string
	}{
		{
			"moonshot.kimi-k2-thinking",
			[]llm.Part{call("functions.f:0"), call("ünfit")},
			[]llm.Part{result("ünfit"), result("functions.f:0"), {Text: "y"}},
			`{"role":"assistant","content":[{"toolUse":{"toolUseId":"functions.f:0","name":"f","input":{"a": 1}}},{"toolUse":{"toolUseId":"call_o743siz3iiysdvtvqd2xwdap","name":"f","input":{"a": 1}}}]},` +
				`{"role":"user","content":[{"toolResult":{"toolUseId":"functions.f:0","content":[]}},{"toolResult":{"toolUseId":"call_o743siz3iiysdvtvqd2xwdap","content":[]}},{"text":"y"}]}`, "",
		},
		{
			"us.mistral.pixtral-large-2502-v1:0",
			[]llm.Part{call("getphoto1")},
			[]llm.Part{{Text: "y"}},
			`{"role":"assistant","content":[{"toolUse":{"toolUseId":"getphoto1","name":"f","input":{"a": 1}}}]},` +
				`{"role":"user","content":[{"toolResult":{"toolUseId":"getphoto1","content":[{"text":"no result given"}],"status":"error"}},{"text":"y"}]}`,
			"tool_calls:getphoto1:result",
		},
	} {
		prompt := ask(c.model)
		prompt.Messages = append(prompt.Messages, llm.Message{Role: llm.Assistant, Parts: c.parts}, llm.Message{Role: llm.User, Parts: c.back})
		body, lost, refused := encoded(t, &prompt)
		if !strings.Contains(body, c.want) || lost != c.lost || refused != "" {
			t.Errorf("%s: %s, lost %q, refused %q, want %s", c.model, body, lost, refused, c.want)
		}
		if !strings.Contains(body, `"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]}`) {
			t.Errorf("the tool is not defined: %s", body)
		}
	}
	prompt := ask("us.mistral.pixtral-large-2502-v1:0")
	prompt.Messages = append(prompt.Messages, llm.Message{Role: llm.Assistant, Parts: []llm.Part{call("toolu_01")}}, llm.Message{Role: llm.User, Parts: []llm.Part{result("toolu_01")}})
	body, _, _ := encoded(t, &prompt)
	id, _ := jsonx.Text(jsonx.At(jsonx.Value(body), "messages", "1", "content", "0", "toolUse", "toolUseId"))
	if len(id) != 9 || strings.Count(body, id) != 2 {
		t.Errorf("an id of nine: %q in %s", id, body)
	}
	prompt.Messages = prompt.Messages[2:]
	if _, _, refused := encoded(t, &prompt); refused != "messages[0].content[0]" {
		t.Errorf("a result without a call: %q", refused)
	}
}

// TestTurns: roles alternate, blank texts stay out, instructions keep their
// place, documents have names and a text beside them.
func TestTurns(t *testing.T) {
	say := func(role llm.Role, parts ...llm.Part) llm.Message { return llm.Message{Role: role, Parts: parts} }
	text := func(s string) llm.Part { return llm.Part{Text: s} }
	pdf := func(name string) llm.Part {
		return llm.Part{Kind: llm.PartMedia, Media: &llm.Media{Kind: llm.Document, Name: name, Data: "JVBERi0="}}
	}
	for name, c := range map[string]struct {
		model    string
		messages []llm.Message
		json     bool
		want     string
		lost     string
		refused  string
	}{
		"runs": {
			"us.amazon.nova-lite-v1:0",
			[]llm.Message{say(llm.System, text("s"), text(" ")), say(llm.User, text("a")), say(llm.User, text(""), text("b")), say(llm.Developer, text("d")), say(llm.Assistant, text("c \n"))},
			false,
			`{"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"a"},{"text":"b"},{"text":"<system>d</system>"}]},{"role":"assistant","content":[{"text":"c"}]}]}`, "messages[3].role", "",
		},
		"the model first": {
			"us.amazon.nova-lite-v1:0",
			[]llm.Message{say(llm.Assistant, text("a")), say(llm.User, text("b"))},
			false,
			`{"messages":[{"role":"user","content":[{"text":"."}]},{"role":"assistant","content":[{"text":"a"}]},{"role":"user","content":[{"text":"b"}]}]}`, "", "",
		},
		"Claude first": {
			"us.anthropic.claude-sonnet-4-5-v1:0",
			[]llm.Message{say(llm.Assistant, text("a")), say(llm.User, text("b"))},
			false,
			`{"messages":[{"role":"assistant","content":[{"text":"a"}]},{"role":"user","content":[{"text":"b"}]}]}`, "", "",
		},
		"instructions alone": {"us.amazon.nova-lite-v1:0", []llm.Message{say(llm.System, text("s"))}, false, `{"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"."}]}]}`, "", ""},
		"JSON": {
			"us.amazon.nova-lite-v1:0",
			[]llm.Message{say(llm.User, text("a"))},
			true,
			`{"system":[{"text":"Answer with one valid JSON object and nothing else: no text around it and no code fence."}],"messages":[{"role":"user","content":[{"text":"a"}]}]}`, "", "",
		},
		"documents": {
			"us.amazon.nova-lite-v1:0",
			[]llm.Message{say(llm.User, pdf("a/b.c.pdf"), pdf("a b c"), pdf(""))},
			false,
			`{"messages":[{"role":"user","content":[{"document":{"format":"pdf","name":"a b c","source":{"bytes":"JVBERi0="}}},{"document":{"format":"pdf","name":"a b c-2","source":{"bytes":"JVBERi0="}}},{"document":{"format":"pdf","name":"document","source":{"bytes":"JVBERi0="}}},{"text":"."}]}]}`, "", "",
		},
		"nothing":         {"us.amazon.nova-lite-v1:0", nil, false, "", "", "messages"},
		"only foreign":    {"us.amazon.nova-lite-v1:0", []llm.Message{say(llm.User, text("a")), say(llm.Assistant, llm.Part{Kind: llm.PartThinking, Text: "h"})}, false, "", "", "messages[1]"},
		"prefill refused": {"us.anthropic.claude-opus-4-7", []llm.Message{say(llm.User, text("a")), say(llm.Assistant, text("b"))}, false, "", "", "messages"},
	} {
		prompt := llm.Prompt{Family: "other", Model: c.model, Messages: c.messages, Output: llm.Output{JSON: c.json}}
		body, lost, refused := encoded(t, &prompt)
		if body != c.want || lost != c.lost || refused != c.refused {
			t.Errorf("%s: %s, lost %q, refused %q\nwant %s", name, body, lost, refused, c.want)
		}
	}
}

// TestBeside: what clients of other dialects can say about this vendor, and what
// they say about themselves.
func TestBeside(t *testing.T) {
	prompt := ask("us.anthropic.claude-3-haiku-v1:0")
	prompt.Caller = llm.Caller{User: "u1", Tier: "priority", Metadata: jsonx.Value(`{"team":"a b"}`)}
	prompt.Extra = llm.Extra{Family: "other", Fields: []llm.Field{
		{Name: "guardrail_config", Value: jsonx.Value(`{"guardrailIdentifier":"g"}`)},
		{Name: "performanceConfig", Value: jsonx.Value(`{"latency":"optimized"}`)},
		{Name: "additional_model_request_fields", Value: jsonx.Value(`{"x":1}`)},
		{Name: "anthropic_beta", Value: jsonx.Value(`"a, b"`)},
		{Name: "private", Value: jsonx.Value(`1`)},
	}}
	want := `{"messages":[{"role":"user","content":[{"text":"x"}]}],"serviceTier":{"type":"priority"},"requestMetadata":{"team":"a b"},` +
		`"guardrailConfig":{"guardrailIdentifier":"g"},"performanceConfig":{"latency":"optimized"},` +
		`"additionalModelRequestFields":{"metadata":{"user_id":"u1"},"x":1,"anthropic_beta":["a","b"]}}`
	if body, lost, _ := encoded(t, &prompt); body != want || lost != "private" {
		t.Errorf("%s, lost %q, want %s", body, lost, want)
	}
	prompt.Caller = llm.Caller{User: "a@b", Tier: "scale", Metadata: jsonx.Value(`{"team":["a"]}`)}
	prompt.Extra, prompt.Limits.Stop = llm.Extra{}, []string{" ", "END"}
	if body, lost, _ := encoded(t, &prompt); lost != "stop[0] service_tier metadata" || strings.Contains(body, "user_id") {
		t.Errorf("%s, lost %q", body, lost)
	}
	for _, field := range []struct {
		name string
		set  func(*llm.Prompt)
	}{
		{"modalities", func(p *llm.Prompt) { p.Output.Modalities = []string{"text", "audio"} }},
		{"response_format", func(p *llm.Prompt) { p.Output.Schema = &llm.Schema{Raw: jsonx.Value("{}")} }},
		{"tools[0]", func(p *llm.Prompt) { p.Tools = []llm.Tool{{Builtin: "web_search", Web: &llm.Web{}}} }},
		{"previous", func(p *llm.Prompt) { p.State.Kept = []string{"previous"} }},
	} {
		prompt := ask("us.anthropic.claude-3-haiku-v1:0")
		field.set(&prompt)
		if _, _, refused := encoded(t, &prompt); refused != field.name {
			t.Errorf("%s: refused %q", field.name, refused)
		}
	}
}
