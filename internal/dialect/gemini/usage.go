package gemini

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var usageNames = jsonx.Names(
	"promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount",
)

// counts are the numbers of a usageMetadata as the wire has them: thoughts
// stand outside of the answer's tokens and what a tool read outside of the
// prompt's (Gemini API, UsageMetadata). A stream gives them with almost every
// chunk; the later one wins, field by field.
type counts struct {
	prompt, answer, thoughts, tools, cached int64
	known                                   bool
}

// merge takes over what the object says.
func (c *counts) merge(v jsonx.Value) {
	var m [5]jsonx.Value
	if !jsonx.Members(v, usageNames, m[:]) {
		return
	}
	for i, to := range []*int64{&c.prompt, &c.answer, &c.thoughts, &c.tools, &c.cached} {
		if n, ok := jsonx.Int(m[i]); ok {
			*to, c.known = n, true
		}
	}
}

func (c *counts) usage() *llm.Usage {
	if !c.known {
		return nil
	}
	return &llm.Usage{
		Input: c.prompt + c.tools, Output: c.answer + c.thoughts,
		CacheRead: c.cached, Reasoning: c.thoughts,
	}
}

// readUsage reads a usageMetadata and keeps it, for clients of this family;
// nil for one without any number.
func readUsage(v jsonx.Value) *llm.Usage {
	var c counts
	c.merge(v)
	u := c.usage()
	if o, err := jsonx.Parse(v); err == nil && u != nil {
		u.Raw.Family = family
		for name, member := range o.All() {
			u.Raw.Fields = append(u.Raw.Fields, llm.Field{Name: name, Value: member})
		}
	}
	return u
}

// writeUsage takes thoughts out of the answer's tokens again.
func writeUsage(u *llm.Usage) jsonx.Value {
	var w dialect.Writer
	if u.Raw.Family == family {
		w.Extra(u.Raw, family)
		return w.Object()
	}
	w.Number("promptTokenCount", u.Input)
	thoughts := min(u.Reasoning, u.Output) // some hosts count more of them than of all
	w.Number("candidatesTokenCount", u.Output-thoughts)
	if thoughts > 0 {
		w.Number("thoughtsTokenCount", thoughts)
	}
	if u.CacheRead > 0 {
		w.Number("cachedContentTokenCount", u.CacheRead)
	}
	w.Number("totalTokenCount", u.Input+u.Output)
	return w.Object()
}
