package bedrock

import "sluice/internal/llm"

// stopKinds reads a stop reason (vocabulary, stop reasons; Amazon Bedrock API,
// Converse, stopReason).
var stopKinds = map[string]llm.StopKind{
	"end_turn": llm.StopEnd, "stop_sequence": llm.StopSequence, "tool_use": llm.StopCalls,
	"max_tokens": llm.StopLength, "model_context_window_exceeded": llm.StopContext,
	"guardrail_intervened": llm.StopFilter, "content_filtered": llm.StopFilter,
	"malformed_model_output": llm.StopEnd, "malformed_tool_use": llm.StopEnd,
}

func stopOf(word, sequence string, calls bool) llm.Stop {
	s := llm.Stop{Kind: llm.StopUnknown, Raw: word, Sequence: sequence}
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
	llm.StopUnsaid: "end_turn", llm.StopEnd: "end_turn", llm.StopSequence: "stop_sequence",
	llm.StopCalls: "tool_use", llm.StopLength: "max_tokens", llm.StopContext: "model_context_window_exceeded",
	llm.StopRefusal: "content_filtered", llm.StopFilter: "content_filtered", llm.StopPause: "end_turn",
	llm.StopCompacted: "end_turn", llm.StopUnknown: "end_turn",
}

// stopWord is the vendor's own word if it is one of this dialect.
func stopWord(s llm.Stop) string {
	if _, ours := stopKinds[s.Raw]; ours {
		return s.Raw
	}
	return stopWords[s.Kind]
}
