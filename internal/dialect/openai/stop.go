package openai

import "sluice/internal/llm"

// stopKinds reads a finish reason (vocabulary, stop reasons). The words beside
// OpenAI's five are those of hosts.
var stopKinds = map[string]llm.StopKind{
	"stop": llm.StopEnd, "eos": llm.StopEnd, "complete": llm.StopEnd,
	"length": llm.StopLength, "model_length": llm.StopContext, "time_limit": llm.StopLength,
	"tool_calls": llm.StopCalls, "function_call": llm.StopCalls,
	"content_filter": llm.StopFilter, "sensitive": llm.StopFilter,
}

// stopOf derives why an answer ended. Calls for the client are a reason of
// their own, whatever the vendor says; only a cut is stronger.
func stopOf(word string, calls, refused bool) llm.Stop {
	s := llm.Stop{Kind: llm.StopUnknown, Raw: word}
	if kind, known := stopKinds[word]; known {
		s.Kind = kind
	} else if word == "" {
		s.Kind = llm.StopUnsaid
	}
	switch {
	case calls && (s.Kind == llm.StopEnd || s.Kind == llm.StopUnsaid || s.Kind == llm.StopUnknown):
		s.Kind = llm.StopCalls
	case refused && (s.Kind == llm.StopEnd || s.Kind == llm.StopFilter):
		s.Kind = llm.StopRefusal
	}
	return s
}

var finishWords = [...]string{
	llm.StopUnsaid: "stop", llm.StopEnd: "stop", llm.StopSequence: "stop",
	llm.StopCalls: "tool_calls", llm.StopLength: "length", llm.StopContext: "length",
	llm.StopRefusal: "content_filter", llm.StopFilter: "content_filter",
	llm.StopPause: "stop", llm.StopCompacted: "stop", llm.StopUnknown: "stop",
}

// finishWord is what a client reads: the vendor's own word if it asked for
// more than the dialect defines; legacy tells of a call of the API's first form.
func finishWord(s llm.Stop, strict, legacy bool) string {
	if legacy && s.Kind == llm.StopCalls {
		return legacyChoice
	}
	if !strict && s.Raw != "" {
		return s.Raw
	}
	return finishWords[s.Kind]
}
