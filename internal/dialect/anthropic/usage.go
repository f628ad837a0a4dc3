package anthropic

import (
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var usageNames = jsonx.Names(
	"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
	"cache_creation", "output_tokens_details", "iterations",
)

// counts are the numbers of a usage object as the wire has them. A stream
// gives them twice; the later one wins, field by field (vocabulary, usage).
type counts struct {
	input, output, read, write int64
	hour, thinking             int64
	raw                        llm.Extra
	known                      bool
}

// merge takes over what the object says.
func (c *counts) merge(v jsonx.Value) {
	var m [7]jsonx.Value
	if !jsonx.Members(v, usageNames, m[:]) {
		return
	}
	c.known = true
	for i, to := range []*int64{&c.input, &c.output, &c.read, &c.write} {
		set(to, m[i])
	}
	if m[4] != nil {
		set(&c.hour, jsonx.At(m[4], "ephemeral_1h_input_tokens"))
	}
	if m[5] != nil {
		set(&c.thinking, jsonx.At(m[5], "thinking_tokens"))
	}
	c.iterations(m[6])
}

func set(to *int64, v jsonx.Value) {
	if n, ok := jsonx.Int(v); ok {
		*to = n
	}
}

// iterations adds up inner passes: the numbers beside them leave out what a
// compaction cost. An advisor's are another model's; after a fallback the
// numbers beside are right.
func (c *counts) iterations(v jsonx.Value) {
	var sum counts
	for it := range jsonx.Elements(v) {
		switch kind, _ := jsonx.Text(jsonx.At(it, "type")); kind {
		case "message", "compaction":
			var one counts
			one.merge(it)
			sum.input, sum.output = sum.input+one.input, sum.output+one.output
			sum.read, sum.write = sum.read+one.read, sum.write+one.write
			sum.known = true
		case "fallback_message":
			return
		}
	}
	if sum.known {
		c.input, c.output, c.read, c.write = sum.input, sum.output, sum.read, sum.write
	}
}

// keep remembers the object's own members, for clients of this family.
func (c *counts) keep(v jsonx.Value) {
	var find jsonx.Finder
	o, ok := find.Object(v)
	if !ok {
		return
	}
	c.raw.Family = family
	c.raw.Fields = slices.Grow(c.raw.Fields, o.Len())
next:
	for name, member := range o.All() {
		for i := range c.raw.Fields {
			if c.raw.Fields[i].Name == name {
				c.raw.Fields[i].Value = member
				continue next
			}
		}
		c.raw.Fields = append(c.raw.Fields, llm.Field{Name: name, Value: member})
	}
}

// usage is what was counted so far: in a stream more may follow.
func (c *counts) usage() *llm.Usage {
	u := c.sum()
	if u != nil {
		u.Raw.Fields = slices.Clone(u.Raw.Fields)
	}
	return u
}

// sum counts caches into the input, as OpenAI does.
func (c *counts) sum() *llm.Usage {
	if !c.known {
		return nil
	}
	return &llm.Usage{
		Input: c.input + c.read + c.write, Output: c.output,
		CacheRead: c.read, CacheWrite: c.write, CacheWrite1h: c.hour,
		Reasoning: c.thinking, Raw: c.raw,
	}
}

// writeUsage takes the caches out of the input again. Clients read zeros where
// nothing is known yet.
func writeUsage(u *llm.Usage) jsonx.Value {
	if u == nil {
		u = &llm.Usage{}
	}
	var w dialect.Writer
	if u.Raw.Family == family {
		w.Extra(u.Raw, family)
		return w.Object()
	}
	w.Number("input_tokens", max(0, u.Input-u.CacheRead-u.CacheWrite))
	w.Number("cache_creation_input_tokens", u.CacheWrite)
	w.Number("cache_read_input_tokens", u.CacheRead)
	w.Number("output_tokens", u.Output)
	return w.Object()
}
