package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// What we read of a usage object. The last three are the names of vendors that
// count cached input beside the details: DeepSeek, Moonshot and Mistral.
const (
	inputTokens = iota
	outputTokens
	totalTokens
	inputDetails
	cacheRead
	cacheWrite
	outputDetails
	reasoning
	besideDetails
	usageSlots = besideDetails + 3
)

var usageShape = jsonx.Shape{
	{Name: "prompt_tokens", Slot: inputTokens},
	{Name: "completion_tokens", Slot: outputTokens},
	{Name: "total_tokens", Slot: totalTokens},
	{Name: "prompt_tokens_details", Slot: inputDetails, Inside: jsonx.Shape{
		{Name: "cached_tokens", Slot: cacheRead},
		{Name: "cache_write_tokens", Slot: cacheWrite},
	}},
	{Name: "completion_tokens_details", Slot: outputDetails, Inside: jsonx.Shape{
		{Name: "reasoning_tokens", Slot: reasoning},
	}},
	{Name: "prompt_cache_hit_tokens", Slot: besideDetails},
	{Name: "cached_tokens", Slot: besideDetails + 1},
	{Name: "num_cached_tokens", Slot: besideDetails + 2},
}

// readUsage reads a usage object; nil for anything that is none.
func readUsage(v jsonx.Value) *llm.Usage {
	var m [usageSlots]jsonx.Value
	if !jsonx.Members(v, usageShape, m[:]) {
		return nil
	}
	return usageOf(m[:])
}

// usageOf reads what was found of one; nil if it says nothing.
func usageOf(m []jsonx.Value) *llm.Usage {
	input, okIn := jsonx.Int(m[inputTokens])
	output, okOut := jsonx.Int(m[outputTokens])
	if !okIn && !okOut {
		return nil
	}
	total, _ := jsonx.Int(m[totalTokens])
	u := &llm.Usage{Input: input, Output: output}
	u.CacheRead, _ = jsonx.Int(m[cacheRead])
	u.CacheWrite, _ = jsonx.Int(m[cacheWrite])
	u.Reasoning, _ = jsonx.Int(m[reasoning])
	for _, v := range m[besideDetails:usageSlots] {
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
	usageMembers(&w, u, strict)
	return w.Object()
}

func usageMembers(w *dialect.Writer, u *llm.Usage, strict bool) {
	if u.Raw.Family == family && !strict {
		w.Extra(u.Raw, family)
		return
	}
	w.Number("prompt_tokens", u.Input)
	w.Number("completion_tokens", u.Output)
	w.Number("total_tokens", u.Input+u.Output)
	in := w.Begin("prompt_tokens_details")
	in.Number("cached_tokens", u.CacheRead)
	w.End(&in)
	if u.Reasoning > 0 {
		out := w.Begin("completion_tokens_details")
		out.Number("reasoning_tokens", u.Reasoning)
		w.End(&out)
	}
	if u.CacheRead > 0 || u.CacheWrite > 0 { // the incumbent's, beside the details
		w.Number("cache_read_input_tokens", u.CacheRead)
		w.Number("cache_creation_input_tokens", u.CacheWrite)
	}
}
