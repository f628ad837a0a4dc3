package responses_test

import (
	"testing"

	"sluice/internal/dialect/responses"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func TestSealedThinkingIsAskedOfModelsThatThink(t *testing.T) {
	for _, c := range []struct {
		model, effort string
		want          bool
	}{
		{"gpt-5.1", "", true},
		{"o4-mini", "", true},
		{"gpt-5-chat-latest", "", false},
		{"gpt-4o", "", false},
		{"gpt-4.1-mini", "", false},
		{"my-deployment", "", false},
		{"my-deployment", "low", true},
	} {
		p := &llm.Prompt{Family: "openai-chat", Model: c.model, Reasoning: llm.Reasoning{Effort: c.effort}}
		p.Messages = []llm.Message{{Role: llm.User, Parts: []llm.Part{{Text: "x"}}}}
		body, _, err := responses.Dialect.Chat.EncodeRequest(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := jsonx.At(body, "include") != nil; got != c.want {
			t.Errorf("%s, effort %q: asked %v", c.model, c.effort, got)
		}
		if string(jsonx.At(body, "store")) != "false" {
			t.Errorf("%s would be kept: %s", c.model, body)
		}
	}
}
