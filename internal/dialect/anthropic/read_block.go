package anthropic

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readContent takes a list of blocks; a string is one text block.
func readContent(r *dialect.Reader, name string) []llm.Part {
	if s, ok := jsonx.Text(r.Peek(name)); ok {
		r.Take(name)
		return r.One(llm.Part{Kind: llm.PartText, Text: s})
	}
	var parts []llm.Part
	for at, v := range r.List(name) {
		parts = append(parts, readBlock(r.Object(v, at)))
	}
	return parts
}

// readBlock reads one block, of a prompt or a reply.
func readBlock(r *dialect.Reader) llm.Part {
	kind, _ := jsonx.Text(r.Peek("type"))
	var read func(*dialect.Reader) llm.Part
	switch kind {
	case "text":
		read = readText
	case "thinking":
		read = readThinking
	case "redacted_thinking":
		read = readRedacted
	case "tool_use":
		read = readToolUse
	case "tool_result":
		read = readToolResult
	case "image":
		read = readImage
	case "document":
		read = readDocument
	default:
		return readForeign(r, kind)
	}
	r.Take("type")
	p := read(r)
	p.Cache = readCache(r)
	p.Extra = r.Rest(family)
	return p
}

// readForeign reads what no client may take for its own business: calls the
// vendor runs itself, what came of them, and blocks that nobody else speaks.
func readForeign(r *dialect.Reader, kind string) llm.Part {
	p := llm.Part{Kind: llm.PartOpaque, Label: kind, Raw: r.Raw(), Extra: llm.Extra{Family: family}}
	id := func(name string) string { s, _ := jsonx.Text(r.Peek(name)); return s }
	switch {
	case kind == "tool_addition":
		name, _ := jsonx.Text(jsonx.At(r.Peek("tool"), "name"))
		p.Adds = []llm.Tool{{Name: name}}
	case kind == "tool_reference": // among what a search of the client's own found
		p.Adds = []llm.Tool{{Name: id("tool_name")}}
	case kind == "server_tool_use", kind == "mcp_tool_use":
		p.Kind = llm.PartCall
		p.Call = &llm.Call{ID: id("id"), Name: id("name"), Args: string(r.Peek("input")), By: llm.ByServer, Label: kind}
	case strings.HasSuffix(kind, "_tool_result"):
		p.Kind = llm.PartResult
		p.Result = &llm.Result{CallID: id("tool_use_id"), By: llm.ByServer}
	}
	return p
}

func readText(r *dialect.Reader) llm.Part {
	p := llm.Part{Kind: llm.PartText, Text: r.Text("text")}
	if jsonx.KindOf(r.Peek("citations")) == jsonx.Array {
		for c := range jsonx.Elements(r.Take("citations")) {
			p.Cites = append(p.Cites, readCite(c))
		}
	}
	return p
}

func readCite(v jsonx.Value) llm.Cite {
	c := llm.Cite{Raw: v, Family: family}
	c.URL, _ = jsonx.Text(jsonx.At(v, "url"))
	if c.Title, _ = jsonx.Text(jsonx.At(v, "title")); c.Title == "" {
		c.Title, _ = jsonx.Text(jsonx.At(v, "document_title"))
	}
	c.Quote, _ = jsonx.Text(jsonx.At(v, "cited_text"))
	return c
}

func readThinking(r *dialect.Reader) llm.Part {
	p := llm.Part{Kind: llm.PartThinking, Text: r.Text("thinking")}
	if s := r.Text("signature"); s != "" {
		p.Seal = readSeal(s, llm.Signature)
	}
	return p
}

// readSeal reads a proof: this vendor's, or another's that travels in its place.
func readSeal(text string, kind llm.SealKind) *llm.Seal {
	if s, where := dialect.Unpack(text); s != nil && where == dialect.Here {
		return s
	}
	return &llm.Seal{Origin: origin, Kind: kind, Data: text}
}

func readRedacted(r *dialect.Reader) llm.Part {
	return llm.Part{Kind: llm.PartThinking, Seal: readSeal(r.Text("data"), llm.Redacted)}
}

func readToolUse(r *dialect.Reader) llm.Part {
	c := &llm.Call{ID: r.Text("id"), Name: r.Text("name"), Args: string(r.Take("input")), Object: true}
	if v := r.Take("caller"); v != nil {
		c.Extra = llm.Extra{Family: family, Fields: []llm.Field{{Name: "caller", Value: v}}}
	}
	return llm.Part{Kind: llm.PartCall, Call: c}
}

func readToolResult(r *dialect.Reader) llm.Part {
	return llm.Part{Kind: llm.PartResult, Result: &llm.Result{
		CallID: r.Text("tool_use_id"), Parts: readContent(r, "content"), IsError: r.Bool("is_error"),
	}}
}

func readImage(r *dialect.Reader) llm.Part { return readMedia(r, llm.Image) }

func readDocument(r *dialect.Reader) llm.Part { return readMedia(r, llm.Document) }

func readMedia(r *dialect.Reader, kind llm.MediaKind) llm.Part {
	m := &llm.Media{Kind: kind, Name: r.Text("title"), About: r.Text("context")}
	s := r.Object(r.Take("source"), "source")
	switch s.Text("type") {
	case "base64":
		m.Type, m.Data = s.Text("media_type"), s.Text("data")
	case "url":
		m.URL = s.Text("url")
	case "file":
		m.FileID = s.Text("file_id")
	case "text":
		m.Type, m.Text = s.Text("media_type"), s.Text("data")
	case "content":
		m.Parts = readContent(s, "content")
	default:
		s.Fail(s.Path("type"), "must be base64, url, file, text or content")
	}
	m.Extra = s.Rest(family)
	return llm.Part{Kind: llm.PartMedia, Media: m}
}
