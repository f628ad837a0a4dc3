package dialect

import (
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// OneText is the schema of a tool that takes plain text, for dialects that know
// no such tool: an object with the text as its one member.
var OneText = jsonx.Value(`{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}`)

// FreeForm reports whether the client's tool of that name takes plain text.
func FreeForm(p *llm.Prompt, name string) bool {
	if p == nil {
		return false
	}
	for i := range p.Tools {
		if t := &p.Tools[i]; t.FreeForm && t.Name == name {
			return true
		}
	}
	return false
}

// Wrap is a call with its plain text as the one argument OneText asks for.
func Wrap(c *llm.Call) *llm.Call {
	if !c.FreeForm {
		return c
	}
	var w Writer
	w.Text("input", c.Args)
	wrapped := *c
	wrapped.FreeForm, wrapped.Args = false, string(w.Object())
	return &wrapped
}

// Unwrap is a call the way the client defined its tool: what went through
// another dialect as one argument is plain text again.
func Unwrap(c *llm.Call, p *llm.Prompt) *llm.Call {
	if c.FreeForm || !FreeForm(p, c.Name) {
		return c
	}
	plain := *c
	plain.FreeForm = true
	if o, err := jsonx.Parse([]byte(c.Args)); err == nil {
		if text, ok := jsonx.Text(o.Get("input")); ok && o.Len() == 1 {
			plain.Args = text
		}
	}
	return &plain
}
