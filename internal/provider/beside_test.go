package provider_test

import (
	"testing"

	"sluice/internal/llm"
)

// TestBesideACustomHost finds the neighbours of the path a caller gave.
func TestBesideACustomHost(t *testing.T) {
	p := find(t, "azure-ai")
	claude, _ := p.For(nil, "claude-sonnet-4-6")
	for host, want := range map[string]string{
		"https://r.services.ai.azure.com/models":     "https://r.services.ai.azure.com/anthropic/v1/messages",
		"https://r.services.ai.azure.com/anthropic/": "https://r.services.ai.azure.com/anthropic/v1/messages",
		"https://r.services.ai.azure.com":            "https://r.services.ai.azure.com/anthropic/v1/messages",
		"https://r.services.ai.azure.com/a/models":   "https://r.services.ai.azure.com/a/anthropic/v1/messages",
	} {
		if got, err := claude.URL(llm.Chat, "", host, nil, "claude-sonnet-4-6"); got != want || err != nil {
			t.Errorf("%s: %s, %v", host, got, err)
		}
		if got, err := p.URL(llm.Relay, "/messages/batches", host, nil, ""); got != want+"/batches" || err != nil {
			t.Errorf("%s: %s, %v", host, got, err)
		}
	}
	if name, value := claude.Auth.Header("k"); name != "x-api-key" || value != "k" {
		t.Errorf("the key goes out as %s: %s", name, value)
	}
	if name, value := p.Auth.Header("k"); name != "Authorization" || value != "Bearer k" {
		t.Errorf("the key goes out as %s: %s", name, value)
	}
	for vars, want := range map[string]string{"": "pass-through", "drop": "drop", "a\r\nb": ""} {
		if got := p.Sent("extra-parameters", map[string]string{"azure_extra_parameters": vars}); got != want {
			t.Errorf("%q: %q", vars, got)
		}
	}
}
