package provider

import (
	"bytes"
	"strconv"

	"sluice/internal/jsonx"
)

// Quirks are the small things a vendor wants different in an OpenAI-shaped
// request, and what is odd about its answers. The lists are sorted by field,
// so that editing has one order.
type Quirks struct {
	Rename         []Rename
	Drop           []string // top-level fields the vendor refuses
	DropInMessages []string // the same, inside messages[]
	Clamp          []Clamp
	DeveloperRole  string // what messages[].role "developer" becomes
	Values         []Replace
	Reply          []string // one of ReplyQuirks each
	Set            []Setting
	DropModel      bool // the address says the model, and the body must not
}

// Setting is a member that a request must have: a text that may hold
// {variables}, or a number, true or false. A member the client wrote stays, and
// one whose optional variable nobody gave is left out.
type Setting struct{ Field, Value string }

// Rename gives a top-level field the vendor's name for it.
type Rename struct{ From, To string }

// Clamp keeps a number within what the vendor accepts; nil is an open end.
type Clamp struct {
	Field    string
	Min, Max *float64
}

// Replace is one value of a top-level text field that the vendor calls
// differently.
type Replace struct{ Field, From, To string }

// ReplyQuirks are the answer-side quirks a provider file may name, with what
// each one means. They are facts for the reader of answers; nothing in this
// package acts on them (wire formats, OpenAI-compatible dialects).
var ReplyQuirks = map[string]string{
	"reasoning_outside_completion": "usage.completion_tokens leaves the reasoning tokens out",
	"usage_in_x_groq":              "a stream reports its usage in x_groq.usage of the last chunk",
	"usage_in_choice":              "a stream reports its usage in choices[0].usage of the last chunk",
	"error_in_200":                 "a failure may come with status 200 and an error member in the body",
	"error_in_choice":              "a failure may come inside a choice of a 200 answer",
	"full_message_last":            "the last chunk of a stream repeats the whole message",
	"cumulative_message":           "every chunk of a stream repeats the message so far beside its delta",
	"arguments_object":             "tool call arguments may be an object instead of text",
	"content_array":                "message content may be an array of typed parts",
	"split_choices":                "one message may be spread over several choices",
	"missing_tool_index":           "streamed tool calls may lack their index",
}

// None reports whether the vendor takes a request as it is, so that neither Edit
// nor Fill has anything to do.
func (q *Quirks) None() bool {
	return len(q.Rename)+len(q.Drop)+len(q.DropInMessages)+len(q.Clamp)+len(q.Values)+len(q.Set) == 0 && q.DeveloperRole == "" && !q.DropModel
}

// Fill writes the members a vendor demands. The error is an *llm.Error: a
// variable is missing or cannot be right.
func (p *Provider) Fill(body *jsonx.Object, vars map[string]string) error {
	if p.Quirks.DropModel {
		body.Delete("model")
		body.Delete("model_id") // IBM's name for it
	}
	for _, s := range p.Quirks.Set {
		if body.Get(s.Field) != nil || p.unsaid(s.Value, vars) {
			continue
		}
		text, err := p.plain(s.Value, vars)
		if err != nil {
			return err
		}
		v := jsonx.Value(text)
		if k := jsonx.KindOf(v); k != jsonx.Number && k != jsonx.Bool || jsonx.Check(v) != nil {
			v = jsonx.Quote(text)
		}
		body.Set(s.Field, v)
	}
	return nil
}

// unsaid reports whether a text needs a variable that may be left out, and was.
func (p *Provider) unsaid(template string, vars map[string]string) bool {
	for _, found := range variable.FindAllString(template, -1) {
		name := found[1 : len(found)-1]
		if v := p.Vars[name]; v.Optional && v.Default == "" && vars[name] == "" {
			return true
		}
	}
	return false
}

// Edit changes a request body in place to what the vendor accepts. It returns
// the top-level fields it changed with a loss, such as "logprobs" or
// "temperature (clamped to 1)". When nothing applies, nothing is copied.
func (q *Quirks) Edit(body *jsonx.Object) (notCarried []string) {
	for _, v := range q.Values {
		replace(body, v)
	}
	for _, c := range q.Clamp {
		if bound, out := c.bound(body.Get(c.Field)); out {
			body.Set(c.Field, jsonx.Value(bound))
			notCarried = append(notCarried, c.Field+" (clamped to "+bound+")")
		}
	}
	for _, name := range q.Drop {
		if v := body.Get(name); v != nil {
			if !idle(v) {
				notCarried = append(notCarried, name)
			}
			body.Delete(name)
		}
	}
	for _, r := range q.Rename {
		if rename(body, r) {
			notCarried = append(notCarried, r.From)
		}
	}
	return q.editMessages(body, notCarried)
}

func replace(body *jsonx.Object, r Replace) {
	v := body.Get(r.Field)
	if len(v) == len(r.From)+2 && string(v[1:len(v)-1]) == r.From && jsonx.KindOf(v) == jsonx.String {
		body.Set(r.Field, jsonx.Quote(r.To))
	}
}

// bound returns the end of the range that v lies beyond.
func (c Clamp) bound(v jsonx.Value) (bound string, out bool) {
	f, ok := jsonx.Float(v)
	switch {
	case !ok:
		return "", false // the vendor shall say what is wrong with it
	case c.Min != nil && f < *c.Min:
		return number(*c.Min), true
	case c.Max != nil && f > *c.Max:
		return number(*c.Max), true
	}
	return "", false
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// idle reports values that ask for nothing, so that nothing is lost with them.
func idle(v jsonx.Value) bool {
	switch jsonx.KindOf(v) {
	case jsonx.Null:
		return true
	case jsonx.Bool:
		return !jsonx.IsTrue(v)
	case jsonx.Array, jsonx.Composite:
		return len(bytes.TrimSpace(v[1:len(v)-1])) == 0
	default:
		return false
	}
}

// rename moves a field. Where the new name is there already, it keeps its own
// value; lost then says that the old one asked for something else.
func rename(body *jsonx.Object, r Rename) (lost bool) {
	v := body.Get(r.From)
	if v == nil {
		return false
	}
	own := body.Get(r.To)
	if own == nil {
		body.Set(r.To, v)
	} else {
		lost = !bytes.Equal(v, own) && !idle(v)
	}
	body.Delete(r.From)
	return lost
}

func (q *Quirks) editMessages(body *jsonx.Object, notCarried []string) []string {
	if q.DeveloperRole == "" && len(q.DropInMessages) == 0 {
		return notCarried
	}
	messages := body.Get("messages")
	if jsonx.KindOf(messages) != jsonx.Array || !q.concerns(messages) {
		return notCarried
	}
	out := append(make(jsonx.Value, 0, len(messages)), '[')
	changed, dropped := false, make([]bool, len(q.DropInMessages))
	for m := range jsonx.Elements(messages) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		edited := q.editMessage(m, dropped)
		changed = changed || edited != nil
		if edited == nil {
			edited = m
		}
		out = append(out, edited...)
	}
	if !changed {
		return notCarried
	}
	body.Set("messages", append(out, ']'))
	for i, name := range q.DropInMessages {
		if dropped[i] {
			notCarried = append(notCarried, "messages[]."+name)
		}
	}
	return notCarried
}

// concerns looks for the words first: most conversations hold none of them,
// and a search costs far less than taking the messages apart.
func (q *Quirks) concerns(v jsonx.Value) bool {
	if q.DeveloperRole != "" && bytes.Contains(v, []byte(`"developer"`)) {
		return true
	}
	for _, name := range q.DropInMessages {
		if bytes.Contains(v, []byte(`"`+name+`"`)) {
			return true
		}
	}
	return false
}

// editMessage returns the message's new text, nil when it stays as it is.
func (q *Quirks) editMessage(m jsonx.Value, dropped []bool) jsonx.Value {
	if !q.concerns(m) {
		return nil
	}
	o, err := jsonx.Parse(m)
	if err != nil {
		return nil // not an object: the vendor shall say so
	}
	if role, ok := jsonx.Text(o.Get("role")); ok && role == "developer" && q.DeveloperRole != "" {
		o.Set("role", jsonx.Quote(q.DeveloperRole))
	}
	for i, name := range q.DropInMessages {
		dropped[i] = o.Delete(name) || dropped[i]
	}
	if !o.Edited() {
		return nil
	}
	return o.Bytes()
}
