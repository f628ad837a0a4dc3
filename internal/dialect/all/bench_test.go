package all_test

import (
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
)

// BenchmarkTranslate is a client of OpenAI Chat with an Anthropic provider.
func BenchmarkTranslate(b *testing.B) {
	ask := dialecttest.ReadSample(b, &openai.Dialect, "../openai/testdata/text.txtar")
	answer := dialecttest.ReadSample(b, &anthropic.Dialect, "../anthropic/testdata/text.txtar")
	dialecttest.BenchSides(b, dialecttest.Sides{
		Client: &openai.Dialect, Provider: &anthropic.Dialect, As: dialect.Reply{Provider: "anthropic", Strict: true},
	}, ask, answer)
}
