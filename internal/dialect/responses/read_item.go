package responses

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readItem reads one item, of a prompt or a reply, as a message of its own.
func readItem(r *dialect.Reader) llm.Message {
	kind, _ := jsonx.Text(r.Peek("type"))
	m := llm.Message{Role: llm.Assistant, Label: kind}
	switch kind {
	case "", typeMessage:
		r.Take("type")
		readMessage(r, &m)
	case typeReasoning:
		r.Take("type")
		m.ID, m.Status = r.Text("id"), r.Text("status")
		m.Parts = readThinking(r)
		m.Extra = r.Rest(family)
	case typeCall, typeCustom:
		r.Take("type")
		m.ID, m.Status = r.Text("id"), r.Text("status")
		m.Parts = []llm.Part{{Kind: llm.PartCall, Call: readCall(r, kind)}}
	case typeOutput, typeCustomOutput:
		r.Take("type")
		m.Role, m.ID, m.Status = llm.User, r.Text("id"), r.Text("status")
		res := &llm.Result{CallID: r.Text("call_id"), Parts: readContent(r, "output")}
		m.Parts = []llm.Part{{Kind: llm.PartResult, Label: kind, Result: res}}
		m.Extra = r.Rest(family)
	default:
		m.Parts = []llm.Part{readForeign(r, kind)}
	}
	return m
}

func readMessage(r *dialect.Reader, m *llm.Message) {
	m.Role = llm.Role(r.Text("role"))
	switch m.Role {
	case llm.User, llm.Assistant, llm.System, llm.Developer:
	default:
		r.Fail(r.Path("role"), "must be user, assistant, system or developer")
	}
	m.ID, m.Status, m.Phase = r.Text("id"), r.Text("status"), r.Text("phase")
	m.Parts = readContent(r, "content")
	m.Extra = r.Rest(family)
}

// readThinking reads summaries and raw thinking, each as a part. The seal is
// of the whole item, and is bound to the last part.
func readThinking(r *dialect.Reader) []llm.Part {
	var parts []llm.Part
	for _, list := range []string{"summary", "content"} {
		for at, v := range r.List(list) {
			p := r.Object(v, at)
			part := llm.Part{Kind: llm.PartThinking, Label: p.Text("type"), Text: p.Text("text")}
			part.Extra = p.Rest(family)
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []llm.Part{{Kind: llm.PartThinking}}
	}
	if s := r.Text("encrypted_content"); s != "" {
		parts[len(parts)-1].Seal = readSeal(s)
	}
	return parts
}

func readCall(r *dialect.Reader, kind string) *llm.Call {
	c := &llm.Call{ID: r.Text("call_id"), Name: r.Text("name")}
	if kind == typeCustom {
		c.Args, c.FreeForm = r.Text("input"), true
	} else {
		c.Args = r.Text("arguments")
	}
	c.Extra = r.Rest(family)
	return c
}

// readForeign reads what no client of another dialect may take for its own
// business: calls the vendor runs, what came of them, and what nobody else
// speaks.
func readForeign(r *dialect.Reader, kind string) llm.Part {
	p := llm.Part{Kind: llm.PartOpaque, Label: kind, Raw: r.Raw(), Extra: llm.Extra{Family: family}}
	text := func(name string) string { s, _ := jsonx.Text(r.Peek(name)); return s }
	id := text("call_id")
	if id == "" {
		id = text("id")
	}
	switch {
	case kind == typeAdditional:
		for at, v := range r.List("tools") {
			p.Adds = append(p.Adds, readTool(r.Object(v, at)))
		}
	case strings.HasSuffix(kind, "_call"):
		p.Kind = llm.PartCall
		p.Call = &llm.Call{ID: id, Name: text("name"), Args: text("arguments"), By: llm.ByServer, Label: kind}
	case strings.HasSuffix(kind, "_output"):
		p.Kind = llm.PartResult
		p.Result = &llm.Result{CallID: id, By: llm.ByServer}
	}
	return p
}

// readContent takes a list of parts; a string is one text part without a label.
func readContent(r *dialect.Reader, name string) []llm.Part {
	if s, ok := jsonx.Text(r.Peek(name)); ok {
		r.Take(name)
		return r.One(llm.Part{Text: s})
	}
	var parts []llm.Part
	for at, v := range r.List(name) {
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
	p.Label = kind
	p.Extra = r.Rest(family)
	return p
}

var readers = map[string]func(*dialect.Reader) llm.Part{
	"input_text":  readText,
	outputText:    readText,
	"text":        readText,
	reasoningText: readText,
	refusalType: func(r *dialect.Reader) llm.Part {
		return llm.Part{Kind: llm.PartRefusal, Text: r.Text("refusal")}
	},
	"input_image": func(r *dialect.Reader) llm.Part {
		m := &llm.Media{Kind: llm.Image, FileID: r.Text("file_id"), Detail: r.Text("detail")}
		setURL(r, m, "image_url")
		return llm.Part{Kind: llm.PartMedia, Media: m}
	},
	"input_file": readFile,
	"input_audio": func(r *dialect.Reader) llm.Part {
		a := r.Object(r.Take("input_audio"), "input_audio")
		m := &llm.Media{Kind: llm.Audio, Data: a.Text("data"), Type: "audio/" + a.Text("format")}
		m.Extra = a.Rest(family)
		return llm.Part{Kind: llm.PartMedia, Media: m}
	},
}

func readText(r *dialect.Reader) llm.Part {
	p := llm.Part{Text: r.Text("text")}
	for _, name := range []string{"annotations", "logprobs"} {
		if empty(r.Peek(name)) {
			r.Take(name)
		}
	}
	if jsonx.KindOf(r.Peek("annotations")) == jsonx.Array {
		for v := range jsonx.Elements(r.Take("annotations")) {
			p.Cites = append(p.Cites, readCite(v, p.Text))
		}
	}
	return p
}

func empty(list jsonx.Value) bool {
	if jsonx.KindOf(list) != jsonx.Array {
		return false
	}
	for range jsonx.Elements(list) {
		return false
	}
	return true
}

// readCite reads an annotation of a text. The wire counts characters.
func readCite(v jsonx.Value, text string) llm.Cite {
	c := llm.Cite{Raw: v, Family: family}
	from, _ := jsonx.Int(jsonx.At(v, "start_index"))
	to, _ := jsonx.Int(jsonx.At(v, "end_index"))
	if from < to {
		c.Start, c.End = dialect.Offset(text, from), dialect.Offset(text, to)
	}
	c.URL, _ = jsonx.Text(jsonx.At(v, "url"))
	if c.Title, _ = jsonx.Text(jsonx.At(v, "title")); c.Title == "" {
		c.Title, _ = jsonx.Text(jsonx.At(v, "filename"))
	}
	return c
}

func setURL(r *dialect.Reader, m *llm.Media, name string) {
	url := r.Text(name)
	if !dialect.IsDataURL(url) {
		m.URL = url
		return
	}
	var ok bool
	if m.Type, m.Data, ok = dialect.DataURL(url); !ok {
		r.Fail(r.Path(name), "must be base64 if it is a data URL")
	}
}

// readFile reads a document. The API wants a data URL as its data; bare base64
// is taken for a PDF.
func readFile(r *dialect.Reader) llm.Part {
	m := &llm.Media{Kind: llm.Document, FileID: r.Text("file_id"), Name: r.Text("filename"), URL: r.Text("file_url")}
	if data, _ := jsonx.Text(r.Peek("file_data")); dialect.IsDataURL(data) {
		url := m.URL
		setURL(r, m, "file_data")
		m.URL = url
	} else {
		m.Data = r.Text("file_data")
	}
	m.Detail = r.Text("detail")
	return llm.Part{Kind: llm.PartMedia, Media: m}
}
