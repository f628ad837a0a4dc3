// Package plain speaks the older formats in which nothing but text goes back
// and forth: a prompt, or turns of texts, and what the model makes of it. They
// differ in names, so each is a table of names with a way to read the answer
// (wire formats, legacy PaLM and smaller wires). Only providers speak them. It
// must not know about tools or media. Start with format.
package plain
