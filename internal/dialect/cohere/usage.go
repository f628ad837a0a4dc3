package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var usageNames = jsonx.Names("tokens", "billed_units", "cached_tokens")

var tokenNames = jsonx.Names("input_tokens", "output_tokens")

// readUsage reads a usage object; nil for anything that is none. What was
// processed counts, not what was billed: the two differ by the vendor's own
// preamble (vocabulary, usage).
func readUsage(v jsonx.Value) *llm.Usage {
	var m [3]jsonx.Value
	if !jsonx.Members(v, usageNames, m[:]) {
		return nil
	}
	var n [2]jsonx.Value
	if !jsonx.Members(m[0], tokenNames, n[:]) && !jsonx.Members(m[1], tokenNames, n[:]) {
		return nil
	}
	u := &llm.Usage{Input: whole(n[0]), Output: whole(n[1]), CacheRead: whole(m[2])}
	u.CacheRead = min(u.CacheRead, u.Input)
	if o, err := jsonx.Parse(v); err == nil {
		u.Raw.Family = family
		for name, member := range o.All() {
			u.Raw.Fields = append(u.Raw.Fields, llm.Field{Name: name, Value: member})
		}
	}
	return u
}

// whole reads a count, which the vendor may write as 214.0.
func whole(v jsonx.Value) int64 {
	f, _ := jsonx.Float(v)
	return int64(f)
}

// writeUsage writes what an answer cost.
func writeUsage(u *llm.Usage) jsonx.Value {
	var w, billed, tokens dialect.Writer
	if u.Raw.Family == family {
		w.Extra(u.Raw, family)
		return w.Object()
	}
	billed.Number("input_tokens", u.Input)
	billed.Number("output_tokens", u.Output)
	tokens.Number("input_tokens", u.Input)
	tokens.Number("output_tokens", u.Output)
	w.Raw("billed_units", billed.Object())
	w.Raw("tokens", tokens.Object())
	w.Number("cached_tokens", u.CacheRead)
	return w.Object()
}
