package openai

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// media writes something to see, hear or read as a part (OpenAI API, chat
// completions, content parts).
func (e *requestWriter) media(w *dialect.Writer, at string, m *llm.Media) {
	e.lost.Extra(at+".", m.Extra, family)
	if m.About != "" {
		e.lost.Add("%s.context", at)
	}
	switch m.Kind {
	case llm.Image, llm.Video:
		name := map[llm.MediaKind]string{llm.Image: "image_url", llm.Video: "video_url"}[m.Kind]
		e.picture(w, at, name, m)
	case llm.Audio:
		if m.Data == "" {
			e.refuse(at, "audio must be given as base64 for this provider")
		}
		var o dialect.Writer
		o.Text("data", m.Data)
		o.Text("format", strings.TrimPrefix(m.Type, "audio/"))
		o.Extra(m.Extra, family)
		w.Text("type", "input_audio")
		w.Raw("input_audio", o.Object())
	case llm.Document:
		e.document(w, at, m)
	}
}

func (e *requestWriter) picture(w *dialect.Writer, at, name string, m *llm.Media) {
	var o dialect.Writer
	switch {
	case m.FileID != "":
		e.refuse(at, "a file id of one vendor means nothing to another: send the file itself")
	case m.URL != "":
		o.Text("url", m.URL)
	case m.Data != "":
		o.Text("url", "data:"+m.Type+";base64,"+m.Data)
	}
	o.Some("detail", m.Detail)
	if m.URL != "" {
		o.Some("mime_type", m.Type)
	}
	o.Extra(m.Extra, family)
	w.Text("type", name)
	w.Raw(name, o.Object())
}

func (e *requestWriter) document(w *dialect.Writer, at string, m *llm.Media) {
	if text, ok := documentText(m); ok && !e.native() {
		if m.Name != "" {
			text = m.Name + "\n" + text
		}
		w.Text("type", "text")
		w.Text("text", text)
		return
	}
	var o dialect.Writer
	switch {
	case e.native():
		o.Some("file_id", m.FileID)
		o.Some("file_url", m.URL)
	case m.FileID != "":
		e.refuse(at, "a file id of one vendor means nothing to another: send the file itself")
	case m.Data == "":
		e.refuse(at, "a document must be given as base64 or text for this provider")
	}
	if m.Data != "" {
		o.Raw("file_data", fileData(m, e.native()))
	}
	name := m.Name
	if name == "" && !e.native() { // the API wants one beside the data
		name = "document.pdf"
	}
	o.Some("filename", name)
	o.Extra(m.Extra, family)
	w.Text("type", "file")
	w.Raw("file", o.Object())
}

func fileData(m *llm.Media, native bool) jsonx.Value {
	switch {
	case m.Type != "":
		return jsonx.Quote("data:" + m.Type + ";base64," + m.Data)
	case native:
		return jsonx.Quote(m.Data)
	}
	return jsonx.Quote("data:application/pdf;base64," + m.Data)
}

// documentText is what a document of nothing but text says.
func documentText(m *llm.Media) (string, bool) {
	if m.Text != "" {
		return m.Text, true
	}
	if len(m.Parts) == 0 {
		return "", false
	}
	var all []string
	for _, p := range m.Parts {
		if p.Kind != llm.PartText {
			return "", false
		}
		all = append(all, p.Text)
	}
	return strings.Join(all, "\n"), true
}
