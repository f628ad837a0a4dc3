package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// The places a message keeps the model's thinking in, by vendor. DeepSeek
// began with the first, OpenRouter with the second.
var thinkingNames = []string{"reasoning_content", "reasoning"}

// refusalPart labels a refusal that stood among the content, not beside it.
const refusalPart = "part"

func readMessage(r *dialect.Reader) llm.Message {
	m := llm.Message{Role: llm.Role(r.Text("role"))}
	switch m.Role {
	case llm.System, llm.Developer, llm.User:
		m.Parts = readContent(r)
	case llm.Assistant:
		m.Parts = readAssistant(r)
	case "tool":
		m.Role = llm.User
		m.Parts = []llm.Part{{Kind: llm.PartResult, Result: &llm.Result{CallID: r.Text("tool_call_id"), Parts: readContent(r)}}}
	case legacyRole:
		m.Role = llm.User
		m.Parts = []llm.Part{{Kind: llm.PartResult, Result: &llm.Result{Name: r.Text("name"), Parts: readContent(r)}}}
		m.Extra = spelt(r.Rest(family), legacyRole)
		return m
	default:
		r.Fail(r.Path("role"), "must be system, developer, user, assistant or tool")
	}
	m.Name = r.Text("name")
	m.Extra = r.Rest(family)
	return m
}

// readAssistant reads one turn of a model, from a prompt or a reply. The
// content_blocks of the incumbent, where given, stand for the content: they
// alone keep the proofs of thinking.
func readAssistant(r *dialect.Reader) []llm.Part {
	var parts []llm.Part
	blocks := r.Peek("content_blocks")
	if jsonx.KindOf(blocks) == jsonx.Array {
		for at, v := range r.List("content_blocks") {
			parts = append(parts, readPart(r.Object(v, at)))
		}
		for _, name := range append([]string{"content"}, thinkingNames...) {
			r.Take(name)
		}
	} else {
		for _, name := range thinkingNames {
			if s, ok := jsonx.Text(r.Peek(name)); ok && s != "" {
				r.Take(name)
				parts = append(parts, llm.Part{Kind: llm.PartThinking, Text: s, Label: name})
				break
			}
		}
		if content := readContent(r); parts == nil {
			parts = content
		} else {
			parts = append(parts, content...)
		}
	}
	if s := r.Text("refusal"); s != "" {
		parts = append(parts, llm.Part{Kind: llm.PartRefusal, Text: s})
	}
	for at, v := range r.List("tool_calls") {
		c := readCall(r.Object(v, at))
		parts = append(parts, llm.Part{Kind: llm.PartCall, Call: c, Seal: proofOf(c)})
	}
	if v := r.Peek("function_call"); v != nil && string(jsonx.At(v, "name")) != `""` {
		r.Take("function_call")
		f := r.Object(v, "function_call")
		parts = append(parts, llm.Part{Kind: llm.PartCall, Call: &llm.Call{
			Name: f.Text("name"), Args: readArguments(f), Label: "function_call",
		}})
	}
	return parts
}

func readCall(r *dialect.Reader) *llm.Call {
	c := &llm.Call{ID: r.Text("id")}
	switch kind := r.Text("type"); kind {
	case "function", "":
		f := r.Object(r.Take("function"), "function")
		c.Name, c.Args = f.Text("name"), readArguments(f)
		c.Function = f.Rest(family)
	case "custom":
		f := r.Object(r.Take("custom"), "custom")
		c.Name, c.Args, c.FreeForm = f.Text("name"), f.Text("input"), true
	default:
		r.Fail(r.Path("type"), "must be function or custom")
	}
	c.Extra = r.Rest(family)
	return c
}

// readArguments takes the arguments as text; TGI and GigaChat give an object.
func readArguments(f *dialect.Reader) string {
	if jsonx.KindOf(f.Peek("arguments")) == jsonx.Composite {
		return string(f.Take("arguments"))
	}
	return f.Text("arguments")
}

// readContent takes the content: a string is one text part.
func readContent(r *dialect.Reader) []llm.Part {
	if s, ok := jsonx.Text(r.Peek("content")); ok {
		r.Take("content")
		return r.One(llm.Part{Kind: llm.PartText, Text: s})
	}
	var parts []llm.Part
	for at, v := range r.List("content") {
		parts = append(parts, readPart(r.Object(v, at)))
	}
	return parts
}

func readPart(r *dialect.Reader) llm.Part {
	kind, _ := jsonx.Text(r.Peek("type"))
	read, known := readers[kind]
	if !known {
		return llm.Part{Kind: llm.PartOpaque, Label: kind, Raw: r.Raw(), Extra: llm.Extra{Family: family}}
	}
	r.Take("type")
	p := read(r)
	p.Cache = readCache(r)
	p.Extra = r.Rest(family)
	return p
}

// readers are the parts we understand. The two kinds of thinking are the
// incumbent's, in Anthropic's form.
var readers = map[string]func(*dialect.Reader) llm.Part{
	"text": func(r *dialect.Reader) llm.Part { return llm.Part{Text: r.Text("text")} },
	"refusal": func(r *dialect.Reader) llm.Part {
		return llm.Part{Kind: llm.PartRefusal, Text: r.Text("refusal"), Label: refusalPart}
	},
	"thinking": func(r *dialect.Reader) llm.Part {
		if jsonx.KindOf(r.Peek("thinking")) == jsonx.Array {
			return readThoughts(r)
		}
		p := llm.Part{Kind: llm.PartThinking, Text: r.Text("thinking"), Label: "thinking"}
		if s := r.Text("signature"); s != "" {
			p.Seal = &llm.Seal{Origin: "anthropic", Kind: llm.Signature, Data: s}
		}
		return p
	},
	"redacted_thinking": func(r *dialect.Reader) llm.Part {
		return llm.Part{Kind: llm.PartThinking, Label: "thinking", Seal: &llm.Seal{Origin: "anthropic", Kind: llm.Redacted, Data: r.Text("data")}}
	},
	"image_url": func(r *dialect.Reader) llm.Part { return readURL(r, "image_url", llm.Image) },
	"video_url": func(r *dialect.Reader) llm.Part { return readURL(r, "video_url", llm.Video) },
	"document_url": func(r *dialect.Reader) llm.Part { // Mistral's
		m := &llm.Media{Kind: llm.Document, Name: r.Text("document_name")}
		setURL(r, m, "document_url", r.Text("document_url"))
		return llm.Part{Kind: llm.PartMedia, Media: m}
	},
	"input_audio": func(r *dialect.Reader) llm.Part {
		if data, ok := jsonx.Text(r.Peek("input_audio")); ok { // Mistral's
			r.Take("input_audio")
			return llm.Part{Kind: llm.PartMedia, Media: &llm.Media{Kind: llm.Audio, Data: data, Type: "audio/mp3"}}
		}
		a := r.Object(r.Take("input_audio"), "input_audio")
		m := &llm.Media{Kind: llm.Audio, Data: a.Text("data"), Type: "audio/" + a.Text("format")}
		m.Extra = a.Rest(family)
		return llm.Part{Kind: llm.PartMedia, Media: m}
	},
	"file": readFile,
}

// pieces labels thinking that stands among the content as a list of texts.
const pieces = "content"

// readThoughts reads Mistral's thinking. The list is kept for vendors of this
// format.
func readThoughts(r *dialect.Reader) llm.Part {
	p := llm.Part{Kind: llm.PartThinking, Label: pieces}
	for v := range jsonx.Elements(r.Peek("thinking")) {
		s, _ := jsonx.Text(jsonx.At(v, "text"))
		p.Text += s
	}
	return p
}

func readURL(r *dialect.Reader, name string, kind llm.MediaKind) llm.Part {
	m := &llm.Media{Kind: kind}
	if url, ok := jsonx.Text(r.Peek(name)); ok { // Mistral's shorter form
		r.Take(name)
		setURL(r, m, name, url)
		return llm.Part{Kind: llm.PartMedia, Media: m}
	}
	o := r.Object(r.Take(name), name)
	setURL(o, m, "url", o.Text("url"))
	m.Detail = o.Text("detail")
	if m.Type == "" {
		m.Type = o.Text("mime_type")
	}
	m.Extra = o.Rest(family)
	return llm.Part{Kind: llm.PartMedia, Media: m}
}

func setURL(r *dialect.Reader, m *llm.Media, name, url string) {
	if !dialect.IsDataURL(url) {
		m.URL = url
		return
	}
	var ok bool
	if m.Type, m.Data, ok = dialect.DataURL(url); !ok {
		r.Fail(r.Path(name), "must be base64 if it is a data URL")
	}
}

// readFile reads a document. OpenAI wants a data URL as its data; bare base64
// is accepted as the incumbent does, and is a PDF unless a type is given.
func readFile(r *dialect.Reader) llm.Part {
	if id, ok := jsonx.Text(r.Peek("file_id")); ok { // Mistral's shorter form
		return llm.Part{Kind: llm.PartMedia, Media: &llm.Media{Kind: llm.Document, FileID: id}}
	}
	o := r.Object(r.Take("file"), "file")
	m := &llm.Media{Kind: llm.Document, FileID: o.Text("file_id"), Name: o.Text("filename"), URL: o.Text("file_url")}
	if m.Name == "" {
		m.Name = o.Text("file_name")
	}
	if data := o.Text("file_data"); dialect.IsDataURL(data) {
		setURL(o, m, "file_data", data)
	} else {
		m.Data = data
	}
	if m.Type == "" {
		m.Type = o.Text("mime_type")
	}
	m.Extra = o.Rest(family)
	return llm.Part{Kind: llm.PartMedia, Media: m}
}
