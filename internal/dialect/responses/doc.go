// Package responses is the dialect of OpenAI's Responses API: items instead of
// turns, streams of named events that each carry a number. It must not know who
// speaks it. Start with Dialect.
package responses
