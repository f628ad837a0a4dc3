// Package openai is the wire format of OpenAI's Chat Completions, legacy
// Completions, Embeddings and Models APIs and of the many vendors that copied
// them. It must not know which vendor it talks to: what one vendor does
// differently is either read by everyone or is a quirk in the catalogue. Start
// with Dialect.
package openai
