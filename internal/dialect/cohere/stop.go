package cohere

import "sluice/internal/llm"

// stopKinds reads a finish reason (vocabulary, stop reasons). The last but one
// is version 1's word. ERROR and TIMEOUT are failures, not reasons: see failed.
var stopKinds = map[string]llm.StopKind{
	"COMPLETE": llm.StopEnd, "STOP_SEQUENCE": llm.StopSequence, "TOOL_CALL": llm.StopCalls,
	"MAX_TOKENS": llm.StopLength, "ERROR_LIMIT": llm.StopContext, "ERROR_TOXIC": llm.StopFilter,
}

func stopOf(word string, calls bool) llm.Stop {
	s := llm.Stop{Kind: llm.StopUnknown, Raw: word}
	if kind, known := stopKinds[word]; known {
		s.Kind = kind
	} else if word == "" {
		s.Kind = llm.StopUnsaid
	}
	if calls && (s.Kind == llm.StopEnd || s.Kind == llm.StopUnsaid || s.Kind == llm.StopUnknown) {
		s.Kind = llm.StopCalls
	}
	return s
}

var stopWords = [...]string{
	llm.StopUnsaid: "COMPLETE", llm.StopEnd: "COMPLETE", llm.StopSequence: "STOP_SEQUENCE",
	llm.StopCalls: "TOOL_CALL", llm.StopLength: "MAX_TOKENS", llm.StopContext: "ERROR_LIMIT",
	llm.StopRefusal: "COMPLETE", llm.StopFilter: "ERROR_TOXIC", llm.StopPause: "COMPLETE",
	llm.StopCompacted: "COMPLETE", llm.StopUnknown: "COMPLETE",
}

// stopWord is the vendor's own word if it is one of this dialect.
func stopWord(s llm.Stop) string {
	if kind, ours := stopKinds[s.Raw]; ours && kind == s.Kind {
		return s.Raw
	}
	return stopWords[s.Kind]
}
