package responses

import (
	"unicode/utf8"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// saidPart writes a text or a refusal of a message.
func saidPart(p *llm.Part) jsonx.Value {
	var w dialect.Writer
	kind := p.Label
	if p.Kind == llm.PartRefusal {
		w.Text("type", refusalType)
		w.Text("refusal", p.Text)
		w.Extra(p.Extra, family)
		return w.Object()
	}
	if _, ours := readers[kind]; !ours {
		kind = outputText
	}
	w.Text("type", kind)
	if kind == outputText {
		w.Raw("annotations", annotations(p))
		if p.Extra.Get(family, "logprobs") == nil {
			w.Raw("logprobs", jsonx.Value("[]"))
		}
	}
	w.Text("text", p.Text)
	w.Extra(p.Extra, family)
	return w.Object()
}

func annotations(p *llm.Part) jsonx.Value {
	var list dialect.List
	for i := range p.Cites {
		if v := annotation(&p.Cites[i], p.Text); v != nil {
			list.Add(v)
		}
	}
	return list.Array()
}

// annotation writes a citation; nil for one that leads to no address. Those of
// other dialects speak of the whole part.
func annotation(c *llm.Cite, text string) jsonx.Value {
	if c.Family == family {
		return c.Raw
	}
	if c.URL == "" {
		return nil
	}
	var w dialect.Writer
	w.Text("type", "url_citation")
	from, to := 0, len(text)
	if c.End > 0 && c.End <= len(text) && c.Start <= c.End {
		from, to = c.Start, c.End
	}
	w.Number("start_index", int64(utf8.RuneCountInString(text[:from])))
	w.Number("end_index", int64(utf8.RuneCountInString(text[:to])))
	w.Text("url", c.URL)
	w.Text("title", c.Title)
	return w.Object()
}

// thought reports whether a part of thinking has words to show.
func thought(p *llm.Part) bool {
	return p.Text != "" || p.Label == summaryText || p.Label == reasoningText
}

func thoughtPart(p *llm.Part) jsonx.Value {
	var w dialect.Writer
	kind := summaryText
	if p.Label == reasoningText {
		kind = reasoningText
	}
	w.Text("type", kind)
	w.Text("text", p.Text)
	w.Extra(p.Extra, family)
	return w.Object()
}

// reasoningItem writes thinking. What is no raw thinking of this family counts
// as a summary.
func reasoningItem(id, status string, parts []*llm.Part, x llm.Extra) jsonx.Value {
	var summary, content dialect.List
	seal := ""
	for _, p := range parts {
		if p.Seal != nil {
			seal = slot(p.Seal)
		}
		switch {
		case !thought(p):
		case p.Label == reasoningText:
			content.Add(thoughtPart(p))
		default:
			summary.Add(thoughtPart(p))
		}
	}
	var w dialect.Writer
	w.Text("type", typeReasoning)
	w.Some("id", id)
	w.Raw("summary", summary.Array())
	if !content.Empty() {
		w.Raw("content", content.Array())
	}
	w.Some("encrypted_content", seal)
	w.Some("status", status)
	w.Extra(x, family)
	return w.Object()
}

func callItem(id, status string, c *llm.Call) jsonx.Value {
	var w dialect.Writer
	kind, name, args := typeCall, "arguments", argumentsOf(c)
	if c.FreeForm {
		kind, name, args = typeCustom, "input", c.Args
	}
	w.Text("type", kind)
	w.Some("id", id)
	w.Text("call_id", c.ID)
	w.Text("name", c.Name)
	w.Text(name, args)
	w.Some("status", status)
	w.Extra(c.Extra, family)
	return w.Object()
}

// argumentsOf is the text of a call's arguments; what was an object elsewhere
// is printed without spaces.
func argumentsOf(c *llm.Call) string {
	if v := jsonx.Value(c.Args); c.Object && v.Compact() == nil {
		return string(v)
	}
	return c.Args
}
