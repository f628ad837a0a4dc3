package oracle

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

func (a *asker) messages(r *dialect.Reader) jsonx.Value {
	var list dialect.List
	for at, v := range r.List("messages") {
		list.Add(a.message(at, r.Object(v, at)))
	}
	return list.Array()
}

// message renames one message. Beside calls there is no content rather than an
// empty one, or the model loses the thread (AssistantMessage, content).
func (a *asker) message(at string, m *dialect.Reader) jsonx.Value {
	var w dialect.Writer
	role := m.Text("role")
	w.Text("role", strings.ToUpper(role))
	if content := m.Take("content"); content != nil && string(content) != `""` || role != "assistant" {
		w.Raw("content", a.content(at, m, content))
	}
	w.Some("name", m.Text("name"))
	w.Some("refusal", m.Text("refusal"))
	w.Some("toolCallId", m.Text("tool_call_id"))
	var calls dialect.List
	for inner, v := range m.List("tool_calls") {
		c := m.Object(v, inner)
		f := c.Object(c.Take("function"), "function")
		var o dialect.Writer
		o.Text("id", c.Text("id"))
		o.Text("type", "FUNCTION")
		o.Text("name", f.Text("name"))
		o.Text("arguments", f.Text("arguments"))
		calls.Add(o.Object())
	}
	if !calls.Empty() {
		w.Raw("toolCalls", calls.Array())
	}
	a.lost.Extra(at+".", m.Rest("openai-chat"), "")
	return w.Object()
}

// content is a list, always.
func (a *asker) content(at string, m *dialect.Reader, v jsonx.Value) jsonx.Value {
	var list dialect.List
	if jsonx.KindOf(v) != jsonx.Array {
		s, _ := jsonx.Text(v)
		var o dialect.Writer
		o.Text("type", "TEXT")
		o.Text("text", s)
		list.Add(o.Object())
		return list.Array()
	}
	for part := range jsonx.Elements(v) {
		list.Add(a.part(at, m.Object(part, "content")))
	}
	return list.Array()
}

// media are the kinds of parts that have an address, and where it is here.
var media = map[string]struct{ kind, member string }{
	"image_url": {"IMAGE", "imageUrl"}, "video_url": {"VIDEO", "videoUrl"},
	"input_audio": {"AUDIO", "audioUrl"}, "file": {"DOCUMENT", "documentUrl"},
}

func (a *asker) part(at string, p *dialect.Reader) jsonx.Value {
	var w, o dialect.Writer
	kind := p.Text("type")
	there, isMedia := media[kind]
	switch {
	case kind == "text":
		w.Text("type", "TEXT")
		w.Text("text", p.Text("text"))
	case kind == "refusal":
		w.Text("type", "TEXT")
		w.Text("text", p.Text("refusal"))
	case isMedia:
		inner := p.Object(p.Take(kind), kind)
		o.Text("url", address(inner))
		o.Some("detail", strings.ToUpper(inner.Text("detail")))
		a.lost.Extra(at+".content."+kind+".", inner.Rest("openai-chat"), "")
		w.Text("type", there.kind)
		w.Raw(there.member, o.Object())
	default:
		a.refuse(at+".content", "%s cannot be carried over to this provider", kind)
	}
	a.lost.Extra(at+".content.", p.Rest("openai-chat"), "")
	return w.Object()
}

// address is where something is, which may be in the address itself.
func address(o *dialect.Reader) string {
	if url := o.Text("url"); url != "" {
		return url
	}
	o.Take("filename")
	if data := o.Text("file_data"); data != "" {
		return data
	}
	return "data:audio/" + o.Text("format") + ";base64," + o.Text("data")
}
