package mistral

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// adapter edits the messages of one request. What a message becomes depends on
// those before it only, so that a cached prefix stays one; but for the mark on
// an answer to be continued, which is the last of all.
type adapter struct {
	lost dialect.Losses
	some bool // something was changed
}

// adapt makes Mistral's form of a request in OpenAI's.
func adapt(op llm.Op, body *jsonx.Object) (lost []string) {
	messages := body.Get("messages")
	if op != llm.Chat || jsonx.KindOf(messages) != jsonx.Array {
		return nil
	}
	if jsonx.At(messages, "0") == nil && body.Get("prompt") != nil { // fill in the middle knows no messages
		body.Delete("messages")
		return nil
	}
	a := &adapter{}
	list := slices.Collect(jsonx.Elements(messages))
	out := make([]jsonx.Value, 0, len(list)+1)
	before := ""
	for i, m := range list {
		role, _ := jsonx.Text(jsonx.At(m, "role"))
		if role == "user" && before == "tool" {
			out, a.some = append(out, dot), true
			a.lost.Add("messages[%d]:order", i)
		}
		out = append(out, a.message(i, role, m, i == len(list)-1))
		before = role
	}
	if a.some {
		var all dialect.List
		for _, m := range out {
			all.Add(m)
		}
		body.Set("messages", all.Array())
	}
	return a.lost
}

// dot stands between what a tool said and what the user says: some models
// refuse one right after the other (wire formats, Mistral).
var dot = jsonx.Value(`{"role":"assistant","content":"."}`)

// told are the words of what is edited in messages that are not a model's. Most
// have none of them, and need not be taken apart.
var told = [][]byte{[]byte(`"file"`), []byte(`"input_audio"`), []byte(`"name"`)}

func plain(role string, m jsonx.Value) bool {
	return role != "assistant" && role != "tool" &&
		!slices.ContainsFunc(told, func(word []byte) bool { return bytes.Contains(m, word) })
}

func (a *adapter) message(i int, role string, m jsonx.Value, last bool) jsonx.Value {
	if plain(role, m) {
		return m
	}
	o, err := jsonx.Parse(m)
	if err != nil {
		return m // the vendor shall say so
	}
	at := fmt.Sprintf("messages[%d].", i)
	switch role {
	case "assistant":
		o.Each("tool_calls", func(_ int, c *jsonx.Object) { renamed(c, "id") })
		a.thinking(&o)
		a.drop(&o, at, notSent)
		if last && o.Get("prefix") == nil && jsonx.At(o.Get("tool_calls"), "0") == nil {
			o.Set("prefix", jsonx.Value("true")) // else it is refused: the last word must be the user's
		}
	case "tool":
		renamed(&o, "tool_call_id")
	default:
		o.Each("content", func(_ int, p *jsonx.Object) { part(p) })
		a.drop(&o, at, []string{"name"})
	}
	if !o.Edited() {
		return m
	}
	a.some = true
	return o.Bytes()
}

// notSent are members of OpenAI's and others' assistant messages. Mistral
// refuses what it does not know (Mistral API, chat completions).
var notSent = []string{"refusal", "audio", "annotations", "function_call", "name", "reasoning_details", "content_blocks"}

func (a *adapter) drop(o *jsonx.Object, at string, names []string) {
	for _, name := range names {
		v := o.Get(name)
		if v == nil || name == "function_call" && jsonx.KindOf(v) > jsonx.Null {
			continue // the API's first form of calls: the vendor shall say that it has none
		}
		if text, ok := jsonx.Text(v); ok && name == "refusal" && text != "" && jsonx.KindOf(o.Get("content")) <= jsonx.Null {
			o.Set("content", v)
		} else if jsonx.KindOf(v) > jsonx.Null && string(v) != "[]" && string(v) != `""` {
			a.lost.Add("%s%s", at, name)
		}
		o.Delete(name)
	}
}

// thinking moves what a model thought, in the places of other vendors, to the
// front of its content.
func (a *adapter) thinking(o *jsonx.Object) {
	thought := ""
	for _, name := range []string{"reasoning_content", "reasoning"} {
		v := o.Get(name)
		if s, ok := jsonx.Text(v); ok && thought == "" {
			thought = s
		}
		if v != nil {
			o.Delete(name)
		}
	}
	if thought == "" {
		return
	}
	var list, inner dialect.List
	inner.Add(typed("text", "text", jsonx.Quote(thought)))
	list.Add(typed("thinking", "thinking", inner.Array()))
	content := o.Get("content")
	switch jsonx.KindOf(content) {
	case jsonx.String:
		if string(content) != `""` {
			list.Add(typed("text", "text", content))
		}
	case jsonx.Array:
		for p := range jsonx.Elements(content) {
			list.Add(p)
		}
	}
	o.Set("content", list.Array())
}

func typed(kind, name string, v jsonx.Value) jsonx.Value {
	var w dialect.Writer
	w.Text("type", kind)
	w.Raw(name, v)
	return w.Object()
}

// part makes Mistral's form of a document and of sound. A picture has OpenAI's.
func part(p *jsonx.Object) {
	switch kind, _ := jsonx.Text(p.Get("type")); kind {
	case "file":
		document(p)
	case "input_audio":
		if data := jsonx.At(p.Get("input_audio"), "data"); data != nil {
			p.Set("input_audio", data)
		}
	}
}

// document writes a file by its address, as one that holds it, or by the
// vendor's id.
func document(p *jsonx.Object) {
	f := p.Get("file")
	member := func(names ...string) string {
		for _, name := range names {
			if s, _ := jsonx.Text(jsonx.At(f, name)); s != "" {
				return s
			}
		}
		return ""
	}
	url := member("file_url")
	if data := member("file_data"); data != "" {
		url = data
		if !dialect.IsDataURL(data) {
			url = "data:application/pdf;base64," + data
		}
	}
	if id := member("file_id"); url == "" && id != "" {
		p.Set("file_id", jsonx.Quote(id))
		p.Delete("file")
	}
	if url == "" {
		return
	}
	p.Set("type", jsonx.Quote("document_url"))
	p.Set("document_url", jsonx.Quote(url))
	if name := member("filename", "file_name"); name != "" {
		p.Set("document_name", jsonx.Quote(name))
	}
	p.Delete("file")
}

// idLength is how long the ids of calls are, of letters and digits.
const idLength = 9

// renamed gives a call, or its result, an id that the vendor accepts.
func renamed(o *jsonx.Object, name string) {
	if id, ok := jsonx.Text(o.Get(name)); ok {
		if legal := callID(id); legal != id {
			o.Set(name, jsonx.Quote(legal))
		}
	}
}

// callID keeps a legal id and makes another one of it, always the same, so that
// call and result agree (vocabulary, ids).
func callID(id string) string {
	legal := len(id) == idLength
	for _, c := range id {
		legal = legal && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9')
	}
	if legal {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))[:idLength]
}
