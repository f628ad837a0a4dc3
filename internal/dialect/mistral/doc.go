// Package mistral is Mistral's variant of OpenAI's chat. It knows what Mistral
// writes differently, as edits of JSON, and must not know URLs or vendors.
// Start with Of.
package mistral
