package gemini

import (
	"path"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// part writes one part.
func (e *requestWriter) part(p *llm.Part, at string) jsonx.Value {
	if p.Raw != nil {
		if p.Extra.Family == family {
			return p.Raw
		}
		e.refuse(at, "%s cannot be carried over to this provider", p.Label)
		return jsonx.Value("{}")
	}
	var w dialect.Writer
	s := spellingOf(p.Extra)
	switch p.Kind {
	case llm.PartText, llm.PartRefusal, llm.PartThinking:
		writeText(&w, p, s)
	case llm.PartCall:
		e.call(&w, p, s, at)
	case llm.PartResult:
		w.Raw(s.name("functionResponse"), e.response(p.Result, p.Result.Name, at, nil))
	case llm.PartMedia:
		e.media(&w, p.Media, s, at)
	}
	writeSeal(&w, p, s)
	w.Extra(p.Extra, family)
	e.lost.Extra(at+".", p.Extra, family)
	return w.Object()
}

func writeText(w *dialect.Writer, p *llm.Part, s spelling) {
	if !s.marked("text:none") {
		w.Text("text", p.Text)
	}
	if p.Kind == llm.PartThinking {
		w.Raw("thought", jsonx.Value("true"))
	} else if s.marked("thought:false") {
		w.Raw("thought", jsonx.Value("false"))
	}
}

// writeSeal writes a proof, but only to whom can read it.
func writeSeal(w *dialect.Writer, p *llm.Part, s spelling) {
	if sealed(p) {
		w.Text(s.name("thoughtSignature"), p.Seal.Data)
	}
}

func (e *requestWriter) call(w *dialect.Writer, p *llm.Part, part spelling, at string) {
	c := p.Call
	args, ok := dialect.Arguments(c)
	if !ok { // cut off by a limit: the model will see that nothing came of it
		e.lost.Add("%s.arguments", at)
		args = jsonx.Value("{}")
	}
	s := spellingOf(c.Extra)
	var f dialect.Writer
	if e.native() && !s.marked("id:none") || !e.native() && vendorID(c.ID) {
		f.Text("id", c.ID)
	}
	f.Text("name", c.Name)
	if !s.marked("args:none") || string(args) != "{}" {
		f.Raw("args", args)
	}
	f.Extra(c.Extra, family)
	e.lost.Extra(at+".", c.Extra, family)
	if !sealed(p) { // else what stands beside the arguments is the proof
		e.lost.Extra(at+".function.", c.Function, family)
	}
	w.Raw(part.name("functionCall"), f.Object())
}

// answer writes the result of a call of that name, with media beside it where
// the model takes none inside.
func (e *requestWriter) answer(r *llm.Result, name, at string) result {
	if name == "" {
		name = r.Name
	}
	out := result{id: r.CallID, at: at}
	var w dialect.Writer
	w.Raw("functionResponse", e.response(r, name, at, &out.shown))
	out.value = w.Object()
	return out
}

// response writes a functionResponse. Media go into it, or where they cannot,
// behind a line in shown that says which call they belong to.
func (e *requestWriter) response(r *llm.Result, name, at string, shown *[]jsonx.Value) jsonx.Value {
	var w dialect.Writer
	s := spellingOf(r.Source)
	if e.native() && !s.marked("id:none") || !e.native() && vendorID(r.CallID) {
		w.Text("id", r.CallID)
	}
	w.Text("name", name)
	var texts []string
	var media dialect.List
	for j := range r.Parts {
		p := &r.Parts[j]
		switch text, isText := textOf(p); {
		case isText:
			texts = append(texts, text)
		case e.native() || e.card.media || shown == nil:
			media.Add(e.part(p, at))
		default:
			if len(*shown) == 0 {
				*shown = append(*shown, e.part(&llm.Part{Text: "Result of the tool call " + name + ":"}, at))
			}
			*shown = append(*shown, e.part(p, at))
		}
	}
	if v := e.resultObject(r, strings.Join(texts, "\n"), len(texts) > 0); v != nil {
		w.Raw("response", v)
	}
	if !media.Empty() {
		w.Raw("parts", media.Array())
	}
	w.Extra(r.Source, family)
	return w.Object()
}

func textOf(p *llm.Part) (string, bool) {
	if p.Kind == llm.PartMedia && p.Media.Text != "" {
		return p.Media.Text, true
	}
	return p.Text, p.Kind == llm.PartText || p.Kind == llm.PartRefusal
}

// resultObject is the object that a result must be: the client's own if its
// text still says the same, else a JSON object as it is, else the text under a
// name.
func (e *requestWriter) resultObject(r *llm.Result, text string, some bool) jsonx.Value {
	if v := r.Source.Get(family, "response"); v != nil {
		if same, _ := resultText(v); same == text {
			return v
		}
	}
	if !some && e.native() {
		return nil
	}
	name := wrapOutput
	if r.IsError != nil && *r.IsError {
		name = wrapError
	} else if _, err := jsonx.Parse([]byte(text)); err == nil {
		return jsonx.Value(text)
	}
	var w dialect.Writer
	w.Text(name, text)
	return w.Object()
}

// mediaTypes are the types other dialects say in words of their own.
var mediaTypes = map[string]string{
	"image/jpg": "image/jpeg", "audio/opus": "audio/ogg", "audio/pcm16": "audio/pcm",
}

// extensions tell the type of what only an address is known of.
var extensions = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".heic": "image/heic", ".pdf": "application/pdf", ".txt": "text/plain", ".mp3": "audio/mp3", ".wav": "audio/wav",
	".ogg": "audio/ogg", ".flac": "audio/flac", ".mp4": "video/mp4", ".mov": "video/mov", ".webm": "video/webm",
}

func (e *requestWriter) media(w *dialect.Writer, m *llm.Media, s spelling, at string) {
	if e.native() {
		repeatMedia(w, m, s)
		return
	}
	e.lost.Extra(at+".", m.Extra, family)
	for _, l := range []struct {
		name string
		said bool
	}{
		{"detail", m.Detail != "" && m.Detail != "auto"}, {"filename", m.Name != "" && m.Text == ""}, {"context", m.About != ""},
	} {
		if l.said {
			e.lost.Add("%s.%s", at, l.name)
		}
	}
	var o dialect.Writer
	switch {
	case m.FileID != "":
		e.refuse(at, "a file id of one vendor means nothing to another: send the file itself")
	case m.URL != "":
		kind := m.Type
		if kind == "" {
			kind = extensions[strings.ToLower(path.Ext(strings.SplitN(m.URL, "?", 2)[0]))]
		}
		o.Some("mimeType", kind)
		o.Text("fileUri", m.URL)
		w.Raw("fileData", o.Object())
	case m.Data != "":
		kind := m.Type
		if other, known := mediaTypes[kind]; known {
			kind = other
		}
		if kind == "" && m.Kind == llm.Document {
			kind = "application/pdf"
		}
		o.Text("mimeType", kind)
		o.Text("data", m.Data)
		w.Raw("inlineData", o.Object())
	default:
		e.plainDocument(w, m, at)
	}
}

// plainDocument writes a document of nothing but text as a text with its title
// above.
func (e *requestWriter) plainDocument(w *dialect.Writer, m *llm.Media, at string) {
	texts := []string{m.Text}
	if m.Text == "" {
		texts = nil
	}
	for j := range m.Parts {
		text, isText := textOf(&m.Parts[j])
		if !isText {
			e.refuse(at, "a document for this provider cannot hold %s", m.Parts[j].Kind)
		}
		texts = append(texts, text)
	}
	if m.Name != "" {
		texts = append([]string{m.Name}, texts...)
	}
	w.Text("text", strings.Join(texts, "\n"))
}

// repeatMedia writes media of this dialect as they were.
func repeatMedia(w *dialect.Writer, m *llm.Media, part spelling) {
	s := spellingOf(m.Extra)
	var o dialect.Writer
	kind := m.Type
	for _, mark := range s {
		if was, is := strings.CutPrefix(mark, typeMark); is {
			kind = was
		}
	}
	o.Some(s.name("mimeType"), kind)
	if uri := m.URL + m.FileID; uri != "" {
		o.Text(s.name("fileUri"), uri)
		o.Extra(m.Extra, family)
		w.Raw(part.name("fileData"), o.Object())
		return
	}
	data := m.Data
	if s.marked("data:url") {
		data = strings.NewReplacer("+", "-", "/", "_").Replace(data)
	}
	o.Text("data", data)
	o.Extra(m.Extra, family)
	w.Raw(part.name("inlineData"), o.Object())
}
