package gemini_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect/gemini"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// TestThinking: each generation of models has its own words for how much to
// think (wire formats, Gemini thinking).
func TestThinking(t *testing.T) {
	budget := func(n int64) llm.Reasoning { return llm.Reasoning{Mode: llm.ThinkOn, Budget: &n} }
	effort := func(word string) llm.Reasoning {
		r := llm.Reasoning{Effort: word}
		if word == "none" {
			r.Mode = llm.ThinkOff
		}
		return r
	}
	for _, c := range []struct {
		model string
		asked llm.Reasoning
		want  string
		lost  string
	}{
		{"gemini-2.5-flash", llm.Reasoning{}, "", ""},
		{"gemini-2.5-flash", effort("minimal"), `{"thinkingBudget":1024}`, ""},
		{"gemini-2.5-flash", effort("medium"), `{"thinkingBudget":8192}`, ""},
		{"gemini-2.5-flash", effort("xhigh"), `{"thinkingBudget":24576}`, ""},
		{"gemini-2.5-flash", effort("none"), `{"thinkingBudget":0}`, ""},
		{"gemini-2.5-flash", effort("odd"), "", "reasoning_effort"},
		{"gemini-2.5-flash", budget(30000), `{"thinkingBudget":24576,"includeThoughts":true}`, "thinking:24576"},
		{"gemini-2.5-flash", llm.Reasoning{Mode: llm.ThinkAdaptive, Show: "omitted"}, `{"thinkingBudget":-1}`, ""},
		{"gemini-2.5-pro", effort("none"), `{"thinkingBudget":128}`, "reasoning_effort:128"},
		{"gemini-2.5-pro", budget(30000), `{"thinkingBudget":30000,"includeThoughts":true}`, ""},
		{"gemini-3-flash-preview", effort("none"), `{"thinkingLevel":"minimal"}`, "reasoning_effort:minimal"},
		{"gemini-3-flash-preview", effort("medium"), `{"thinkingLevel":"medium"}`, ""},
		{"gemini-3-flash-preview", effort("xhigh"), `{"thinkingLevel":"high"}`, "reasoning_effort:high"},
		{"gemini-3-flash-preview", effort("odd"), "", "reasoning_effort"},
		{"gemini-3-flash-preview", budget(1024), `{"thinkingLevel":"low","includeThoughts":true}`, "thinking:low"},
		{"gemini-3-flash-preview", llm.Reasoning{Mode: llm.ThinkAdaptive}, `{"includeThoughts":true}`, ""},
		{"gemini-3-pro-preview", effort("minimal"), `{"thinkingLevel":"low"}`, "reasoning_effort:low"},
		{"gemini-3-pro-preview", effort("medium"), `{"thinkingLevel":"high"}`, "reasoning_effort:high"},
		{"gemini-3.1-pro-preview", effort("medium"), `{"thinkingLevel":"medium"}`, ""},
		{"gemini-flash-latest", effort("minimal"), `{"thinkingLevel":"minimal"}`, ""},
		{"gemini-2.0-flash", effort("high"), "", "reasoning_effort"},
		{"gemini-2.0-flash", effort("none"), "", ""},
		{"gemma-3-27b-it", budget(1024), "", "thinking"},
	} {
		p := &llm.Prompt{Family: "x", Model: c.model, Reasoning: c.asked, Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{{Text: "a"}}}}}
		body, lost, err := gemini.Dialect.Chat.EncodeRequest(p)
		if err != nil {
			t.Fatal(err)
		}
		got := string(jsonx.At(body, "generationConfig", "thinkingConfig"))
		if got != c.want || strings.Join(lost, ",") != c.lost {
			t.Errorf("%s %+v: %s, lost %q, want %s, %q", c.model, c.asked, got, lost, c.want, c.lost)
		}
	}
}

// TestOldModels: where there is no place for instructions the user says them.
func TestOldModels(t *testing.T) {
	p := &llm.Prompt{Family: "x", Model: "gemini-1.0-pro", Messages: []llm.Message{
		{Role: llm.System, Parts: []llm.Part{{Text: "S"}}}, {Role: llm.User, Parts: []llm.Part{{Text: "a"}}},
	}}
	body, _, err := gemini.Dialect.Chat.EncodeRequest(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"contents":[{"role":"user","parts":[{"text":"S"},{"text":"a"}]}]}`, string(body)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestEdited: a result whose text was changed on the way goes out as it is now.
func TestEdited(t *testing.T) {
	const body = `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"return_value":"secret"}}}]}]}`
	p, err := gemini.Dialect.Chat.DecodeRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	p.Messages[1].Parts[0].Result.Parts[0].Text = "[redacted]"
	got, _, err := gemini.Dialect.Chat.EncodeRequest(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(body, `{"return_value":"secret"}`, `{"output":"[redacted]"}`, 1), string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestPrefix: what was written for a conversation is the beginning of what is
// written for a longer one (vocabulary, L5).
func TestPrefix(t *testing.T) {
	p := &llm.Prompt{Family: "x", Model: "gemini-2.5-flash", Messages: []llm.Message{
		{Role: llm.System, Parts: []llm.Part{{Text: "S"}}},
		{Role: llm.User, Parts: []llm.Part{{Text: "a"}}},
		{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.PartCall, Call: &llm.Call{ID: "c", Name: "f", Args: "{}"}}}},
		{Role: llm.User, Parts: []llm.Part{{Kind: llm.PartResult, Result: &llm.Result{CallID: "c", Parts: []llm.Part{{Text: "r"}}}}}},
		{Role: llm.Assistant, Parts: []llm.Part{{Text: "b"}}},
		{Role: llm.User, Parts: []llm.Part{{Text: "c"}}},
	}}
	var before string
	for _, n := range []int{2, 4, 6} {
		short := *p
		short.Messages = p.Messages[:n]
		body, _, err := gemini.Dialect.Chat.EncodeRequest(&short)
		if err != nil {
			t.Fatal(err)
		}
		list := strings.TrimSuffix(string(jsonx.At(body, "contents")), "]")
		if !strings.HasPrefix(list, before) {
			t.Errorf("%s does not begin with %s", list, before)
		}
		before = list
	}
}
