package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readCites gives citations to the texts they speak of. If that would change
// their order, or one speaks of something else, all stay among the members of
// the message.
func readCites(r *dialect.Reader, parts []llm.Part) []llm.Part {
	list := r.Peek("citations")
	if jsonx.KindOf(list) != jsonx.Array {
		return parts
	}
	var of []int
	for v := range jsonx.Elements(list) {
		at := cited(parts, v)
		if at < 0 || len(of) > 0 && of[len(of)-1] > at {
			return parts
		}
		of = append(of, at)
	}
	r.Take("citations")
	i := 0
	for v := range jsonx.Elements(list) {
		p := &parts[of[i]]
		p.Cites = append(p.Cites, readCite(v, p.Text))
		i++
	}
	return parts
}

// cited is the part a citation speaks of, -1 if it is none of text.
func cited(parts []llm.Part, cite jsonx.Value) int {
	if kind, _ := jsonx.Text(jsonx.At(cite, "type")); kind != "" && kind != "TEXT_CONTENT" {
		return -1
	}
	index, said := jsonx.Int(jsonx.At(cite, "content_index"))
	found, content := -1, int64(0)
	for i := range parts {
		if parts[i].Kind == llm.PartCall || parts[i].Label == plan {
			continue
		}
		if parts[i].Kind == llm.PartText && (!said || content == index) {
			if found >= 0 {
				return -1 // one of several
			}
			found = i
		}
		content++
	}
	return found
}

// readCite reads a citation of a text. The wire counts characters.
func readCite(v jsonx.Value, text string) llm.Cite {
	c := llm.Cite{Raw: v, Family: family}
	c.Quote, _ = jsonx.Text(jsonx.At(v, "text"))
	source := jsonx.At(v, "sources", "0", "document")
	c.Title, _ = jsonx.Text(jsonx.At(source, "title"))
	c.URL, _ = jsonx.Text(jsonx.At(source, "url"))
	from, _ := jsonx.Int(jsonx.At(v, "start"))
	to, _ := jsonx.Int(jsonx.At(v, "end"))
	if from < to {
		c.Start, c.End = dialect.Offset(text, from), dialect.Offset(text, to)
	}
	return c
}

// writeCite writes a citation for a client, nil for another vendor's.
func writeCite(c *llm.Cite) jsonx.Value {
	if c.Family == family {
		return c.Raw
	}
	return nil // it must name a document or a tool's output
}
