// Package embedding speaks the formats in which vendors make vectors of texts,
// where they are neither OpenAI's nor part of a larger API that is spoken here.
// They differ in names, so each is a table of names (wire formats, legacy PaLM
// and smaller wires). Only providers speak them. It must not know about pictures
// or conversations. Start with names.
package embedding
