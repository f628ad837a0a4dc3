package responses

import (
	"strings"

	"sluice/internal/llm"
)

// thinkers are parts of the names of models that think before they answer. The
// others refuse to be asked for their thinking, sealed or not ("Encrypted
// content is not supported with this model", OpenAI API; read 2026-11-24).
var thinkers = []string{"gpt-5", "gpt-6", "o1", "o3", "o4", "codex", "gpt-oss", "grok-4", "deep-research"}

// talkers are those of models of the same series that do not think.
var talkers = []string{"gpt-5-chat", "gpt-5.1-chat", "gpt-4o"}

// thinks reports whether the model can be asked for its thinking: the client
// asked for thinking, or the name is known.
func thinks(p *llm.Prompt) bool {
	r := &p.Reasoning
	if r.Effort != "" || r.Mode == llm.ThinkOn || r.Mode == llm.ThinkAdaptive {
		return true
	}
	return named(p.Model, thinkers) && !named(p.Model, talkers)
}

func named(model string, names []string) bool {
	for _, name := range names {
		if strings.Contains(model, name) {
			return true
		}
	}
	return false
}
