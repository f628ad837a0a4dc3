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
	gemini.Dialect.Name:    &gemini.Dialect,
	openai.Dialect.Name:    &openai.Dialect,
	responses.Dialect.Name: &responses.Dialect,
}

// Names are the names of all dialects, in order.
func Names() []string { return slices.Sorted(maps.Keys(byName)) }

// Find returns the dialect of that name.
func Find(name string) (*dialect.Dialect, bool) {
	d, ok := byName[name]
	return d, ok
}
