package gemini

import "sluice/internal/llm"

// join puts thinking together that this dialect's streams cut in pieces, where
// another vendor's proof is of all of it. Clients keep the pieces as they came,
// in one message or in several, and the proof with the last.
func join(messages []llm.Message) []llm.Message {
	var run []*llm.Part // unproven thinking of the model's turn, so far
	joined := false
	for i := range messages {
		m := &messages[i]
		if m.Role != llm.Assistant {
			run = nil
			continue
		}
		for j := range m.Parts {
			p := &m.Parts[j]
			switch {
			case p.Kind != llm.PartThinking || sealed(p):
				run = nil
			case p.Seal == nil:
				run = append(run, p)
			default:
				joined = gather(p, run) || joined
				run = nil
			}
		}
	}
	if !joined {
		return messages
	}
	return withoutGathered(messages)
}

// gathered marks a part whose text has moved on.
const gathered = "gathered"

func gather(p *llm.Part, run []*llm.Part) bool {
	text := ""
	for _, before := range run {
		text += before.Text
		before.Label = gathered
	}
	p.Text = text + p.Text
	return len(run) > 0
}

func withoutGathered(messages []llm.Message) (out []llm.Message) {
	for _, m := range messages {
		had := len(m.Parts)
		var parts []llm.Part
		for _, p := range m.Parts {
			if p.Label != gathered {
				parts = append(parts, p)
			}
		}
		if m.Parts = parts; len(parts) > 0 || had == 0 {
			out = append(out, m)
		}
	}
	return out
}
