package bedrock

import (
	"encoding/base64"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readBlocks takes a list of blocks. A cache mark is a block of its own here,
// and belongs to the block before it.
func readBlocks(r *dialect.Reader, name string) []llm.Part {
	var parts []llm.Part
	for at, v := range r.List(name) {
		b := r.Object(v, at)
		if mark := readMark(b); mark != nil && len(parts) > 0 && parts[len(parts)-1].Cache == nil {
			parts[len(parts)-1].Cache = mark
			continue
		}
		parts = append(parts, readBlock(b))
	}
	return parts
}

// readMark reads a block that is a cache mark and nothing else.
func readMark(r *dialect.Reader) *llm.CacheMark {
	v := r.Peek("cachePoint")
	if v == nil || len(r.Rest(family).Fields) != 1 {
		return nil
	}
	o := r.Object(v, "cachePoint")
	if kind, _ := jsonx.Text(o.Peek("type")); kind == "default" {
		o.Take("type")
	}
	mark := &llm.CacheMark{TTL: o.Text("ttl")}
	mark.Extra = o.Rest(family)
	return mark
}

// blocks are the kinds of blocks (Amazon Bedrock API, ContentBlock and
// ToolResultContentBlock); a block is told by its one member.
var blocks = []string{
	"text", "json", "toolUse", "toolResult", "reasoningContent", "citationsContent", "image", "document", "video", "audio",
}

// readBlock reads one block, of a prompt or a reply.
func readBlock(r *dialect.Reader) llm.Part {
	at := slices.IndexFunc(blocks, func(name string) bool { return r.Peek(name) != nil })
	if at < 0 {
		return opaque(r, "")
	}
	p := readKind(r, blocks[at])
	if p.Raw != nil {
		return p
	}
	if x := quiet(r.Rest(family)); len(x.Fields) > 0 { // beside what it is
		p.Extra.Quiet = x.Quiet && (p.Extra.Quiet || len(p.Extra.Fields) == 0)
		p.Extra.Family, p.Extra.Fields = family, append(p.Extra.Fields, x.Fields...)
	}
	return p
}

func readKind(r *dialect.Reader, name string) llm.Part {
	switch name {
	case "text":
		return llm.Part{Text: r.Text(name)}
	case "json":
		return llm.Part{Text: string(r.Take(name)), Extra: llm.Extra{Family: family, Spelling: []string{name}}}
	case "toolUse":
		return readToolUse(r)
	case "toolResult":
		return readToolResult(r)
	case "reasoningContent":
		return readReasoning(r)
	case "citationsContent":
		return readCited(r)
	case "image":
		return readMedia(r, name, llm.Image)
	case "video":
		return readMedia(r, name, llm.Video)
	case "audio":
		return readMedia(r, name, llm.Audio)
	}
	return readMedia(r, name, llm.Document)
}

// opaque is a block that nobody else can speak.
func opaque(r *dialect.Reader, label string) llm.Part {
	raw := r.Raw()
	if label == "" {
		if fields := r.Rest(family).Fields; len(fields) > 0 {
			label = fields[0].Name
		}
	}
	return llm.Part{Kind: llm.PartOpaque, Label: label, Raw: raw, Extra: llm.Extra{Family: family}}
}

// quiet marks members of which nobody misses anything: the type that some
// answers repeat beside what it is the type of.
func quiet(x llm.Extra) llm.Extra {
	x.Quiet = true
	for _, f := range x.Fields {
		x.Quiet = x.Quiet && f.Name == "type"
	}
	return x
}

// serverUse is the type of a call that the vendor has run itself.
const serverUse = "server_tool_use"

func readToolUse(r *dialect.Reader) llm.Part {
	raw := r.Raw()
	o := r.Object(r.Take("toolUse"), "toolUse")
	kind, _ := jsonx.Text(o.Peek("type"))
	c := &llm.Call{ID: o.Text("toolUseId"), Name: o.Text("name"), Args: string(o.Take("input")), Object: true}
	if kind == serverUse {
		c.By, c.Label, c.Object = llm.ByServer, serverUse, false
		return llm.Part{Kind: llm.PartCall, Label: serverUse, Raw: raw, Call: c, Extra: llm.Extra{Family: family}}
	}
	c.Extra = quiet(o.Rest(family))
	return llm.Part{Kind: llm.PartCall, Call: c}
}

func readToolResult(r *dialect.Reader) llm.Part {
	raw := r.Raw()
	if kind, _ := jsonx.Text(jsonx.At(r.Peek("toolResult"), "type")); kind != "" { // of a call the vendor ran
		id, _ := jsonx.Text(jsonx.At(r.Peek("toolResult"), "toolUseId"))
		return llm.Part{
			Kind: llm.PartResult, Label: kind, Raw: raw, Extra: llm.Extra{Family: family},
			Result: &llm.Result{CallID: id, By: llm.ByServer},
		}
	}
	var left leftover
	result := &llm.Result{}
	left.read(r, "toolResult", func(o *dialect.Reader) {
		result.CallID = o.Text("toolUseId")
		result.Parts = readBlocks(o, "content")
		if word, _ := jsonx.Text(o.Peek("status")); word == statusError || word == statusSuccess {
			o.Take("status")
			failed := word == statusError
			result.IsError = &failed
		}
	})
	return llm.Part{Kind: llm.PartResult, Result: result, Extra: left.join(llm.Extra{})}
}

const (
	statusError   = "error"
	statusSuccess = "success"
)

func readReasoning(r *dialect.Reader) llm.Part {
	whole := opaque(r, "reasoningContent")
	o := r.Object(r.Take("reasoningContent"), "reasoningContent")
	p := llm.Part{Kind: llm.PartThinking}
	if data, ok := jsonx.Text(o.Peek("redactedContent")); ok {
		o.Take("redactedContent")
		p.Seal = redacted(data)
	} else if v := o.Take("reasoningText"); v != nil {
		t := o.Object(v, "reasoningText")
		p.Text = t.Text("text")
		if s := t.Text("signature"); s != "" {
			p.Seal = signature(s)
		}
		if len(t.Rest(family).Fields) > 0 {
			return whole
		}
	}
	if len(o.Rest(family).Fields) > 0 {
		return whole
	}
	return p
}

// signature reads a proof: Claude's, or another vendor's that travels in its
// place.
func signature(text string) *llm.Seal {
	if s, where := dialect.Unpack(text); s != nil && where == dialect.Here {
		return s
	}
	return &llm.Seal{Origin: claude, Kind: llm.Signature, Data: text}
}

// redacted reads withheld thinking. The wire has bytes there, in base64; those
// of Claude are the text that its own API has.
func redacted(data string) *llm.Seal {
	if raw, err := base64.StdEncoding.DecodeString(data); err == nil && len(raw) > 0 && base64.StdEncoding.EncodeToString(raw) == data {
		if !strings.ContainsFunc(string(raw), func(c rune) bool { return c <= ' ' || c > '~' }) {
			return &llm.Seal{Origin: claude, Kind: llm.Redacted, Data: string(raw)}
		}
	}
	return &llm.Seal{Origin: amazon, Kind: llm.Redacted, Data: data}
}

// readCited reads a text with its sources (Amazon Bedrock API,
// CitationsContentBlock).
func readCited(r *dialect.Reader) llm.Part {
	v := r.Take("citationsContent")
	p := llm.Part{Extra: llm.Extra{Family: family, Quiet: true, Fields: []llm.Field{{Name: "citationsContent", Value: v}}}}
	for c := range jsonx.Elements(jsonx.At(v, "content")) {
		text, _ := jsonx.Text(jsonx.At(c, "text"))
		p.Text += text
	}
	for c := range jsonx.Elements(jsonx.At(v, "citations")) {
		p.Cites = append(p.Cites, readCite(c))
	}
	return p
}

func readCite(v jsonx.Value) llm.Cite {
	c := llm.Cite{Raw: v, Family: family}
	c.URL, _ = jsonx.Text(jsonx.At(v, "location", "web", "url"))
	c.Title, _ = jsonx.Text(jsonx.At(v, "title"))
	c.Quote, _ = jsonx.Text(jsonx.At(v, "sourceContent", "0", "text"))
	return c
}

func readMedia(r *dialect.Reader, name string, kind llm.MediaKind) llm.Part {
	whole := opaque(r, name)
	o := r.Object(r.Take(name), name)
	m := &llm.Media{Kind: kind, Type: typeOf(o.Text("format")), Name: o.Text("name"), About: o.Text("context")}
	s := o.Object(o.Take("source"), "source")
	m.Data, m.Text = s.Text("bytes"), s.Text("text")
	if v := s.Peek("content"); v != nil {
		m.Parts = readBlocks(s, "content")
	}
	if v := s.Peek("s3Location"); v != nil {
		at := s.Object(v, "s3Location")
		if m.FileID = at.Text("uri"); len(at.Rest(family).Fields) == 0 {
			s.Take("s3Location")
		}
	}
	if len(s.Rest(family).Fields) > 0 && m.FileID == "" {
		return whole
	}
	if len(s.Rest(family).Fields) > 0 { // whose bucket it is
		m.Extra = llm.Extra{Family: family, Fields: []llm.Field{{Name: "source", Value: jsonx.At(whole.Raw, name, "source")}}}
	}
	rest := o.Rest(family)
	if m.Extra.Family = family; len(rest.Fields)+len(m.Extra.Fields) == 0 {
		m.Extra.Family = ""
	}
	m.Extra.Fields = append(m.Extra.Fields, rest.Fields...)
	return llm.Part{Kind: llm.PartMedia, Media: m}
}
