package gemini

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeRequest reads what a client asks (Gemini API, models.generateContent).
// The model and whether to stream stand in the address; a body that says them
// too is believed.
func (codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	o := read(dialect.ReadRequest(body))
	p := &llm.Prompt{Family: family, Model: o.text("model"), List: "contents", Within: "parts"}
	if b := o.bool("stream"); b != nil {
		p.Stream = *b
	}
	p.Beside = o.name("systemInstruction")
	pr := &partReader{}
	if o.has("systemInstruction") {
		p.Slot = true
		s, _ := o.at("systemInstruction")
		p.Messages = append(p.Messages, readContent(s, pr, llm.System))
	}
	if !o.has("contents") {
		o.r.Fail("contents", "is required")
	}
	for at, v := range o.r.List("contents") {
		p.Messages = append(p.Messages, readContent(read(o.r.Object(v, at)), pr, ""))
	}
	p.Messages = join(p.Messages)
	readTools(o, p)
	var beside llm.Extra
	if o.has("generationConfig") {
		g, name := o.at("generationConfig")
		readConfig(g, p)
		hoist(&beside, name, g.extra())
	}
	if o.has("toolConfig") {
		t, name := o.at("toolConfig")
		readChoice(t, p)
		hoist(&beside, name, t.extra())
	}
	if name := o.name("cachedContent"); o.has("cachedContent") {
		p.State.Kept = append(p.State.Kept, name)
	}
	readCaller(o, p)
	p.Extra = o.extra()
	if len(beside.Fields)+len(beside.Spelling) > 0 {
		p.Extra.Family = family
		p.Extra.Fields = append(p.Extra.Fields, beside.Fields...)
		p.Extra.Spelling = append(p.Extra.Spelling, beside.Spelling...)
	}
	return p, o.r.Done()
}

// hoist keeps the members of an inner object at the root, by their full names:
// so they are named where they are lost, and put back where they are not.
func hoist(to *llm.Extra, name string, x llm.Extra) {
	for _, f := range x.Fields {
		to.Fields = append(to.Fields, llm.Field{Name: name + "." + f.Name, Value: f.Value})
	}
	to.Spelling = append(to.Spelling, x.Spelling...)
	to.Spelling = append(to.Spelling, name+":said")
}

// roles reads a role. Functions had one of their own before they became parts
// of what the user says.
var roles = map[string]llm.Role{
	"user": llm.User, "model": llm.Assistant, "function": llm.User, "tool": llm.User, "system": llm.System,
}

func readContent(o *object, pr *partReader, slot llm.Role) llm.Message {
	word := o.text("role")
	m := llm.Message{Role: roles[word]}
	switch {
	case word == "":
		o.mark("role:none")
		m.Role = llm.User
	case m.Role == "" && slot == "":
		o.r.Fail(o.r.Path("role"), "must be user or model")
	case slot != "", roleWords[m.Role] != word:
		o.mark("role:" + word)
	}
	if slot != "" {
		m.Role = slot
	}
	m.Parts = pr.parts(o)
	m.Extra = o.extra()
	return m
}

func readCaller(o *object, p *llm.Prompt) {
	if word, _ := jsonx.Text(o.r.Peek(o.name("serviceTier"))); tierKinds[word] != "" {
		o.take("serviceTier")
		p.Caller.Tier = tierKinds[word]
	}
	p.Caller.Metadata = o.take("labels")
}

// tierKinds and tierWords translate the tiers of service (Gemini API,
// service_tier).
var (
	tierKinds = map[string]string{"standard": "default", "flex": "flex", "priority": "priority"}
	tierWords = map[string]string{
		"default": "standard", "standard_only": "standard", "flex": "flex", "priority": "priority",
	}
)
