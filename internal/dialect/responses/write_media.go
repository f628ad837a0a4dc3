package responses

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// partAgain writes a part of this dialect as it was.
func partAgain(p *llm.Part) jsonx.Value {
	if p.Raw != nil {
		return p.Raw
	}
	if p.Kind != llm.PartMedia {
		return saidPart(p)
	}
	var w dialect.Writer
	m := p.Media
	w.Text("type", p.Label)
	w.Some("file_id", m.FileID)
	w.Some("detail", m.Detail)
	switch m.Kind {
	case llm.Image:
		w.Some("image_url", urlOf(m))
	case llm.Audio:
		audio(&w, m)
	default:
		w.Some("filename", m.Name)
		w.Some("file_url", m.URL)
		if m.Data != "" {
			w.Text("file_data", dataOf(m))
		}
	}
	w.Extra(p.Extra, family)
	return w.Object()
}

func audio(w *dialect.Writer, m *llm.Media) {
	var o dialect.Writer
	o.Text("data", m.Data)
	o.Text("format", strings.TrimPrefix(m.Type, "audio/"))
	o.Extra(m.Extra, family)
	w.Raw("input_audio", o.Object())
}

func urlOf(m *llm.Media) string {
	if m.Data != "" {
		return dataOf(m)
	}
	return m.URL
}

func dataOf(m *llm.Media) string {
	if m.Type == "" {
		return m.Data
	}
	return "data:" + m.Type + ";base64," + m.Data
}

// media writes something to see or read of another dialect's prompt (OpenAI
// API, Responses, input content).
func (e *requestWriter) media(w *dialect.Writer, m *llm.Media, at string) {
	e.lost.Extra(at+".", m.Extra, family)
	if m.About != "" {
		e.lost.Add("%s.context", at)
	}
	switch {
	case m.Kind == llm.Audio, m.Kind == llm.Video:
		e.refuse(at, "this provider takes no %s", m.Kind)
	case m.FileID != "":
		e.refuse(at, "a file id of one vendor means nothing to another: send the file itself")
	case m.Kind == llm.Image:
		w.Text("type", "input_image")
		w.Text("image_url", urlOf(m))
		if m.Detail == "" {
			w.Text("detail", "auto")
		} else {
			w.Text("detail", m.Detail)
		}
	default:
		e.document(w, m, at)
	}
}

func (e *requestWriter) document(w *dialect.Writer, m *llm.Media, at string) {
	text, isText := documentText(m)
	switch {
	case isText:
		if m.Name != "" {
			text = m.Name + "\n" + text
		}
		w.Text("type", "input_text")
		w.Text("text", text)
	case m.URL != "":
		w.Text("type", "input_file")
		w.Text("file_url", m.URL)
	case m.Data == "":
		e.refuse(at, "a document must be given as base64, text or an address for this provider")
	default:
		file := *m
		if file.Type == "" {
			file.Type = "application/pdf"
		}
		if file.Name == "" { // the API wants one beside the data
			file.Name = "document.pdf"
		}
		w.Text("type", "input_file")
		w.Text("filename", file.Name)
		w.Text("file_data", dataOf(&file))
	}
}

// documentText is what a document of nothing but text says.
func documentText(m *llm.Media) (string, bool) {
	if m.Text != "" {
		return m.Text, true
	}
	var all []string
	for _, p := range m.Parts {
		if p.Kind != llm.PartText {
			return "", false
		}
		all = append(all, p.Text)
	}
	return strings.Join(all, "\n"), len(all) > 0
}
