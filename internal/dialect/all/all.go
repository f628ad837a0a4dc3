// Package all lists every dialect. It must not know anything about them but
// their names. Start with Find.
package all

import (
	"maps"
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/gemini"
	"sluice/internal/dialect/openai"
	"sluice/internal/dialect/responses"
)

var byName = map[string]*dialect.Dialect{
	anthropic.Dialect.Name: &anthropic.Dialect,
	bedrock.Dialect.Name:   &bedrock.Dialect,
	bedrock.Invoke.Name:    &bedrock.Invoke,
	gemini.Dialect.Name:    &gemini.Dialect,
	gemini.Predict.Name:    &gemini.Predict,
	openai.Dialect.Name:    &openai.Dialect,
	responses.Dialect.Name: &responses.Dialect,
}

// Chats are the names of the dialects that have conversations, in order.
func Chats() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(byName)), func(name string) bool { return byName[name].Chat == nil })
}

// Find returns the dialect of that name.
func Find(name string) (*dialect.Dialect, bool) {
	d, ok := byName[name]
	return d, ok
}
