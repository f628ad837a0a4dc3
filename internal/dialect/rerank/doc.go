// Package rerank speaks the formats in which vendors rank documents by how well
// they answer a question. They say the same with other names, so each is a
// table of names (wire formats, rerank). It must not know about conversations.
// Start with Dialect, the form that clients speak: Cohere's and Jina's.
package rerank
