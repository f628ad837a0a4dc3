package bedrock

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// block writes one part as a block.
func (e *requestWriter) block(p *llm.Part, at string) jsonx.Value {
	if p.Raw != nil {
		if p.Extra.Family == family {
			return p.Raw
		}
		e.refuse(at, "%s cannot be carried over to this provider", p.Label)
		return jsonx.Value("{}")
	}
	var w dialect.Writer
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if writeText(&w, p) {
			e.lost.Add("%s:citations", at)
		}
	case llm.PartThinking:
		writeThinking(&w, p)
	case llm.PartCall:
		e.call(&w, p, at)
	case llm.PartResult:
		e.result(&w, p, at)
	case llm.PartMedia:
		e.media(&w, p.Media, at)
	}
	w.Extra(p.Extra, family)
	e.lost.Extra(at+".", p.Extra, family)
	return w.Object()
}

// writeText writes a text, with its sources where they are of this vendor's
// making; others have no place.
func writeText(w *dialect.Writer, p *llm.Part) (lost bool) {
	if v := p.Extra.Get(family, "citationsContent"); v != nil {
		return false // as it came
	}
	if p.Extra.Family == family && len(p.Extra.Spelling) > 0 {
		w.Raw(p.Extra.Spelling[0], jsonx.Value(p.Text))
		return false
	}
	var cites, content dialect.List
	for i := range p.Cites {
		if p.Cites[i].Family == family {
			cites.Add(p.Cites[i].Raw)
		} else {
			lost = true
		}
	}
	if cites.Empty() {
		w.Text("text", p.Text)
		return lost
	}
	var text, c dialect.Writer
	text.Text("text", p.Text)
	content.Add(text.Object())
	c.Raw("content", content.Array())
	c.Raw("citations", cites.Array())
	w.Raw("citationsContent", c.Object())
	return lost
}

func writeThinking(w *dialect.Writer, p *llm.Part) {
	var c dialect.Writer
	if withheld(p.Seal) {
		data := p.Seal.Data
		if p.Seal.Origin == claude {
			data = base64.StdEncoding.EncodeToString([]byte(data))
		}
		c.Text("redactedContent", data)
	} else {
		var t dialect.Writer
		t.Text("text", p.Text)
		if p.Seal != nil {
			t.Some("signature", slot(p.Seal))
		}
		c.Raw("reasoningText", t.Object())
	}
	w.Raw("reasoningContent", c.Object())
}

// withheld reports whether a seal is thinking that nobody may read, the way this
// dialect has it.
func withheld(s *llm.Seal) bool {
	return s != nil && s.Kind == llm.Redacted && (s.Origin == claude || s.Origin == amazon)
}

// slot is what a proof's place holds: Claude's as it is, others' packed.
func slot(s *llm.Seal) string {
	if s.Origin == claude && s.Kind == llm.Signature {
		return s.Data
	}
	return dialect.Pack(s, dialect.Here)
}

func (e *requestWriter) call(w *dialect.Writer, p *llm.Part, at string) {
	c := p.Call
	input, ok := dialect.Arguments(c)
	if !ok && e.native() {
		input, ok = jsonx.Value(c.Args), true // no object, but what it was
	}
	if !ok { // cut off by a limit: the model will see that nothing came of it
		e.lost.Add("%s.arguments", at)
		input = jsonx.Value("{}")
	}
	var t dialect.Writer
	t.Text("toolUseId", e.id(c.ID))
	t.Text("name", c.Name)
	t.Raw("input", input)
	t.Extra(c.Extra, family)
	e.lost.Extra(at+".", c.Extra, family)
	w.Raw("toolUse", t.Object())
}

func (e *requestWriter) id(id string) string {
	switch {
	case e.native():
		return id
	case e.card.shortIDs:
		return shortID(id)
	}
	return callID(id)
}

// maxID is how long an id may be.
const maxID = 64

// callID keeps an id the vendor accepts and makes another one of it, always
// the same, so that call and result agree (vocabulary, ids).
func callID(id string) string {
	if id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(c rune) bool { return !alphanumeric(c) && !strings.ContainsRune("_-.:", c) }) {
		return id
	}
	return "call_" + digest(id, 24)
}

// shortID is callID for Mistral's models.
func shortID(id string) string {
	if len(id) == 9 && !strings.ContainsFunc(id, func(c rune) bool { return !alphanumeric(c) }) {
		return id
	}
	return digest(id, 9)
}

func alphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func digest(id string, length int) string {
	sum := sha256.Sum256([]byte(id))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:length]
}

func (e *requestWriter) result(w *dialect.Writer, p *llm.Part, at string) {
	r := p.Result
	var t dialect.Writer
	var list dialect.List
	for j := range r.Parts {
		part := &r.Parts[j]
		if !e.native() && (part.Kind == llm.PartText || part.Kind == llm.PartRefusal) && strings.TrimSpace(part.Text) == "" {
			continue // blank texts are refused, an empty list is not
		}
		list.Add(e.block(part, at))
		e.mark(&list, at, part.Cache, false)
	}
	t.Text("toolUseId", e.id(r.CallID))
	t.Raw("content", list.Array())
	switch {
	case r.IsError == nil:
	case *r.IsError:
		t.Text("status", statusError)
	default:
		t.Text("status", statusSuccess)
	}
	nest(w, "toolResult", &t, p.Extra)
}

func (e *requestWriter) media(w *dialect.Writer, m *llm.Media, at string) {
	var o, s dialect.Writer
	format := formatOf(m.Type, m.URL+m.FileID)
	switch {
	case e.native():
		if format == "" {
			format = m.Type
		}
		e.repeatMedia(&s, m)
	default:
		e.lost.Extra(at+".", m.Extra, family)
		if m.Detail != "" && m.Detail != "auto" {
			e.lost.Add("%s.detail", at)
		}
		format = e.source(&s, m, format, at)
	}
	kind := m.Kind
	if kind == llm.Image && !e.native() && !strings.HasPrefix(typeOf(format), "image/") {
		kind = llm.Document
	}
	o.Some("format", format)
	if kind == llm.Document {
		if name := e.name(m.Name); name != "" {
			o.Text("name", name)
		}
	}
	if v := m.Extra.Get(family, "source"); v == nil {
		o.Raw("source", s.Object())
	}
	o.Some("context", m.About)
	o.Extra(m.Extra, family)
	w.Raw(kind.String(), o.Object())
}

// source writes what a client of another dialect wants the model to look at,
// and says what it is.
func (e *requestWriter) source(s *dialect.Writer, m *llm.Media, format, at string) string {
	switch {
	case m.Kind == llm.Audio:
		e.refuse(at, "this provider takes no audio")
	case m.FileID != "":
		e.refuse(at, "a file id of one vendor means nothing to another: send the file itself")
	case strings.HasPrefix(m.URL, "s3://"):
		s3(s, m.URL)
	case m.URL != "":
		e.refuse(at, "this provider fetches nothing: send the %s itself, as base64", m.Kind)
	case m.Text != "" || m.Parts != nil:
		text := m.Text
		for i := range m.Parts {
			if m.Parts[i].Kind != llm.PartText {
				e.refuse(at, "this provider takes no document in pieces that are not text")
			}
			text += m.Parts[i].Text
		}
		s.Text("bytes", base64.StdEncoding.EncodeToString([]byte(text)))
		return "txt"
	default:
		s.Text("bytes", m.Data)
		if format == "" && m.Kind == llm.Document && m.Type == "" {
			format = "pdf"
		}
		if format == "" && strings.HasPrefix(m.Type, "text/") {
			format = "txt"
		}
	}
	if format == "" {
		e.refuse(at, "this provider takes no %s of type %q", m.Kind, m.Type)
	}
	return format
}

func s3(s *dialect.Writer, uri string) {
	var at dialect.Writer
	at.Text("uri", uri)
	s.Raw("s3Location", at.Object())
}

// repeatMedia writes media of this dialect as they were.
func (e *requestWriter) repeatMedia(s *dialect.Writer, m *llm.Media) {
	switch {
	case m.FileID != "":
		s3(s, m.FileID)
	case m.Parts != nil:
		var list dialect.List
		for j := range m.Parts {
			list.Add(e.block(&m.Parts[j], ""))
		}
		s.Raw("content", list.Array())
	case m.Text != "":
		s.Text("text", m.Text)
	default:
		s.Text("bytes", m.Data)
	}
}
