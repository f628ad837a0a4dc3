package dialect

import (
	"strings"

	"sluice/internal/llm"
)

// statusWords gives the status that fits a vendor's type or code (wire
// formats, error translation). The first row with a word in it decides.
var statusWords = []struct {
	word   string
	status int
}{
	{"rate_limit", 429},
	{"ratelimit", 429},
	{"too_many", 429},
	{"throttl", 429},
	{"resource_exhausted", 429},
	{"quota", 429},
	{"overload", 503},
	{"unavailable", 503},
	{"capacity", 503},
	{"api_key", 401},
	{"authentication", 401},
	{"unauthorized", 401},
	{"unauthenticated", 401},
	{"billing", 402},
	{"payment", 402},
	{"balance", 402},
	{"permission", 403},
	{"forbidden", 403},
	{"not_found", 404},
	{"notfound", 404},
	{"timeout", 504},
	{"deadline", 504},
	{"too_large", 413},
	{"invalid_request", 400},
	{"invalid_argument", 400},
	{"bad_request", 400},
	{"context_length", 400},
	{"validation", 400},
	{"tool_use_failed", 400},
	{"server_error", 500},
	{"api_error", 500},
	{"internal", 500},
}

// StatusOf chooses the status for a failure that came dressed up as a success,
// from the vendor's own type and code; 502 when they say nothing known.
func StatusOf(typ, code string) int {
	for _, s := range []string{typ, code} {
		s = strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(s))
		for _, row := range statusWords {
			if strings.Contains(s, row.word) {
				return row.status
			}
		}
	}
	return 502
}

// Invalid is the failure of an answer that cannot be used.
func Invalid(why string, cause error) *llm.Error {
	return &llm.Error{
		Kind: llm.InvalidResponse, Status: 502, Class: llm.ClassInvalid,
		Message: Message("the provider's answer cannot be used: " + why), Err: cause,
	}
}

// Interrupted is the failure of a stream that broke.
func Interrupted(why string, cause error) *llm.Error {
	return &llm.Error{
		Kind: llm.StreamInterrupted, Status: 502, Class: llm.ClassInvalid,
		Message: Message("the provider's stream broke: " + why), Err: cause,
	}
}
