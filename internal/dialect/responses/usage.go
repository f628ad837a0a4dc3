package responses

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var (
	usageNames  = jsonx.Names("input_tokens", "output_tokens", "total_tokens", "input_tokens_details", "output_tokens_details")
	inputNames  = jsonx.Names("cached_tokens", "cache_write_tokens")
	outputNames = jsonx.Names("reasoning_tokens")
)

// readUsage reads a usage object; nil for anything that is none.
func readUsage(v jsonx.Value) *llm.Usage {
	var m [5]jsonx.Value
	if !jsonx.Members(v, usageNames, m[:]) {
		return nil
	}
	input, okIn := jsonx.Int(m[0])
	output, okOut := jsonx.Int(m[1])
	if !okIn && !okOut {
		return nil
	}
	u := &llm.Usage{Input: input, Output: output}
	var in [2]jsonx.Value
	if jsonx.Members(m[3], inputNames, in[:]) {
		u.CacheRead, _ = jsonx.Int(in[0])
		u.CacheWrite, _ = jsonx.Int(in[1])
	}
	if over := u.CacheRead + u.CacheWrite - u.Input; over > 0 {
		u.CacheWrite = max(0, u.CacheWrite-over)
	}
	var out [1]jsonx.Value
	if jsonx.Members(m[4], outputNames, out[:]) {
		u.Reasoning, _ = jsonx.Int(out[0])
	}
	// A host may count reasoning outside of the output; only the total tells.
	if total, _ := jsonx.Int(m[2]); u.Reasoning > 0 && total == input+output+u.Reasoning {
		u.Output += u.Reasoning
	}
	return u
}

// fullUsage is readUsage that keeps the object too, for clients of this family.
func fullUsage(v jsonx.Value) *llm.Usage {
	u := readUsage(v)
	if u == nil {
		return nil
	}
	u.Raw = llm.Extra{Family: family}
	if o, err := jsonx.Parse(v); err == nil {
		for name, member := range o.All() {
			u.Raw.Fields = append(u.Raw.Fields, llm.Field{Name: name, Value: member})
		}
	}
	return u
}

// writeUsage writes what an answer cost; nothing while nobody knows.
func writeUsage(u *llm.Usage) jsonx.Value {
	if u == nil {
		return nil
	}
	var w, in, out dialect.Writer
	if u.Raw.Family == family {
		w.Extra(u.Raw, family)
		return w.Object()
	}
	in.Number("cached_tokens", u.CacheRead)
	in.Number("cache_write_tokens", u.CacheWrite)
	out.Number("reasoning_tokens", u.Reasoning)
	w.Number("input_tokens", u.Input)
	w.Raw("input_tokens_details", in.Object())
	w.Number("output_tokens", u.Output)
	w.Raw("output_tokens_details", out.Object())
	w.Number("total_tokens", u.Input+u.Output)
	return w.Object()
}
