package anthropic

import (
	"crypto/sha256"
	"encoding/base32"
	"path"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// add puts a part of another dialect's message into a turn.
func (e *requestWriter) add(t *turn, p *llm.Part, at dialect.Place) {
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if strings.TrimSpace(p.Text) == "" {
			return // blank blocks are refused by the vendor
		}
		if p.Kind == llm.PartRefusal {
			text := *p
			text.Kind = llm.PartText
			p = &text
		}
		t.blocks = append(t.blocks, block{part: p, at: at})
	case llm.PartThinking:
		if !sealed(p) {
			e.lost.Add("%s:thinking", at)
			return
		}
		t.blocks = append(t.blocks, block{raw: e.block(p, at)})
	case llm.PartCall:
		if p.Call.By != llm.ByClient {
			e.lost.Add("%s:%s", at, p.Label)
			return
		}
		t.calls = append(t.calls, callID(p.Call.ID))
		t.blocks = append(t.blocks, block{raw: e.block(p, at)})
	case llm.PartResult:
		if p.Result.By != llm.ByClient {
			e.lost.Add("%s:%s", at, p.Label)
			return
		}
		t.results = append(t.results, result{id: callID(p.Result.CallID), at: at, text: e.block(p, at)})
	default:
		t.blocks = append(t.blocks, block{raw: e.block(p, at)})
	}
}

// block writes one part as a block.
func (e *requestWriter) block(p *llm.Part, at dialect.Place) jsonx.Value {
	if p.Raw != nil {
		if p.Extra.Family == family {
			return p.Raw
		}
		e.refuse(at.String(), "%s cannot be carried over to this provider", p.Label)
		return jsonx.Value("{}")
	}
	var w dialect.Writer
	switch p.Kind {
	case llm.PartText:
		w.Text("type", "text")
		w.Text("text", p.Text)
		if writeCites(&w, p.Cites) {
			e.lost.Add("%s:citations", at)
		}
	case llm.PartThinking:
		writeThinking(&w, p)
	case llm.PartCall:
		e.call(&w, p, at)
	case llm.PartResult:
		e.result(&w, p.Result, at)
	case llm.PartMedia:
		e.media(&w, p.Media, at)
	}
	if p.Kind != llm.PartThinking { // the vendor takes no mark there
		e.cache(&w, at, p.Cache)
	}
	w.Extra(p.Extra, family)
	e.lost.Within(at, "", p.Extra, family)
	return w.Object()
}

func writeThinking(w *dialect.Writer, p *llm.Part) {
	if sealed(p) && p.Seal.Kind == llm.Redacted {
		w.Text("type", "redacted_thinking")
		w.Text("data", p.Seal.Data)
		return
	}
	w.Text("type", "thinking")
	w.Text("thinking", p.Text)
	signature := ""
	if p.Seal != nil {
		signature = slot(p.Seal)
	}
	w.Text("signature", signature)
}

// slot is what a proof's place holds: this vendor's as it is, others' packed.
func slot(s *llm.Seal) string {
	if s.Origin == origin {
		return s.Data
	}
	return dialect.Pack(s, dialect.Here)
}

// writeCites writes the citations of this vendor's own making. Others have no
// place: they must hold what only this vendor's search gives.
func writeCites(w *dialect.Writer, cites []llm.Cite) (lost bool) {
	var list dialect.List
	for _, c := range cites {
		if c.Family == family {
			list.Add(c.Raw)
		} else {
			lost = true
		}
	}
	if !list.Empty() {
		w.Raw("citations", list.Array())
	}
	return lost
}

func (e *requestWriter) call(w *dialect.Writer, p *llm.Part, at dialect.Place) {
	c := p.Call
	input, ok := dialect.Arguments(c)
	if !ok { // cut off by a limit: the model will see that nothing came of it
		e.lost.Add("%s.arguments", at)
		input = jsonx.Value("{}")
	}
	w.Text("type", "tool_use")
	w.Text("id", e.id(c.ID))
	w.Text("name", c.Name)
	w.Raw("input", input)
	w.Extra(c.Extra, family)
	e.lost.Within(at, "", c.Extra, family)
}

func (e *requestWriter) id(id string) string {
	if e.native() {
		return id
	}
	return callID(id)
}

// callID keeps an id the vendor accepts and makes another one of it, always
// the same, so that call and result agree (vocabulary, ids).
func callID(id string) string {
	legal := id != ""
	for _, c := range id {
		legal = legal && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-')
	}
	if legal {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "call_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}

func (e *requestWriter) result(w *dialect.Writer, r *llm.Result, at dialect.Place) {
	w.Text("type", "tool_result")
	w.Text("tool_use_id", e.id(r.CallID))
	switch {
	case len(r.Parts) == 0:
	case len(r.Parts) == 1 && r.Parts[0].Kind == llm.PartText && r.Parts[0].Cache == nil && len(r.Parts[0].Extra.Fields) == 0:
		w.Text("content", r.Parts[0].Text)
	default:
		var list dialect.List
		for j := range r.Parts {
			p := &r.Parts[j]
			if p.Kind == llm.PartText && strings.TrimSpace(p.Text) == "" && !e.native() {
				continue
			}
			list.Add(e.block(p, at))
		}
		w.Raw("content", list.Array())
	}
	w.Bool("is_error", r.IsError)
}

// images are the types of pictures the vendor looks at.
var images = map[string]string{
	"image/jpeg": "image/jpeg", "image/jpg": "image/jpeg", "image/png": "image/png",
	"image/gif": "image/gif", "image/webp": "image/webp",
}

func (e *requestWriter) media(w *dialect.Writer, m *llm.Media, at dialect.Place) {
	if e.native() {
		e.repeatMedia(w, m)
		return
	}
	e.lost.Within(at, "", m.Extra, family)
	if m.Detail != "" && m.Detail != "auto" {
		e.lost.Add("%s.detail", at)
	}
	kind, mediaType := m.Kind, m.Type
	pdf := mediaType == "application/pdf" || strings.EqualFold(path.Ext(m.URL), ".pdf")
	var s dialect.Writer
	switch {
	case kind == llm.Audio, kind == llm.Video:
		e.refuse(at.String(), "this provider takes no %s", kind)
	case m.FileID != "":
		e.refuse(at.String(), "a file id of one vendor means nothing to another: send the file itself")
	case m.URL != "":
		if pdf {
			kind = llm.Document
		}
		s.Text("type", "url")
		s.Text("url", m.URL)
	case kind == llm.Image && !pdf:
		if images[mediaType] == "" {
			e.refuse(at.String(), "this provider takes no picture of type %q", mediaType)
		}
		base64Source(&s, images[mediaType], m.Data)
	default:
		kind = llm.Document
		e.document(&s, m, at)
	}
	w.Text("type", kind.String())
	w.Raw("source", s.Object())
	if kind == llm.Document {
		w.Some("title", m.Name)
		w.Some("context", m.About)
	}
}

func base64Source(s *dialect.Writer, mediaType, data string) {
	s.Text("type", "base64")
	s.Text("media_type", mediaType)
	s.Text("data", data)
}

// document writes a PDF, or plain text; a document without a type is a PDF.
func (e *requestWriter) document(s *dialect.Writer, m *llm.Media, at dialect.Place) {
	text, isText := m.Text, m.Text != ""
	if !isText && strings.HasPrefix(m.Type, "text/") {
		var err error
		if text, err = dialect.PlainDocument(m); err != nil {
			e.refuse(at.String(), "the document is not base64")
		}
		isText = true
	}
	switch {
	case isText:
		s.Text("type", "text")
		s.Text("media_type", "text/plain")
		s.Text("data", text)
	case m.Type == "" || m.Type == "application/pdf":
		base64Source(s, "application/pdf", m.Data)
	default:
		e.refuse(at.String(), "this provider takes no document of type %q", m.Type)
	}
}

// repeatMedia writes media of this dialect as they were.
func (e *requestWriter) repeatMedia(w *dialect.Writer, m *llm.Media) {
	var s dialect.Writer
	switch {
	case m.FileID != "":
		s.Text("type", "file")
		s.Text("file_id", m.FileID)
	case m.URL != "":
		s.Text("type", "url")
		s.Text("url", m.URL)
	case m.Data != "":
		base64Source(&s, m.Type, m.Data)
	case m.Parts != nil:
		var list dialect.List
		for j := range m.Parts {
			list.Add(e.block(&m.Parts[j], dialect.Place{}))
		}
		s.Text("type", "content")
		s.Raw("content", list.Array())
	default:
		s.Text("type", "text")
		s.Some("media_type", m.Type)
		s.Text("data", m.Text)
	}
	s.Extra(m.Extra, family)
	w.Text("type", m.Kind.String())
	w.Raw("source", s.Object())
	w.Some("title", m.Name)
	w.Some("context", m.About)
}
