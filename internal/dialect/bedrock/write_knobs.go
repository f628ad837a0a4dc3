package bedrock

import (
	"strconv"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func (e *requestWriter) inference(w *dialect.Writer) {
	var c dialect.Writer
	l, s := &e.p.Limits, &e.p.Sampling
	if e.native() {
		c.Int("maxTokens", l.MaxTokens)
		c.Float("temperature", s.Temperature)
		c.Float("topP", s.TopP)
		if l.Stop != nil {
			c.Raw("stopSequences", dialect.Texts(l.Stop))
		}
		nest(w, "inferenceConfig", &c, e.p.Extra)
		return
	}
	if e.quietly && e.limit != nil {
		e.lost.Add("max_tokens")
		e.limit = nil
	}
	c.Int("maxTokens", e.limit)
	e.sampling(&c, s)
	e.stops(&c, l.Stop)
	nest(w, "inferenceConfig", &c, llm.Extra{})
	for _, k := range []struct {
		name string
		said bool
	}{
		{"n", s.N != nil && *s.N > 1},
		{"verbosity", e.p.Output.Verbosity != ""},
	} {
		if k.said {
			e.lost.Add("%s", k.name)
		}
	}
}

// stops leaves out what is only white space: the vendor refuses it.
func (e *requestWriter) stops(w *dialect.Writer, stops []string) {
	var kept []string
	for i, s := range stops {
		if strings.TrimSpace(s) == "" {
			e.lost.Add("stop[%d]", i)
			continue
		}
		kept = append(kept, s)
	}
	if len(kept) > 0 {
		w.Raw("stopSequences", dialect.Texts(kept))
	}
}

// sampling writes the knobs that the model takes together.
func (e *requestWriter) sampling(w *dialect.Writer, s *llm.Sampling) {
	t, p, k := s.Temperature, s.TopP, s.TopK
	drop := func(name string, said bool) {
		if said {
			e.lost.Add("%s", name)
		}
	}
	if e.deaf() {
		drop("temperature", t != nil)
		drop("top_k", k != nil)
		t, k = nil, nil
		if p != nil && (e.quietly || e.card.knobs == noneOfKnobs || *p < 0.95) {
			drop("top_p", true)
			p = nil
		}
	}
	if t != nil && *t > 1 { // this vendor's scale ends where others have the middle
		one := 1.0
		t = &one
		e.lost.Add("temperature:clamped")
	}
	if e.card.knobs == oneOfTwo && t != nil && p != nil {
		drop("top_p", true)
		p = nil
	}
	w.Float("temperature", t)
	w.Float("topP", p)
	if k != nil && e.card.topK != nil {
		e.put(e.card.topK, jsonx.Value(strconv.FormatInt(*k, 10)))
	} else {
		drop("top_k", k != nil)
	}
	e.others(s)
}

// deaf reports whether the model takes no knobs, at least while it thinks.
func (e *requestWriter) deaf() bool {
	return e.card.knobs == noneOfKnobs || e.thinking && e.card.proofs || e.quietly
}

// others are knobs that some families have among their own fields.
func (e *requestWriter) others(s *llm.Sampling) {
	if e.card.others {
		e.more.Float("frequency_penalty", s.FrequencyPenalty)
		e.more.Float("presence_penalty", s.PresencePenalty)
		e.more.Int("seed", s.Seed)
		return
	}
	for _, k := range []struct {
		name string
		said bool
	}{
		{"frequency_penalty", s.FrequencyPenalty != nil && *s.FrequencyPenalty != 0},
		{"presence_penalty", s.PresencePenalty != nil && *s.PresencePenalty != 0},
		{"seed", s.Seed != nil},
	} {
		if k.said {
			e.lost.Add("%s", k.name)
		}
	}
}

// put writes one of the family's own fields, at most one object deep.
func (e *requestWriter) put(path []string, v jsonx.Value) {
	if len(path) == 1 {
		e.more.Raw(path[0], v)
		return
	}
	var o dialect.Writer
	o.Raw(path[1], v)
	e.more.Raw(path[0], o.Object())
}
