package gemini

import "sluice/internal/llm"

// stopKinds reads a finish reason (vocabulary, stop reasons). A word that is
// not here ends an answer like STOP.
var stopKinds = map[string]llm.StopKind{
	"STOP": llm.StopEnd, "MAX_TOKENS": llm.StopLength,
	"SAFETY": llm.StopFilter, "RECITATION": llm.StopFilter, "LANGUAGE": llm.StopFilter, "BLOCKLIST": llm.StopFilter,
	"PROHIBITED_CONTENT": llm.StopFilter, "SPII": llm.StopFilter, "MODEL_ARMOR": llm.StopFilter,
	"IMAGE_SAFETY": llm.StopFilter, "IMAGE_PROHIBITED_CONTENT": llm.StopFilter, "IMAGE_RECITATION": llm.StopFilter,
	"MALFORMED_FUNCTION_CALL": llm.StopUnknown, "UNEXPECTED_TOOL_CALL": llm.StopUnknown, "TOO_MANY_TOOL_CALLS": llm.StopUnknown,
	"NO_IMAGE": llm.StopUnknown, "IMAGE_OTHER": llm.StopUnknown, "OTHER": llm.StopUnknown,
	"FINISH_REASON_UNSPECIFIED": llm.StopUnknown, "MISSING_THOUGHT_SIGNATURE": llm.StopUnknown, "MALFORMED_RESPONSE": llm.StopUnknown,
}

// badCalls are the reasons that make calls of the answer none: the vendor has
// rejected them, and nobody shall run them.
var badCalls = map[string]bool{
	"MALFORMED_FUNCTION_CALL": true, "UNEXPECTED_TOOL_CALL": true, "TOO_MANY_TOOL_CALLS": true,
}

// stopOf derives why an answer ended. This dialect has no word for calls.
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
	llm.StopUnsaid: "STOP", llm.StopEnd: "STOP", llm.StopSequence: "STOP", llm.StopCalls: "STOP",
	llm.StopLength: "MAX_TOKENS", llm.StopContext: "MAX_TOKENS",
	llm.StopRefusal: "SAFETY", llm.StopFilter: "SAFETY",
	llm.StopPause: "STOP", llm.StopCompacted: "STOP", llm.StopUnknown: "STOP",
}

// stopWord is the vendor's own word if it is one of this dialect; native says
// that it is, known or not.
func stopWord(s llm.Stop, native bool) string {
	if _, ours := stopKinds[s.Raw]; ours || native && s.Raw != "" {
		return s.Raw
	}
	return stopWords[s.Kind]
}
