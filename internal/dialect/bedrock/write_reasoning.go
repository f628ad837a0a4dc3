package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// minBudget is the smallest thinking budget that Claude takes.
const minBudget = 1024

// shares says how much of a model's output an effort may spend on thinking, in
// percent (wire formats, reasoning effort).
var shares = map[string]int64{"minimal": 2, "low": 10, "medium": 30, "high": 60, "xhigh": 90, "max": 90}

// reasoning decides whether and how the model thinks, in the words of its
// family.
func (e *requestWriter) reasoning() {
	r := &e.p.Reasoning
	switch {
	case e.native():
		return
	case r.Mode == llm.ThinkOff:
		e.unthinking()
	case r.Mode == llm.ThinkUnsaid && r.Effort == "":
	case e.card.thinking == never:
		e.lost.Add("%s", e.asked())
	case e.card.thinking == worded, e.card.thinking == switched:
		e.worded()
	default:
		e.claude()
	}
}

// unthinking tells a model not to think that would do so by itself.
func (e *requestWriter) unthinking() {
	var o dialect.Writer
	o.Text("type", "disabled")
	switch e.card.thinking {
	case adaptive:
		e.more.Raw("thinking", o.Object())
	case switched:
		e.more.Raw(e.card.effort[0], o.Object())
	case worded:
		e.lost.Add("%s", e.asked())
	}
}

// worded asks for an effort. A budget has none: it is reported, and the word is
// the one in the middle.
func (e *requestWriter) worded() {
	r := &e.p.Reasoning
	word, known := e.card.words[r.Effort]
	if !known {
		if r.Effort != "" || r.Budget != nil {
			e.lost.Add("%s", e.asked())
		}
		word = "medium"
	}
	e.thinking = true
	if e.card.thinking == worded {
		e.put(e.card.effort, jsonx.Quote(word))
		return
	}
	var o dialect.Writer
	o.Text("type", "enabled")
	o.Text(e.card.effort[1], word)
	e.more.Raw(e.card.effort[0], o.Object())
	e.quietly = word == "high" // Amazon Nova user guide: then no knobs and no limit
}

// claude asks for thinking in Claude's own words. A limit that the client meant
// for the visible answer alone grows by the thinking's budget.
func (e *requestWriter) claude() {
	r := &e.p.Reasoning
	var w dialect.Writer
	if r.Mode == llm.ThinkAdaptive || r.Budget == nil && e.card.thinking == adaptive {
		w.Text("type", "adaptive")
	} else {
		budget := e.budget()
		if budget == 0 || e.unproven() {
			e.lost.Add("%s", e.asked())
			return
		}
		w.Text("type", "enabled")
		w.Number("budget_tokens", budget)
		e.budgeted = true
	}
	w.Some("display", r.Show)
	e.more.Raw("thinking", w.Object())
	e.thinking = true
	if e.card.thinking != adaptive || r.Effort == "" || r.Budget != nil {
		return
	}
	if word, known := e.card.words[r.Effort]; known {
		e.put(e.card.effort, jsonx.Quote(word))
	} else {
		e.lost.Add("reasoning_effort")
	}
}

// asked names the member the client asked for thinking with.
func (e *requestWriter) asked() string {
	if e.p.Reasoning.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

// budget is how many tokens the model may think, 0 if the limit leaves none.
func (e *requestWriter) budget() int64 {
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
	if e.limit == nil { // then it is all that the model can write
		return min(n, e.card.output-1)
	}
	top := *e.limit
	if !e.p.Limits.IncludesThinking && r.Budget == nil {
		top = min(top+n, max(e.card.output, top))
		e.limit = &top
	}
	if n >= top {
		n = top / 2
	}
	if n < minBudget {
		return 0
	}
	return n
}

// unproven reports whether a turn with calls is under way whose thinking did
// not come back with its proof. Claude refuses it where it thinks with a budget
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
			if len(m.Parts) == 0 || m.Parts[0].Kind != llm.PartThinking || !e.proven(&m.Parts[0]) {
				return true
			}
		}
	}
	return false
}

// proven reports whether the model can check the part.
func (e *requestWriter) proven(p *llm.Part) bool {
	return p.Seal != nil && (e.card.proofs && p.Seal.Origin == claude || p.Seal.Origin == amazon)
}
