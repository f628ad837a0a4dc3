package cohere

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// placed is a part and what the client calls its place.
type placed struct {
	*llm.Part
	at string
}

// places are the parts of message i.
func (e *requestWriter) places(i int, parts []llm.Part) []placed {
	all := make([]placed, len(parts))
	for j := range parts {
		all[j] = placed{&parts[j], dialect.PartPath(e.p, i, j)}
	}
	return all
}

// plain reports whether a part is text that nothing stands beside.
func (p *placed) plain() bool {
	return (p.Kind == llm.PartText || p.Kind == llm.PartRefusal) && (p.Extra.Family != family || len(p.Extra.Fields) == 0)
}

// content writes parts: a string where that says the same, nil for nothing.
func (e *requestWriter) content(parts []placed) jsonx.Value {
	if len(parts) == 0 {
		return nil
	}
	if len(parts) == 1 && parts[0].plain() {
		e.lost.Extra(parts[0].at+".", parts[0].Extra, family)
		return jsonx.Quote(parts[0].Text)
	}
	var list dialect.List
	for j := range parts {
		list.Add(e.part(&parts[j]))
	}
	return list.Array()
}

func (e *requestWriter) part(p *placed) jsonx.Value {
	var w dialect.Writer
	at := p.at
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		w.Text("type", "text")
		w.Text("text", p.Text)
	case llm.PartThinking:
		w.Text("type", "thinking")
		w.Text("thinking", p.Text)
	case llm.PartMedia:
		e.media(&w, at, p.Media)
	default:
		if p.Raw != nil && p.Extra.Family == family {
			return p.Raw
		}
		e.refuse(at, "%s cannot be carried over to this provider", dialect.PartName(p.Part))
	}
	w.Extra(p.Extra, family)
	e.lost.Extra(at+".", p.Extra, family)
	return w.Object()
}

// readable reports whether a document is nothing but text.
func readable(m *llm.Media) bool {
	return m.Kind == llm.Document && (m.Text != "" || len(m.Parts) > 0 || strings.HasPrefix(m.Type, "text/"))
}

func (e *requestWriter) media(w *dialect.Writer, at string, m *llm.Media) {
	e.lost.Extra(at+".", m.Extra, family)
	if m.About != "" {
		e.lost.Add("%s.context", at)
	}
	switch {
	case m.FileID != "":
		e.refuse(at, "a file id of one vendor means nothing to another: send the file itself")
	case m.Kind == llm.Document && e.native():
		repeatDocument(w, m)
	case readable(m):
		e.document(w, at, m)
	case m.Kind == llm.Image && (m.Type == "" || strings.HasPrefix(m.Type, "image/")):
		picture(w, m)
	default:
		e.refuse(at, "this provider takes no %s", m.Kind)
	}
}

func picture(w *dialect.Writer, m *llm.Media) {
	var o dialect.Writer
	if m.URL != "" {
		o.Text("url", m.URL)
	} else {
		o.Text("url", "data:"+m.Type+";base64,"+m.Data)
	}
	o.Some("detail", m.Detail)
	o.Extra(m.Extra, family)
	w.Text("type", "image_url")
	w.Raw("image_url", o.Object())
}

// document writes a text: documents that can be cited belong to what a tool
// gave back, or to the whole request.
func (e *requestWriter) document(w *dialect.Writer, at string, m *llm.Media) {
	text := m.Text
	switch {
	case text != "":
	case m.Data != "":
		var err error
		if text, err = dialect.PlainDocument(m); err != nil {
			e.refuse(at, "the document is not base64")
		}
	default:
		var all []string
		for i := range m.Parts {
			if m.Parts[i].Kind != llm.PartText {
				e.refuse(at, "this provider takes no document with a %s in it", m.Parts[i].Kind)
			}
			all = append(all, m.Parts[i].Text)
		}
		text = strings.Join(all, "\n")
	}
	if m.Name != "" {
		text = m.Name + "\n" + text
	}
	w.Text("type", "text")
	w.Text("text", text)
}

// repeatDocument writes a document of this dialect as it was.
func repeatDocument(w *dialect.Writer, m *llm.Media) {
	var o dialect.Writer
	if spelt(m.Extra, objectData) {
		o.Raw("data", jsonx.Value(m.Text))
	} else {
		o.Text("data", m.Text)
	}
	o.Extra(m.Extra, family)
	w.Text("type", "document")
	w.Raw("document", o.Object())
}
