// Package llm holds the words everyone shares: operations, answers, failures,
// usage and, for translation, the one vocabulary of chats and events. It is
// data only: it knows no wire format, no provider and no network. Start with
// Answer.
package llm
