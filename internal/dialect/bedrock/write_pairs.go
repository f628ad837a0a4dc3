package bedrock

import (
	"slices"
	"strings"

	"sluice/internal/llm"
)

// pair gives every call its result in the turn that follows, in the order of
// the calls.
func (e *requestWriter) pair(turns []turn) {
	for i := range turns {
		t := &turns[i]
		var asked []string
		if i > 0 {
			asked = turns[i-1].calls
		}
		var sorted []result
		for _, id := range asked {
			at := slices.IndexFunc(t.results, func(r result) bool { return r.id == id })
			if t.role != llm.User || at < 0 {
				continue
			}
			sorted = append(sorted, t.results[at])
			t.results = slices.Delete(t.results, at, at+1)
		}
		for _, r := range t.results {
			e.refuse(r.at, "there is no call right before this result that it could belong to")
		}
		t.results = sorted
	}
}

// ends makes the first turn the user's, where the model wants that, gives unanswered calls a result and
// looks whether the model takes a last turn that is its own. A prompt of
// nothing but instructions gets a turn too.
func (e *requestWriter) ends(turns []turn, instructed bool) []turn {
	var out []turn
	switch {
	case len(turns) == 0 && !instructed:
		e.refuse("messages", "must hold a message of the user")
	case len(turns) == 0, turns[0].role != llm.User && !e.card.begins:
		out = append(out, turn{role: llm.User, blocks: []block{{part: &llm.Part{Text: filler}}}})
	}
	for i := range turns {
		out = append(out, turns[i])
		if len(turns[i].calls) == 0 {
			continue
		}
		if i+1 == len(turns) || turns[i+1].role != llm.User {
			out = append(out, turn{role: llm.User})
			e.complete(&out[len(out)-1], turns[i].calls)
			continue
		}
		e.complete(&turns[i+1], turns[i].calls)
	}
	n := len(out)
	if n > 0 && out[n-1].role == llm.Assistant {
		if e.card.noEcho {
			e.refuse("messages", "the model %s does not continue an answer: the last message must be the user's", e.p.Model)
		}
		out[n-1].trim()
	}
	return out
}

// complete adds results for calls that have none: the client gave up on them,
// and without a result the vendor refuses the whole conversation.
func (e *requestWriter) complete(t *turn, calls []string) {
	var all []result
	for _, id := range calls {
		at := slices.IndexFunc(t.results, func(r result) bool { return r.id == id })
		if at >= 0 {
			all = append(all, t.results[at])
			continue
		}
		yes := true
		r := &llm.Result{CallID: id, IsError: &yes, Parts: []llm.Part{{Text: "no result given"}}}
		all = append(all, result{id: id, block: block{part: &llm.Part{Kind: llm.PartResult, Result: r}}})
		e.lost.Add("tool_calls:%s:result", id)
	}
	t.results = all
}

// trim cuts the white space at the end of a last turn that the model is to
// continue; the vendor refuses it.
func (t *turn) trim() {
	if len(t.blocks) == 0 || t.blocks[len(t.blocks)-1].part.Kind != llm.PartText {
		return
	}
	last := &t.blocks[len(t.blocks)-1]
	p := *last.part
	p.Text = strings.TrimRight(p.Text, " \t\r\n")
	last.part = &p
}
