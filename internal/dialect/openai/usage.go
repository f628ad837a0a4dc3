package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// The members of a usage object we read. The last three are the names of
// vendors that count cached input beside the details: DeepSeek, Moonshot and
// Mistral.
var usageNames = []string{
	"prompt_tokens", "completion_tokens", "total_tokens",
	"prompt_tokens_details", "completion_tokens_details",
	"prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens",
}

var (
	inputNames  = []string{"cached_tokens", "cache_write_tokens"}
	outputNames = []string{"reasoning_tokens"}
)

// readUsage reads a usage object; nil for anything that is none.
func readUsage(v jsonx.Value) *llm.Usage {
	var m [8]jsonx.Value
	if !jsonx.Members(v, usageNames, m[:]) {
		return nil
	}
	input, okIn := jsonx.Int(m[0])
	output, okOut := jsonx.Int(m[1])
	total, _ := jsonx.Int(m[2])
	if !okIn && !okOut {
		return nil
	}
	u := &llm.Usage{Input: input, Output: output}
	var in [2]jsonx.Value
	if jsonx.Members(m[3], inputNames, in[:]) {
		u.CacheRead, _ = jsonx.Int(in[0])
		u.CacheWrite, _ = jsonx.Int(in[1])
	}
	var out [1]jsonx.Value
	if jsonx.Members(m[4], outputNames, out[:]) {
		u.Reasoning, _ = jsonx.Int(out[0])
	}
	for _, v := range m[5:] {
		if n, ok := jsonx.Int(v); ok && u.CacheRead == 0 {
			u.CacheRead = n
		}
	}
	// OpenRouter may count the same tokens as read and as written.
	if over := u.CacheRead + u.CacheWrite - u.Input; over > 0 {
		u.CacheWrite = max(0, u.CacheWrite-over)
	}
	// xAI counts reasoning outside of completion_tokens; only the total tells.
	if u.Reasoning > 0 && total == input+output+u.Reasoning {
		u.Output += u.Reasoning
	}
	return u
}

// writeUsage writes what an answer cost. The counts of cached input are there
// even at zero, for clients that read them without looking.
func writeUsage(u *llm.Usage, strict bool) jsonx.Value {
	var w dialect.Writer
	if u.Raw.Family == family && !strict {
		w.Extra(u.Raw, family)
		return w.Object()
	}
	var in dialect.Writer
	w.Number("prompt_tokens", u.Input)
	w.Number("completion_tokens", u.Output)
	w.Number("total_tokens", u.Input+u.Output)
	in.Number("cached_tokens", u.CacheRead)
	w.Raw("prompt_tokens_details", in.Object())
	if u.Reasoning > 0 {
		var out dialect.Writer
		out.Number("reasoning_tokens", u.Reasoning)
		w.Raw("completion_tokens_details", out.Object())
	}
	if u.CacheRead > 0 || u.CacheWrite > 0 { // the incumbent's, beside the details
		w.Number("cache_read_input_tokens", u.CacheRead)
		w.Number("cache_creation_input_tokens", u.CacheWrite)
	}
	return w.Object()
}
