package dialect

import (
	"slices"

	"sluice/internal/llm"
)

// Merged is a prompt for dialects in which all tools are there from the start:
// what was added in the middle of the talk joins the tools, and the parts that
// added it are gone. Where a result tells of tools, their names stay as its
// text. The losses name what is no longer where it was.
func Merged(p *llm.Prompt, family string) (merged *llm.Prompt, lost Losses) {
	if p.Family == family || !slices.ContainsFunc(p.Messages, func(m llm.Message) bool { return adds(m.Parts) }) {
		return p, nil
	}
	all := *p
	all.Tools = slices.Clone(p.Tools)
	all.Messages = slices.Clone(p.Messages)
	for i := range all.Messages {
		m := &all.Messages[i]
		if !adds(m.Parts) {
			continue
		}
		var kept []llm.Part
		for j, part := range m.Parts {
			switch {
			case part.Adds != nil:
				lost.Add("%s:%s", PartPath(p, i, j), part.Label)
				all.Tools = joined(all.Tools, part.Adds)
				continue
			case part.Result != nil && adds(part.Result.Parts):
				lost.Add("%s:%s", PartPath(p, i, j), "tool_reference")
				part.Result = told(part.Result)
			}
			kept = append(kept, part)
		}
		if m.Parts = kept; len(kept) == 0 {
			m.Role = llm.System // says nothing, to nobody
		}
	}
	return &all, lost
}

// joined adds tools that are not there yet; one without a schema is only a name
// for one that is.
func joined(tools, more []llm.Tool) []llm.Tool {
	for _, t := range more {
		if t.Schema != nil && !slices.ContainsFunc(tools, func(have llm.Tool) bool { return have.Name == t.Name }) {
			tools = append(tools, t)
		}
	}
	return tools
}

// Added is the definition of a tool that a part added.
func Added(p *llm.Prompt, t *llm.Tool) *llm.Tool {
	if t.Schema == nil {
		for i := range p.Tools {
			if p.Tools[i].Name == t.Name {
				return &p.Tools[i]
			}
		}
	}
	return t
}

// IsAdded reports whether a tool is added in the middle of the talk.
func IsAdded(p *llm.Prompt, name string) bool {
	for i := range p.Messages {
		for _, part := range p.Messages[i].Parts {
			if slices.ContainsFunc(part.Adds, func(t llm.Tool) bool { return t.Name == name }) {
				return true
			}
		}
	}
	return false
}

// Deferred notes that a tool is there from the start that was not to be.
func (l *Losses) Deferred(at string, t *llm.Tool) {
	if t.Deferred != nil && *t.Deferred {
		l.Add("%s.defer_loading", at)
	}
}

// adds reports whether parts bring tools into the talk, or results in them do.
func adds(parts []llm.Part) bool {
	return slices.ContainsFunc(parts, func(p llm.Part) bool {
		return p.Adds != nil || p.Result != nil && p.Result.By == llm.ByClient && adds(p.Result.Parts)
	})
}

// told is a result with the names of the tools it tells of.
func told(r *llm.Result) *llm.Result {
	plain := *r
	plain.Parts = nil
	for _, p := range r.Parts {
		if p.Adds == nil {
			plain.Parts = append(plain.Parts, p)
			continue
		}
		for i := range p.Adds {
			plain.Parts = append(plain.Parts, llm.Part{Text: p.Adds[i].Name})
		}
	}
	return &plain
}
