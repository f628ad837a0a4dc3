// Package cohere speaks Cohere's API: chat and vectors of version 2, and the
// older chat and text generation of version 1. It must not know URLs or
// credentials. Start with Dialect.
package cohere
