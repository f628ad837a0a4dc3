package bedrock

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/llm"
)

// maxMarks is how many cache marks a request may hold.
const maxMarks = 4

func countMarks(p *llm.Prompt) (n int) {
	if p.Cache != nil {
		n++
	}
	for i := range p.Tools {
		if p.Tools[i].Cache != nil {
			n++
		}
	}
	for i := range p.Messages {
		for j := range p.Messages[i].Parts {
			if p.Messages[i].Parts[j].Cache != nil {
				n++
			}
		}
	}
	return n
}

// mark writes a cache mark behind what it is on. Of too many the oldest are left
// out, and all where the model's family has no such thing.
func (e *requestWriter) mark(to *dialect.List, at string, m *llm.CacheMark, takes bool) {
	switch {
	case m == nil:
		return
	case !e.native() && (e.marks > 0 || !takes):
		e.marks = max(0, e.marks-1)
		e.lost.Add("%s.cache_control", at)
		return
	}
	var o, w dialect.Writer
	if slices.IndexFunc(m.Extra.Fields, func(f llm.Field) bool { return f.Name == "type" }) < 0 || m.Extra.Family != family {
		o.Text("type", "default")
	}
	if m.TTL != "" && !e.native() && (!e.card.proofs || m.TTL != "5m" && m.TTL != "1h") {
		if m.TTL != "5m" { // the default
			e.lost.Add("%s.cache_control.ttl", at)
		}
	} else {
		o.Some("ttl", m.TTL)
	}
	o.Extra(m.Extra, family)
	w.Raw("cachePoint", o.Object())
	to.Add(w.Object())
}
