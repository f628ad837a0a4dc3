package cohere

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// V1 is version 1's chat (Cohere API, Chat v1), which clouds still offer: what
// the user says last stands apart from the talk before it. Its streams are
// lines of JSON.
var V1 = dialect.Dialect{
	Name:             "cohere-v1",
	NoClients:        true,
	Chat:             v1Codec{},
	Inspect:          inspectV1,
	NewTap:           func(llm.Op) dialect.Tap { return &linesTap{} },
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
	Framing:          &lines,
}

const v1Family = "cohere-v1"

type v1Codec struct{ dialect.ProviderSide }

func (v1Codec) NewDecoder() dialect.Decoder { return &v1Decoder{} }

// DecodeReply reads a whole answer.
func (v1Codec) DecodeReply(body []byte) (*llm.Reply, error) {
	r := dialect.ReadReply(body)
	reply := &llm.Reply{ID: r.Text("generation_id"), Usage: readUsage(r.Peek("meta"))}
	if reply.ID == "" {
		reply.ID = r.Text("response_id")
	}
	if r.Peek("text") == nil && r.Peek("tool_calls") == nil {
		r.Fail("", "has no text")
	}
	m := llm.Message{Role: llm.Assistant}
	text, called := r.Text("text"), r.Peek("tool_calls") != nil
	switch {
	case text == "":
	case called: // what the model says before calls is its plan
		m.Parts = append(m.Parts, llm.Part{Kind: llm.PartThinking, Text: text, Label: plan})
	default:
		p := llm.Part{Text: text}
		for v := range jsonx.Elements(r.Peek("citations")) {
			p.Cites = append(p.Cites, readV1Cite(v, text))
		}
		m.Parts = append(m.Parts, p)
	}
	for at, v := range r.List("tool_calls") {
		m.Parts = append(m.Parts, llm.Part{Kind: llm.PartCall, Call: readV1Call(r.Object(v, at), reply.ID, len(m.Parts))})
	}
	c := llm.Choice{Messages: []llm.Message{m}}
	c.Stop = stopOf(r.Text("finish_reason"), c.Calls())
	reply.Choices = []llm.Choice{c}
	return reply, r.Err()
}

// readV1Call reads a call. There are no ids: one is made of what tells the call
// from others, so that it is the same in a stream (vocabulary, ids).
func readV1Call(r *dialect.Reader, reply string, part int) *llm.Call {
	c := &llm.Call{Name: r.Text("name"), Args: string(r.Take("parameters")), Object: true}
	if c.Args == "" {
		c.Args = "{}"
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s\x00%s", reply, part, c.Name, c.Args))
	c.ID = "call_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
	return c
}

func readV1Cite(v jsonx.Value, text string) llm.Cite {
	c := llm.Cite{Raw: v, Family: v1Family}
	c.Quote, _ = jsonx.Text(jsonx.At(v, "text"))
	from, _ := jsonx.Int(jsonx.At(v, "start"))
	to, _ := jsonx.Int(jsonx.At(v, "end"))
	if from < to {
		c.Start, c.End = dialect.Offset(text, from), dialect.Offset(text, to)
	}
	return c
}

var v1Names = jsonx.Names("text", "tool_calls", "meta", "finish_reason", "message")

func inspectV1(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [5]jsonx.Value
	if !jsonx.Members(body, v1Names, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	f := dialect.Facts{Usage: readUsage(m[2])}
	if m[0] == nil && m[1] == nil && op == llm.Chat {
		if m[4] != nil {
			return f, eventError(body)
		}
		return f, dialect.Invalid("it has no text", nil)
	}
	f.Finish, _ = jsonx.Text(m[3])
	if e := failed(m[3], nil); e != nil {
		return f, e
	}
	return f, nil
}
