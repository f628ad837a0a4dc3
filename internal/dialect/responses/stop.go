package responses

import "sluice/internal/llm"

// The statuses of an answer.
const (
	statusCompleted  = "completed"
	statusIncomplete = "incomplete"
	statusInProgress = "in_progress"
	statusFailed     = "failed"
)

// The reasons of an incomplete answer.
const (
	reasonLength = "max_output_tokens"
	reasonFilter = "content_filter"
)

// stopOf derives why an answer ended (vocabulary, stop reasons): the wire says
// only whether it is complete.
func stopOf(status, reason string, calls, refused bool) llm.Stop {
	s := llm.Stop{Kind: llm.StopEnd, Raw: status}
	switch {
	case status == statusIncomplete && reason == reasonFilter:
		s.Kind = llm.StopFilter
	case status == statusIncomplete:
		s.Kind = llm.StopLength
	case status == statusInProgress, status == "queued":
		s.Kind = llm.StopUnsaid
	case status == "cancelled", status == statusFailed:
		s.Kind = llm.StopUnknown
	case calls:
		s.Kind = llm.StopCalls
	case refused:
		s.Kind = llm.StopRefusal
	}
	return s
}

// statusOf is the status a client reads, and the reason if it is incomplete. A
// refusal without a word of it would look like an empty answer.
func statusOf(s llm.Stop, refused bool) (status, reason string) {
	switch s.Kind {
	case llm.StopLength, llm.StopContext:
		return statusIncomplete, reasonLength
	case llm.StopFilter:
		return statusIncomplete, reasonFilter
	case llm.StopRefusal:
		if !refused {
			return statusIncomplete, reasonFilter
		}
	}
	return statusCompleted, ""
}
