package cohere

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func readMessage(r *dialect.Reader) llm.Message {
	m := llm.Message{Role: llm.Role(r.Text("role"))}
	switch m.Role {
	case llm.System, llm.User:
		m.Parts = readContent(r)
	case llm.Assistant:
		m.Parts = readAssistant(r)
	case "tool":
		m.Role = llm.User
		m.Parts = []llm.Part{{Kind: llm.PartResult, Result: &llm.Result{CallID: r.Text("tool_call_id"), Parts: readContent(r)}}}
	default:
		r.Fail(r.Path("role"), "must be system, user, assistant or tool")
	}
	m.Extra = r.Rest(family)
	return m
}

// readAssistant reads one turn of a model, from a prompt or a reply: its plan,
// its words, its calls.
func readAssistant(r *dialect.Reader) []llm.Part {
	var parts []llm.Part
	if s := r.Text(plan); s != "" {
		parts = append(parts, llm.Part{Kind: llm.PartThinking, Text: s, Label: plan})
	}
	parts = append(parts, readContent(r)...)
	for at, v := range r.List("tool_calls") {
		parts = append(parts, llm.Part{Kind: llm.PartCall, Call: readCall(r.Object(v, at))})
	}
	return readCites(r, parts)
}

// noArguments is how the vendor writes that a call has none.
const noArguments = "null"

func readCall(r *dialect.Reader) *llm.Call {
	c := &llm.Call{ID: r.Text("id")}
	if kind := r.Text("type"); kind != "" && kind != "function" {
		r.Fail(r.Path("type"), "must be function")
	}
	f := r.Object(r.Take("function"), "function")
	c.Name, c.Args = f.Text("name"), f.Text("arguments")
	c.Extra, c.Function = r.Rest(family), f.Rest(family)
	settle(c)
	return c
}

// settle makes an object of no arguments, for everybody else.
func settle(c *llm.Call) {
	if c.Args == noArguments {
		c.Args = "{}"
		c.Function.Family, c.Function.Spelling = family, []string{noArguments}
	}
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
	p.Extra = r.Rest(family)
	return p
}

// readers are the parts we understand.
var readers = map[string]func(*dialect.Reader) llm.Part{
	"text": func(r *dialect.Reader) llm.Part { return llm.Part{Text: r.Text("text")} },
	"thinking": func(r *dialect.Reader) llm.Part {
		return llm.Part{Kind: llm.PartThinking, Text: r.Text("thinking")}
	},
	"image_url": readImage,
	"document":  readDocument,
}

func readImage(r *dialect.Reader) llm.Part {
	m := &llm.Media{Kind: llm.Image}
	o := r.Object(r.Take("image_url"), "image_url")
	m.URL, m.Detail = o.Text("url"), o.Text("detail")
	if dialect.IsDataURL(m.URL) {
		var ok bool
		if m.Type, m.Data, ok = dialect.DataURL(m.URL); !ok {
			o.Fail(o.Path("url"), "must be base64 if it is a data URL")
		}
		m.URL = ""
	}
	m.Extra = o.Rest(family)
	return llm.Part{Kind: llm.PartMedia, Media: m}
}

// objectData marks a document that is an object, not a text.
const objectData = "object"

// readDocument reads a document among what a tool gave back.
func readDocument(r *dialect.Reader) llm.Part {
	m := &llm.Media{Kind: llm.Document}
	o := r.Object(r.Take("document"), "document")
	object := jsonx.KindOf(o.Peek("data")) == jsonx.Composite
	if object {
		m.Text = string(o.Take("data"))
	} else {
		m.Text = o.Text("data")
	}
	m.Extra = o.Rest(family)
	if object {
		m.Extra.Family, m.Extra.Spelling = family, []string{objectData}
	}
	return llm.Part{Kind: llm.PartMedia, Media: m}
}

func spelt(x llm.Extra, word string) bool {
	return x.Family == family && len(x.Spelling) == 1 && x.Spelling[0] == word
}
