package anthropic

import "sluice/internal/llm"

// stopKinds reads a stop reason (vocabulary, stop reasons).
var stopKinds = map[string]llm.StopKind{
	"end_turn": llm.StopEnd, "stop_sequence": llm.StopSequence, "tool_use": llm.StopCalls,
	"max_tokens": llm.StopLength, "model_context_window_exceeded": llm.StopContext,
	"refusal": llm.StopRefusal, "pause_turn": llm.StopPause, "compaction": llm.StopCompacted,
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
	llm.StopRefusal: "refusal", llm.StopFilter: "refusal", llm.StopPause: "pause_turn",
	llm.StopCompacted: "compaction", llm.StopUnknown: "end_turn",
}

// stopWord is the vendor's own word if it is one of this dialect.
func stopWord(s llm.Stop) string {
	if _, ours := stopKinds[s.Raw]; ours {
		return s.Raw
	}
	return stopWords[s.Kind]
}
