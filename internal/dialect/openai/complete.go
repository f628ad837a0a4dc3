package openai

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// completeCodec is the legacy text completion as a client speaks it (OpenAI
// API, completions): a prompt is a conversation of one user message, and its
// continuation is the text of the answer. Providers of other dialects are asked
// in their chat.
type completeCodec struct{ codec }

// DecodeRequest reads what a client asks. Several prompts would be several
// conversations.
func (completeCodec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	r := dialect.ReadRequest(body)
	p := &llm.Prompt{Family: family, Model: r.Text("model")}
	if b := r.Bool("stream"); b != nil {
		p.Stream = *b
	}
	readStreamOptions(r, p)
	text, ok := jsonx.Text(r.Peek("prompt"))
	if list := r.Peek("prompt"); jsonx.KindOf(list) == jsonx.Array && jsonx.At(list, "1") == nil {
		text, ok = jsonx.Text(jsonx.At(list, "0"))
	}
	if !ok {
		r.Fail("prompt", "must be one text for a provider of another dialect")
	}
	_ = r.Take("prompt")
	p.Messages = []llm.Message{{Role: llm.User, Parts: []llm.Part{{Text: text}}}}
	readKnobs(r, p)
	p.Extra = r.Rest(family)
	return p, r.Done()
}

const completion = "text_completion"

// EncodeReply answers a client (wire formats, canonical completions).
func (completeCodec) EncodeReply(reply *llm.Reply, as dialect.Reply) (body []byte, lost []string, err error) {
	var choices dialect.List
	var losses dialect.Losses
	for i := range reply.Choices {
		c := &reply.Choices[i]
		var text strings.Builder
		for j := range c.Messages {
			for k := range c.Messages[j].Parts {
				if p := &c.Messages[j].Parts[k]; p.Kind == llm.PartText || p.Kind == llm.PartRefusal {
					text.WriteString(p.Text)
				} else {
					losses.Add("%s:%s", path("choices", i), p.Kind)
				}
			}
		}
		choices.Add(textChoice(c.Index, text.String(), finishWord(c.Stop, as.Strict, false)))
	}
	w := as.Compose()
	completionHead(&w, reply.ID, reply.Created, reply.Model, as)
	w.Raw("choices", choices.Array())
	if reply.Usage != nil {
		w.Raw("usage", writeUsage(reply.Usage, as.Strict))
	}
	return w.Finish(), losses, nil
}

func completionHead(w *dialect.Writer, id string, created int64, model string, as dialect.Reply) {
	w.Text("id", id)
	w.Text("object", completion)
	w.Number("created", createdOf(created))
	w.Text("model", model)
	w.Some("provider", as.Provider)
}

func textChoice(index int, text, finish string) jsonx.Value {
	var c dialect.Writer
	c.Text("text", text)
	c.Number("index", int64(index))
	c.Null("logprobs")
	if finish == "" {
		c.Null("finish_reason")
	} else {
		c.Text("finish_reason", finish)
	}
	return c.Object()
}

// NewEncoder writes a client's stream.
func (completeCodec) NewEncoder(as dialect.Reply) dialect.Encoder {
	e := &textEncoder{as: as, open: map[[2]int]bool{}}
	e.usageAsked = as.Chat != nil && as.Chat.StreamUsage != nil && *as.Chat.StreamUsage
	return e
}

type textEncoder struct {
	as         dialect.Reply
	head       []byte
	open       map[[2]int]bool // the parts that are text
	usage      *llm.Usage
	usageAsked bool
}

// Encode writes one event.
func (e *textEncoder) Encode(dst []byte, ev *llm.Event) []byte {
	key := [2]int{ev.Choice, ev.Part}
	switch ev.Kind {
	case llm.EventStart:
		var w dialect.Writer
		completionHead(&w, ev.ID, ev.Created, ev.Model, e.as)
		head := dialect.OneLine(w.Object())
		e.head, e.usage = append([]byte("data: "), head[:len(head)-1]...), ev.Usage
	case llm.EventOpen:
		if k := ev.Shell.Kind; k == llm.PartText || k == llm.PartRefusal {
			e.open[key] = true
			return e.text(dst, ev.Choice, ev.Shell.Text)
		}
	case llm.EventDelta:
		if e.open[key] && ev.Field == llm.DeltaText {
			return e.text(dst, ev.Choice, ev.Text)
		}
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventStop:
		return e.chunk(dst, textChoice(ev.Choice, "", finishWord(ev.Stop, e.as.Strict, false)))
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

func (e *textEncoder) text(dst []byte, choice int, text string) []byte {
	if text == "" {
		return dst
	}
	return e.chunk(dst, textChoice(choice, text, ""))
}

func (e *textEncoder) chunk(dst []byte, choice jsonx.Value) []byte {
	dst = append(append(dst, e.head...), `,"choices":[`...)
	return append(append(dst, choice...), "]}\n\n"...)
}

func (e *textEncoder) end(dst []byte) []byte {
	if e.usageAsked && e.usage != nil {
		dst = append(append(dst, e.head...), `,"choices":[],"usage":`...)
		dst = append(append(dst, dialect.OneLine(writeUsage(e.usage, e.as.Strict))...), "}\n\n"...)
	}
	return append(dst, terminal...)
}
