package providertest_test

import (
	"slices"
	"testing"

	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/provider/providertest"
	"sluice/providers"
)

func catalogue(t *testing.T) *provider.Catalogue {
	t.Helper()
	c, err := provider.Load(providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCatalogue(t *testing.T) { providertest.Run(t, catalogue(t)) }

// What well-known vendors document, written down by hand, so that the suite
// does not only compare the catalogue with itself.
func TestWellKnownVendors(t *testing.T) {
	c := catalogue(t)
	for _, want := range []struct {
		id             string
		vars           map[string]string
		chat, embed    string // empty: not supported
		models         string
		header, value  string
		relay, relayed string
	}{
		{"openai", nil, "https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/embeddings", "https://api.openai.com/v1/models", "Authorization", "Bearer K", "/images/generations", "https://api.openai.com/v1/images/generations"},
		{"groq", nil, "https://api.groq.com/openai/v1/chat/completions", "", "https://api.groq.com/openai/v1/models", "Authorization", "Bearer K", "/audio/transcriptions", "https://api.groq.com/openai/v1/audio/transcriptions"},
		{"mistral-ai", nil, "https://api.mistral.ai/v1/chat/completions", "https://api.mistral.ai/v1/embeddings", "https://api.mistral.ai/v1/models", "Authorization", "Bearer K", "/fim/completions", "https://api.mistral.ai/v1/fim/completions"},
		{"together-ai", nil, "https://api.together.xyz/v1/chat/completions", "https://api.together.xyz/v1/embeddings", "https://api.together.xyz/v1/models", "Authorization", "Bearer K", "/rerank", "https://api.together.xyz/v1/rerank"},
		{"deepseek", nil, "https://api.deepseek.com/v1/chat/completions", "", "https://api.deepseek.com/models", "Authorization", "Bearer K", "/messages", "https://api.deepseek.com/anthropic/v1/messages"},
		{"x-ai", nil, "https://api.x.ai/v1/chat/completions", "https://api.x.ai/v1/embeddings", "https://api.x.ai/v1/models", "Authorization", "Bearer K", "/responses", "https://api.x.ai/v1/responses"},
		{"openrouter", nil, "https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1/embeddings", "https://openrouter.ai/api/v1/models", "Authorization", "Bearer K", "/generation", "https://openrouter.ai/api/v1/generation"},
		{"perplexity-ai", nil, "https://api.perplexity.ai/chat/completions", "https://api.perplexity.ai/v1/embeddings", "", "Authorization", "Bearer K", "/search", "https://api.perplexity.ai/search"},
		{"fireworks-ai", nil, "https://api.fireworks.ai/inference/v1/chat/completions", "https://api.fireworks.ai/inference/v1/embeddings", "https://api.fireworks.ai/inference/v1/models", "Authorization", "Bearer K", "/messages", "https://api.fireworks.ai/inference/v1/messages"},
		{"cerebras", nil, "https://api.cerebras.ai/v1/chat/completions", "", "https://api.cerebras.ai/v1/models", "Authorization", "Bearer K", "/batches", "https://api.cerebras.ai/v1/batches"},
		{"deepinfra", nil, "https://api.deepinfra.com/v1/openai/chat/completions", "https://api.deepinfra.com/v1/openai/embeddings", "https://api.deepinfra.com/v1/openai/models", "Authorization", "Bearer K", "/messages", "https://api.deepinfra.com/anthropic/v1/messages"},
		{"voyage", nil, "", "https://api.voyageai.com/v1/embeddings", "", "Authorization", "Bearer K", "/rerank", "https://api.voyageai.com/v1/rerank"},
		{
			"azure-openai",
			map[string]string{"resource_name": "contoso", "deployment_id": "gpt-4.1", "api_version": "2024-10-21"},
			"https://contoso.openai.azure.com/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21", "https://contoso.openai.azure.com/openai/deployments/gpt-4.1/embeddings?api-version=2024-10-21",
			"https://contoso.openai.azure.com/openai/models?api-version=2024-10-21", "api-key", "K", "/audio/speech", "https://contoso.openai.azure.com/openai/deployments/gpt-4.1/audio/speech?api-version=2024-10-21",
		},
		{"anthropic", nil, "https://api.anthropic.com/v1/messages", "", "", "x-api-key", "K", "/messages/count_tokens", "https://api.anthropic.com/v1/messages/count_tokens"},
		{"vllm", nil, "http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1/embeddings", "http://localhost:8000/v1/models", "Authorization", "Bearer K", "/rerank", "http://localhost:8000/v1/rerank"},
		{"baseten", nil, "https://inference.baseten.co/v1/chat/completions", "https://inference.baseten.co/v1/embeddings", "https://inference.baseten.co/v1/models", "Authorization", "Api-Key K", "/batches", "https://inference.baseten.co/v1/batches"},
	} {
		t.Run(want.id, func(t *testing.T) {
			p, ok := c.Find(want.id)
			if !ok {
				t.Fatal("not known")
			}
			at := func(op llm.Op, path string) string {
				got, err := p.URL(op, path, "", want.vars, "m")
				if err != nil {
					return ""
				}
				return got
			}
			got := []string{at(llm.Chat, ""), at(llm.Embed, ""), at(llm.Models, ""), at(llm.Relay, want.relay)}
			if expected := []string{want.chat, want.embed, want.models, want.relayed}; !slices.Equal(got, expected) {
				t.Errorf("got  %q\nwant %q", got, expected)
			}
			if name, value := p.Auth.Header("K"); name != want.header || value != want.value {
				t.Errorf("the key goes out as %s: %s", name, value)
			}
		})
	}
}

// Names of dialects and schemes are typed by hand in two hundred files; a new
// one must be meant.
func TestWordsOfTheCatalogue(t *testing.T) {
	dialects := map[string]bool{}
	for _, p := range catalogue(t).All() {
		for _, e := range p.Ops {
			dialects[e.Dialect] = true
		}
		if len(p.Quirks.Rename)+len(p.Quirks.Drop)+len(p.Quirks.Clamp)+len(p.Quirks.Values) > 0 && !speaksOpenAI(p) {
			t.Errorf("%s has quirks of a dialect it does not speak", p.ID)
		}
	}
}

func speaksOpenAI(p *provider.Provider) bool {
	for _, e := range p.Ops {
		if slices.Contains([]string{"openai", "mistral", "watsonx"}, e.Dialect) { // the others are variants of it
			return true
		}
	}
	return false
}
