package dialect

import (
	"cmp"
	"fmt"

	"sluice/internal/llm"
)

// ErrorMessage is what a client is told of an error: its message, or what can
// be read of the page of a provider that gave none (reliability rules, E3).
func ErrorMessage(e *llm.Error) string {
	if e.Message != "" || e.Kind != llm.UpstreamStatus {
		return Message(e.Message)
	}
	return pageMessage(e)
}

// PrefixedMessage is ErrorMessage with a provider's message the way clients of
// the incumbent know it: "anthropic error: Overloaded".
func PrefixedMessage(e *llm.Error) string {
	if e.Message != "" && e.Kind == llm.UpstreamStatus && e.Provider != "" {
		return Message(e.Provider + " error: " + e.Message)
	}
	return ErrorMessage(e)
}

func pageMessage(e *llm.Error) string {
	who := cmp.Or(e.Provider, "the provider")
	if page := PlainText(e.Body); page != "" {
		return Message(fmt.Sprintf("%s answered with status %d: %s", who, e.Status, page))
	}
	return fmt.Sprintf("%s answered with status %d and no reason", who, e.Status)
}
