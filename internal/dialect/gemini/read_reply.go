package gemini

import (
	"strconv"
	"time"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// DecodeReply reads a whole answer (Gemini API, GenerateContentResponse). A
// blocked prompt has no candidate: it becomes a choice without a word.
func (codec) DecodeReply(body []byte) (*llm.Reply, error) {
	o := read(dialect.ReadReply(body))
	reply := readHead(o)
	blocked, isBlocked := blockReason(o)
	if jsonx.KindOf(o.r.Peek("candidates")) != jsonx.Array && !isBlocked {
		o.r.Fail("", "has no list of candidates")
	}
	for at, v := range o.r.List("candidates") {
		reply.Choices = append(reply.Choices, readCandidate(read(o.r.Object(v, at)), reply.ID))
	}
	if isBlocked && len(reply.Choices) == 0 {
		reply.Choices = []llm.Choice{{Messages: []llm.Message{{Role: llm.Assistant}}, Stop: blocked}}
	}
	if reply.Usage = readUsage(o.r.Peek("usageMetadata")); reply.Usage != nil {
		o.r.Take("usageMetadata")
	}
	reply.Extra = o.extra()
	reply.Extra.Family = family // also without members: see EncodeReply
	return reply, o.r.Done()
}

// readHead reads who answers. The time stays among the members too, since it
// is finer than ours.
func readHead(o *object) *llm.Reply {
	r := &llm.Reply{ID: o.text("responseId"), Model: o.text("modelVersion")}
	if s, ok := jsonx.Text(o.r.Peek("createTime")); ok {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			r.Created = t.Unix()
		}
	}
	return r
}

// blockReason is why a prompt was not answered at all.
func blockReason(o *object) (llm.Stop, bool) {
	word, _ := jsonx.Text(jsonx.At(o.r.Peek("promptFeedback"), "blockReason"))
	return llm.Stop{Kind: llm.StopFilter, Raw: word}, word != ""
}

func readCandidate(o *object, seed string) llm.Choice {
	var c llm.Choice
	if n := o.int("index"); n != nil {
		c.Index = int(*n)
	} else {
		o.mark("index:none")
	}
	word := o.text("finishReason")
	if word == "" {
		o.mark("finish:none")
	}
	pr := &partReader{seed: seed + "/" + strconv.Itoa(c.Index), dead: badCalls[word]}
	m := llm.Message{Role: llm.Assistant}
	if v := o.take("content"); v != nil {
		inner := read(o.r.Object(v, "content"))
		if inner.text("role") == "" {
			inner.mark("role:none")
		}
		m.Parts = pr.parts(inner)
		m.Extra = inner.extra()
	} else {
		o.mark("content:none")
	}
	attach(m.Parts, citesOf(o))
	c.Messages = []llm.Message{m}
	c.Stop = stopOf(word, c.Calls())
	c.Extra = o.extra()
	return c
}

// attach puts the citations on the last text, the answer itself: before it
// stand only thoughts and what tools did, behind it at most an empty one with a
// proof.
func attach(parts []llm.Part, all []cited) {
	for i := len(parts) - 1; i >= 0; i-- {
		if p := &parts[i]; p.Kind == llm.PartText && p.Text != "" {
			for _, c := range all {
				p.Cites = append(p.Cites, c.in(p.Text))
			}
			return
		}
	}
}
