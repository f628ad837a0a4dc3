package responses

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// itemKind is what becomes of a part in an answer.
type itemKind uint8

const (
	noItem    itemKind = iota // cannot be said here
	message                   // of texts and refusals
	reasoning                 // of thinking
	call                      // for the client to run
	picture                   // made by the model
	whole                     // of this family, as it came
)

// kindOf tells it of a part of the message m.
func kindOf(p *llm.Part, m *llm.Message) itemKind {
	switch {
	case p.Raw != nil && p.Extra.Family == family && (m.Label == "" || m.Label == typeMessage):
		return message // a part that nobody knows, among texts
	case p.Raw != nil && p.Extra.Family == family:
		return whole
	case p.Raw != nil:
		return noItem
	case p.Kind == llm.PartText, p.Kind == llm.PartRefusal:
		return message
	case p.Kind == llm.PartThinking:
		return reasoning
	case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
		return call
	case p.Kind == llm.PartMedia && p.Media.Kind == llm.Image && p.Media.Data != "":
		return picture
	}
	return noItem
}

// item is one item of an answer: a run of parts of one kind.
type item struct {
	kind   itemKind
	id     string
	native bool // it came as an item: what it says of itself is repeated
	of     *llm.Message
	parts  []*llm.Part
}

// takes reports whether the part goes on with the item. A seal ends it: the
// next thinking has its own.
func (i *item) takes(kind itemKind) bool {
	switch kind {
	case message:
		return i.kind == message
	case reasoning:
		return i.kind == reasoning && i.parts[len(i.parts)-1].Seal == nil
	}
	return false
}

// freeCall stands before the ids of calls whose arguments are plain text.
const freeCall = "ctc_"

var prefixes = [...]string{message: "msg_", reasoning: "rs_", call: "fc_", picture: "ig_", whole: "it_"}

// newItem makes an item with an id of its own. Other dialects have none: it is
// made of the answer's id and the item's number, the same whenever it is made.
func (a *answer) newItem(kind itemKind, of *llm.Message, first *llm.Part) *item {
	i := &item{kind: kind, native: a.native(), of: of, id: of.ID}
	if !i.native {
		prefix := prefixes[kind]
		if kind == call && dialect.Unwrap(first.Call, a.as.Chat).FreeForm {
			prefix = freeCall
		}
		i.id = a.madeID(prefix, "", a.made)
	}
	a.made++
	return i
}

func (a *answer) madeID(prefix, what string, number int) string {
	sum := sha256.Sum256([]byte(a.id + "\x00" + what + strconv.Itoa(number)))
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}

// status is what the item says of itself.
func (i *item) status(otherwise string) string {
	if i.native {
		return i.of.Status
	}
	return otherwise
}

// write writes the finished item for a client.
func (i *item) write(chat *llm.Prompt) jsonx.Value {
	var w dialect.Writer
	switch i.kind {
	case message:
		w.Some("id", i.id)
		w.Text("type", typeMessage)
		w.Some("status", i.status(statusCompleted))
		w.Text("role", "assistant")
		var list dialect.List
		for _, p := range i.parts {
			list.Add(partAgain(p))
		}
		w.Raw("content", list.Array())
		w.Some("phase", i.of.Phase)
		w.Extra(i.of.Extra, family)
		return w.Object()
	case reasoning:
		return reasoningItem(i.id, i.status(""), i.parts, i.of.Extra)
	case call:
		c := dialect.Unwrap(i.parts[0].Call, chat)
		status := statusCompleted
		if c.FreeForm { // has none
			status = ""
		}
		return callItem(i.id, i.status(status), c)
	case picture:
		w.Text("type", "image_generation_call")
		w.Text("id", i.id)
		w.Text("status", statusCompleted)
		w.Text("result", i.parts[0].Media.Data)
		return w.Object()
	}
	return i.parts[0].Raw
}
