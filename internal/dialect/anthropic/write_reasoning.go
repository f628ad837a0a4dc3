package anthropic

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// minBudget is the smallest thinking budget the vendor takes.
const minBudget = 1024

// shares says how much of a model's output an effort may spend on thinking, in
// percent (wire formats, reasoning effort).
var shares = map[string]int64{"minimal": 2, "low": 10, "medium": 30, "high": 60, "xhigh": 90, "max": 90}

// efforts are the words that models take which choose their thinking
// themselves.
var efforts = map[string]string{
	"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max",
}

// reasoning decides whether and how the model thinks. A limit that the client
// meant for the visible answer alone grows by the thinking's budget.
func (e *requestWriter) reasoning(limit **int64) jsonx.Value {
	r := &e.p.Reasoning
	if r.Source.Family == family {
		e.thinking = r.Mode == llm.ThinkOn || r.Mode == llm.ThinkAdaptive
		return r.Source.Get(family, "thinking")
	}
	var w dialect.Writer
	switch {
	case r.Mode == llm.ThinkOff:
		if e.card.thinking == never {
			return nil
		}
		w.Text("type", "disabled")
		return w.Object()
	case r.Mode == llm.ThinkUnsaid && (r.Effort == "" || e.native()):
		return nil
	case e.card.thinking == never:
		e.lost.Add("%s", e.asked())
		return nil
	case r.Mode == llm.ThinkAdaptive, r.Budget == nil && e.card.thinking == adaptive:
		w.Text("type", "adaptive")
	default:
		budget := e.budget(limit)
		if budget == 0 || e.unproven() {
			e.lost.Add("%s", e.asked())
			return nil
		}
		w.Text("type", "enabled")
		w.Number("budget_tokens", budget)
		e.budgeted = true
	}
	w.Some("display", r.Show)
	e.thinking = true
	return w.Object()
}

// asked names the member the client asked for thinking with.
func (e *requestWriter) asked() string {
	if e.p.Reasoning.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

// budget is how many tokens the model may think, 0 if the limit leaves none.
func (e *requestWriter) budget(limit **int64) int64 {
	r := &e.p.Reasoning
	var n int64
	if r.Budget != nil {
		n = *r.Budget
	} else {
		share, known := shares[r.Effort]
		if !known {
			share = shares["medium"]
		}
		n = e.card.output * share / 100
	}
	n = max(n, minBudget)
	top := **limit
	if e.p.Limits.MaxTokens != nil && !e.p.Limits.IncludesThinking && r.Budget == nil {
		top = min(top+n, max(e.card.output, top))
		*limit = &top
	}
	if n >= top {
		n = top / 2
	}
	if n < minBudget {
		return 0
	}
	return n
}

// effort is the word for the model's own choice of how much to think.
func (e *requestWriter) effort() string {
	r := &e.p.Reasoning
	if e.native() {
		return r.Effort
	}
	if e.card.thinking != adaptive || r.Effort == "none" || r.Budget != nil {
		if r.Mode == llm.ThinkAdaptive && r.Effort != "" && r.Budget == nil { // of a client of Bedrock, which says both
			e.lost.Add("%s", e.asked())
		}
		return ""
	}
	word, known := efforts[r.Effort]
	if !known && r.Effort != "" {
		e.lost.Add("reasoning_effort")
	}
	if word == "xhigh" && (e.card.name == "opus-4-6" || e.card.name == "sonnet-4-6") {
		return "max" // the step that came later
	}
	return word
}

// unproven reports whether a turn with calls is under way whose thinking did
// not come back with its proof. A model that thinks with a budget refuses it
// (vocabulary, seals), so that it must not think this time.
func (e *requestWriter) unproven() bool {
	for i := len(e.p.Messages) - 1; i >= 0; i-- {
		m := &e.p.Messages[i]
		switch m.Role {
		case llm.User:
			for j := range m.Parts {
				if m.Parts[j].Kind != llm.PartResult {
					return false // the user has spoken: the turn is over
				}
			}
		case llm.Assistant:
			if len(m.Parts) == 0 || m.Parts[0].Kind != llm.PartThinking || !sealed(&m.Parts[0]) {
				return true
			}
		}
	}
	return false
}

// sealed reports whether the vendor can check the part.
func sealed(p *llm.Part) bool { return p.Seal != nil && p.Seal.Origin == origin }
