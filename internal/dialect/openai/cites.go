package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readCites reads the annotations of an answer, which speak of its one text.
// Where there are several texts it is unknown which, and they stay among the
// members of the message.
func readCites(m *dialect.Reader, parts []llm.Part) {
	at := -1
	for i := range parts {
		if parts[i].Kind != llm.PartText {
			continue
		}
		if at >= 0 {
			return
		}
		at = i
	}
	list := m.Peek("annotations")
	if at < 0 || jsonx.KindOf(list) != jsonx.Array || string(list) == "[]" {
		return
	}
	m.Take("annotations")
	for v := range jsonx.Elements(list) {
		parts[at].Cites = append(parts[at].Cites, readCite(v, parts[at].Text))
	}
}

// readCite reads an annotation of a text. The wire counts characters.
func readCite(v jsonx.Value, text string) llm.Cite {
	c := llm.Cite{Raw: v, Family: family}
	u := jsonx.At(v, "url_citation")
	c.URL, _ = jsonx.Text(jsonx.At(u, "url"))
	c.Title, _ = jsonx.Text(jsonx.At(u, "title"))
	from, _ := jsonx.Int(jsonx.At(u, "start_index"))
	to, _ := jsonx.Int(jsonx.At(u, "end_index"))
	if from < to {
		c.Start, c.End = dialect.Offset(text, from), dialect.Offset(text, to)
	}
	return c
}

// cites tells the annotations of the open text, before it is closed.
func (d *decoder) cites(c *choiceState) {
	if c.kind != llm.PartText || c.notes.Empty() {
		return
	}
	for v := range jsonx.Elements(c.notes.Array()) {
		cite := readCite(v, string(c.body))
		d.emit(llm.Event{Kind: llm.EventDelta, Choice: c.index, Part: c.open, Field: llm.DeltaCite, Cite: &cite})
	}
	c.notes = dialect.List{}
}
