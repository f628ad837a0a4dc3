package gemini

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// partReader reads the parts of one body. It counts them, because calls often
// have no id here and get one from their place.
type partReader struct {
	seed    string // of the ids we make
	count   int
	waiting []waiting // calls without a result so far
	dead    bool      // the calls are not to be run: the vendor rejected them
}

type waiting struct{ id, name string }

// Members that make a part what only this family can speak: what the vendor
// has run itself.
var (
	serverCalls   = []string{"executableCode", "toolCall"}
	serverResults = []string{"codeExecutionResult", "toolResponse"}
)

func (pr *partReader) parts(o *object) []llm.Part {
	if v := o.r.Peek("parts"); jsonx.KindOf(v) == jsonx.Composite { // a list of one needs no brackets
		o.mark("parts:one")
		return []llm.Part{pr.part(o.r.Object(o.r.Take("parts"), "parts"))}
	}
	var parts []llm.Part
	for at, v := range o.r.List("parts") {
		parts = append(parts, pr.part(o.r.Object(v, at)))
	}
	return parts
}

func (pr *partReader) part(r *dialect.Reader) llm.Part {
	pr.count++
	o := read(r)
	var p llm.Part
	switch {
	case o.has("text"):
		p = readText(o)
	case o.has("functionCall"):
		if pr.dead {
			return opaque(r, "functionCall")
		}
		p = llm.Part{Kind: llm.PartCall, Call: pr.call(o)}
	case o.has("functionResponse"):
		p = llm.Part{Kind: llm.PartResult, Result: pr.result(o)}
	case o.has("inlineData"):
		p = llm.Part{Kind: llm.PartMedia, Media: readBlob(o)}
	case o.has("fileData"):
		p = llm.Part{Kind: llm.PartMedia, Media: readFile(o)}
	case o.has("thoughtSignature") && len(r.Rest("").Fields) == 1:
		o.mark("text:none") // a proof alone
	default:
		return foreign(o)
	}
	if s := o.text("thoughtSignature"); s != "" {
		p.Seal = readSeal(s)
	}
	p.Extra = o.extra()
	return p
}

// readSeal reads a proof: this vendor's, or another's that travels in its place.
func readSeal(text string) *llm.Seal {
	if s, where := dialect.Unpack(text); s != nil && where == dialect.Here {
		return s
	}
	return &llm.Seal{Origin: origin, Kind: llm.Signature, Data: text}
}

// foreign reads a part that is no client's business: calls the vendor has run
// itself, what came of them, and what we do not know.
func foreign(o *object) llm.Part {
	for _, name := range serverCalls {
		if o.has(name) {
			p := opaque(o.r, name)
			v := o.r.Peek(o.name(name))
			p.Kind = llm.PartCall
			p.Call = &llm.Call{Name: name, By: llm.ByServer, Label: name, Args: string(jsonx.At(v, "args"))}
			p.Call.ID, _ = jsonx.Text(jsonx.At(v, "id"))
			return p
		}
	}
	for _, name := range serverResults {
		if o.has(name) {
			p := opaque(o.r, name)
			p.Kind = llm.PartResult
			p.Result = &llm.Result{By: llm.ByServer, Name: name}
			p.Result.CallID, _ = jsonx.Text(jsonx.At(o.r.Peek(o.name(name)), "id"))
			return p
		}
	}
	label := "part"
	for _, f := range o.r.Rest("").Fields {
		label = f.Name
		break
	}
	return opaque(o.r, label)
}

func opaque(r *dialect.Reader, label string) llm.Part {
	return llm.Part{Kind: llm.PartOpaque, Label: label, Raw: r.Raw(), Extra: llm.Extra{Family: family}}
}

func readText(o *object) llm.Part {
	p := llm.Part{Kind: llm.PartText, Text: o.text("text")}
	if thought := o.bool("thought"); thought != nil {
		if *thought {
			p.Kind = llm.PartThinking
		} else {
			o.mark("thought:false")
		}
	}
	return p
}

// call reads a functionCall. Its arguments stay the bytes they are.
func (pr *partReader) call(part *object) *llm.Call {
	o, _ := part.at("functionCall")
	c := &llm.Call{ID: o.text("id"), Name: o.text("name"), Args: "{}", Object: true}
	if v := o.take("args"); v != nil {
		if jsonx.KindOf(v) != jsonx.Composite {
			o.r.Fail(o.r.Path("args"), "must be an object")
		}
		c.Args = string(v)
	} else {
		o.mark("args:none")
	}
	if c.ID == "" {
		o.mark("id:none")
		c.ID = madeID(pr.seed, pr.count, c.Name)
	}
	pr.waiting = append(pr.waiting, waiting{id: c.ID, name: c.Name})
	c.Extra = o.extra()
	return c
}

// answered finds the call that a result belongs to: by its id, or else the
// first of that name without a result.
func (pr *partReader) answered(id, name string) string {
	for i, w := range pr.waiting {
		if id == w.id || id == "" && name == w.name {
			pr.waiting = append(pr.waiting[:i], pr.waiting[i+1:]...)
			return w.id
		}
	}
	if id == "" {
		return madeID(pr.seed, pr.count, name)
	}
	return id
}

// result reads a functionResponse. Its object becomes the text other dialects
// have for results.
func (pr *partReader) result(part *object) *llm.Result {
	o, _ := part.at("functionResponse")
	id := o.text("id")
	res := &llm.Result{Name: o.text("name")}
	if id == "" {
		o.mark("id:none")
	}
	res.CallID = pr.answered(id, res.Name)
	res.Source = llm.Extra{Family: family}
	if v := o.take("response"); v != nil {
		text, failed := resultText(v)
		res.Parts = []llm.Part{{Kind: llm.PartText, Text: text}}
		if failed {
			res.IsError = &failed
		}
		res.Source.Fields = []llm.Field{{Name: "response", Value: v}}
	}
	for at, v := range o.r.List("parts") {
		res.Parts = append(res.Parts, pr.part(o.r.Object(v, at)))
	}
	beside := o.extra()
	res.Source.Spelling = beside.Spelling
	res.Source.Fields = append(res.Source.Fields, beside.Fields...)
	return res
}

// The members by which a text is wrapped into the object that results must be
// here (Gemini API, FunctionResponse).
const (
	wrapOutput = "output"
	wrapError  = "error"
)

// resultText is what a result says, and whether it says that the call failed.
func resultText(v jsonx.Value) (text string, failed bool) {
	o, err := jsonx.Parse(v)
	if err != nil || o.Len() != 1 {
		return compact(v), false
	}
	for _, name := range []string{wrapOutput, "result", wrapError} {
		if s, ok := jsonx.Text(o.Get(name)); ok {
			return s, name == wrapError
		}
	}
	return compact(v), false
}

func compact(v jsonx.Value) string {
	c := append(jsonx.Value(nil), v...)
	if c.Compact() != nil {
		return string(v)
	}
	return string(c)
}

func readBlob(part *object) *llm.Media {
	o, _ := part.at("inlineData")
	m := &llm.Media{Type: readType(o), Data: o.text("data")}
	m.Kind = kindOf(m.Type)
	if strings.ContainsAny(m.Data, "-_") { // the URL's alphabet, which others do not take
		o.mark("data:url")
		m.Data = strings.NewReplacer("-", "+", "_", "/").Replace(m.Data)
	}
	m.Extra = o.extra()
	return m
}

// filesAPI is where files stand that were uploaded to the vendor, which nobody
// else can fetch.
const filesAPI = "https://generativelanguage.googleapis.com/"

func readFile(part *object) *llm.Media {
	o, _ := part.at("fileData")
	m := &llm.Media{Type: readType(o)}
	m.Kind = kindOf(m.Type)
	uri := o.text("fileUri")
	if strings.HasPrefix(uri, filesAPI) || !strings.HasPrefix(uri, "http") {
		m.FileID = uri
	} else {
		m.URL = uri
	}
	m.Extra = o.extra()
	return m
}

// plainTypes are the usual names of types that have several.
var plainTypes = map[string]string{
	"audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/x-flac": "audio/flac",
}

const typeMark = "mimeType:"

func readType(o *object) string {
	kind := o.text("mimeType")
	if plain, other := plainTypes[kind]; other {
		o.mark(typeMark + kind)
		return plain
	}
	return kind
}

func kindOf(mediaType string) llm.MediaKind {
	switch kind, _, _ := strings.Cut(mediaType, "/"); kind {
	case "image":
		return llm.Image
	case "audio":
		return llm.Audio
	case "video":
		return llm.Video
	}
	return llm.Document
}
