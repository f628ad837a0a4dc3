package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var usageNames = jsonx.Names(
	"inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens",
	"cacheReadInputTokenCount", "cacheWriteInputTokenCount", "cacheDetails",
)

// readUsage counts caches into the input, as OpenAI does; the vendor counts them
// apart, under two spellings of their names. Nil if nothing is said.
func readUsage(v jsonx.Value) *llm.Usage {
	var m [7]jsonx.Value
	if !jsonx.Members(v, usageNames, m[:]) {
		return nil
	}
	var n [6]int64
	for i := range n {
		n[i], _ = jsonx.Int(m[i])
	}
	u := &llm.Usage{Output: n[1], CacheRead: max(n[2], n[4]), CacheWrite: max(n[3], n[5])}
	u.Input = n[0] + u.CacheRead + u.CacheWrite
	for d := range jsonx.Elements(m[6]) {
		if ttl, _ := jsonx.Text(jsonx.At(d, "ttl")); ttl == "1h" {
			hour, _ := jsonx.Int(jsonx.At(d, "inputTokens"))
			u.CacheWrite1h += hour
		}
	}
	u.Raw.Family = family
	if o, err := jsonx.Parse(v); err == nil {
		for name, member := range o.All() {
			u.Raw.Fields = append(u.Raw.Fields, llm.Field{Name: name, Value: member})
		}
	}
	return u
}

// writeUsage takes the caches out of the input again; the total has them.
func writeUsage(u *llm.Usage) jsonx.Value {
	var w dialect.Writer
	if u.Raw.Family == family {
		w.Extra(u.Raw, family)
		return w.Object()
	}
	w.Number("inputTokens", max(0, u.Input-u.CacheRead-u.CacheWrite))
	w.Number("outputTokens", u.Output)
	w.Number("totalTokens", u.Input+u.Output)
	w.Number("cacheReadInputTokens", u.CacheRead)
	w.Number("cacheWriteInputTokens", u.CacheWrite)
	return w.Object()
}
