// Package secret holds strings that cannot be printed: keys of providers and
// callers. Only Reveal gives the text, and only code that sends it calls that.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// String is a text that no verb of fmt, no logger and no encoder shows.
type String struct{ text string }

// New makes a String.
func New(text string) String { return String{text} }

// Reveal returns the text.
func (s String) Reveal() string { return s.text }

// Empty reports whether there is no text.
func (s String) Empty() bool { return s.text == "" }

func (s String) String() string { return redacted }

// Format answers every verb, also %#v and %x, with the same word.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue is what slog sees.
func (s String) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is what encoders see.
func (s String) MarshalText() ([]byte, error) { return []byte(redacted), nil }
