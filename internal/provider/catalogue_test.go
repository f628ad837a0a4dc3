package provider_test

import (
	"slices"
	"sync"
	"testing"

	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/providers"
)

// shared is the catalogue of tests that only read.
var shared = sync.OnceValues(func() (*provider.Catalogue, error) { return provider.Load(providers.FS) })

func catalogue(tb testing.TB) *provider.Catalogue {
	tb.Helper()
	c, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func find(tb testing.TB, id string) *provider.Provider {
	tb.Helper()
	p, ok := catalogue(tb).Find(id)
	if !ok {
		tb.Fatalf("no provider %s", id)
	}
	return p
}

func TestFind(t *testing.T) {
	c := catalogue(t)
	for name, want := range map[string]string{"openai": "openai", "together": "together-ai", "xai": "x-ai", "gemini": "google", "OpenAI": "", "": "", "nobody": ""} {
		got := ""
		if p, ok := c.Find(name); ok {
			got = p.ID
		}
		if got != want {
			t.Errorf("Find(%q) is %q, want %q", name, got, want)
		}
	}
}

func TestAllIsSortedAndApart(t *testing.T) {
	c := catalogue(t)
	all := c.All()
	if !slices.IsSortedFunc(all, func(a, b *provider.Provider) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	}) {
		t.Error("not sorted")
	}
	all[0] = nil
	if c.All()[0] == nil {
		t.Error("a caller changed the catalogue")
	}
}

func TestSuggest(t *testing.T) {
	c := catalogue(t)
	for in, want := range map[string]string{
		"opneai": "openai", "OpenAI": "openai", "antropic": "anthropic", "mistral_ai": "mistral-ai", "together-iq": "together-ai", "deepsek": "deepseek",
		"azure_openai": "azure-openai", "groqq": "groq", "": "", "something-else-entirely": "", "qwertyuiop": "",
	} {
		if got := c.Suggest(in); got != want {
			t.Errorf("Suggest(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestAdd(t *testing.T) {
	c, err := provider.Load(providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	mock := &provider.Provider{
		ID: "mock", Title: "Built-in fake", BaseURL: "http://127.0.0.1:8788/v1", Local: true, Auth: provider.Auth{Scheme: provider.NoAuth},
		Ops: map[llm.Op]provider.Endpoint{llm.Chat: {Dialect: "openai", Path: "/chat/completions"}},
	}
	if err := c.Add(mock); err != nil {
		t.Fatal(err)
	}
	if p, ok := c.Find("mock"); !ok || p != mock {
		t.Error("mock is not found")
	}
	if !slices.Contains(c.All(), mock) {
		t.Error("mock is not listed")
	}
	if err := c.Add(mock); err == nil {
		t.Error("mock was added twice")
	}
	if err := c.Add(&provider.Provider{ID: "half"}); err == nil {
		t.Error("a provider with nothing in it was added")
	}
}

// The ids of the gateway contract (provider ids), without the one for its own
// hosted service.
var contractIDs = []string{
	"anthropic", "anyscale", "azure-openai", "cohere", "google", "vertex-ai", "mistral-ai", "openai", "palm", "perplexity-ai", "reka-ai", "together-ai", "deepinfra",
	"ncompass", "stability-ai", "nomic", "ollama", "ai21", "bedrock", "groq", "segmind", "jina", "fireworks-ai", "workers-ai", "moonshot", "openrouter", "lingyi", "zhipu",
	"novita-ai", "monsterapi", "deepseek", "predibase", "triton", "voyage", "azure-ai", "github", "deepbricks", "siliconflow", "huggingface", "cerebras", "inference-net",
	"sambanova", "lemonfox-ai", "upstage", "lambda", "dashscope", "x-ai", "cortex", "sagemaker", "nebius", "recraft-ai", "milvus", "replicate", "lepton", "kluster-ai",
	"nscale", "hyperbolic", "bytez", "featherless-ai", "krutrim", "qdrant", "302ai", "cometapi", "matterai", "meshy", "tripo3d", "nextbit", "modal", "z-ai", "oracle",
	"iointelligence", "aibadgr", "ovhcloud",
}

func TestContractIDsAreKnown(t *testing.T) {
	c := catalogue(t)
	for _, id := range contractIDs {
		if p, ok := c.Find(id); !ok || p.ID != id {
			t.Errorf("%s is not known by that id", id)
		}
	}
	if n := len(c.All()); n != 216 {
		t.Errorf("%d providers, want 216", n)
	}
}

func TestModelsAreKnown(t *testing.T) {
	p := find(t, "openai")
	if !slices.Contains(p.Models, "gpt-4o") || !slices.IsSorted(p.Models) {
		t.Errorf("models of openai: %d, sorted %v", len(p.Models), slices.IsSorted(p.Models))
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := provider.Load(providers.FS); err != nil {
			b.Fatal(err)
		}
	}
}
