package openai

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// EncodeReply answers a client with what a provider of another dialect said
// (wire formats, canonical chat answer).
func (codec) EncodeReply(r *llm.Reply, as dialect.Reply) (body []byte, lost []string, err error) {
	e := &replyWriter{as: as}
	w := as.Compose()
	w.Text("id", r.ID)
	w.Text("object", "chat.completion")
	w.Number("created", createdOf(r.Created))
	w.Text("model", r.Model)
	w.Some("provider", as.Provider)
	choices := w.BeginList("choices")
	for i := range r.Choices {
		c := choices.Begin()
		e.choice(&c, &r.Choices[i])
		choices.End(&c)
	}
	w.EndList(&choices)
	if r.Usage != nil {
		u := w.Begin("usage")
		usageMembers(&u, r.Usage, as.Strict)
		w.End(&u)
	}
	e.extra(&w, "", r.Extra)
	return w.Finish(), e.lost, nil
}

// createdOf is the gateway's clock where the provider has none (Anthropic).
func createdOf(created int64) int64 {
	if created == 0 {
		return time.Now().Unix()
	}
	return created
}

type replyWriter struct {
	as   dialect.Reply
	lost dialect.Losses
}

// extra writes members of this family; a strict client gets none.
func (e *replyWriter) extra(w *dialect.Writer, at string, x llm.Extra) {
	if !e.as.Strict {
		w.Extra(x, family)
		e.lost.Extra(at, x, family)
	}
}

func (e *replyWriter) choice(w *dialect.Writer, c *llm.Choice) {
	w.Number("index", int64(c.Index))
	m := w.Begin("message")
	legacy := e.message(&m, c)
	w.End(&m)
	if logprobs := c.Extra.Get(family, "logprobs"); logprobs != nil {
		w.Raw("logprobs", logprobs)
	} else {
		w.Null("logprobs")
	}
	if !e.as.Strict && c.Stop.Kind == llm.StopUnsaid {
		w.Null("finish_reason")
	} else {
		w.Text("finish_reason", finishWord(c.Stop, e.as.Strict, legacy))
	}
	if len(c.Extra.Fields) > 0 {
		e.extra(w, path("choices", c.Index)+".", c.Extra)
	}
}

// message writes all messages of a choice as one: this dialect has one.
func (e *replyWriter) message(w *dialect.Writer, c *llm.Choice) (legacy bool) {
	t := &turn{thinkingName: thinkingNames[0]}
	var text joined
	for i := range c.Messages {
		for j := range c.Messages[i].Parts {
			e.part(t, &text, &c.Messages[i].Parts[j])
		}
	}
	w.Text("role", "assistant")
	if text.parts > 0 {
		w.Text("content", text.all())
	} else {
		w.Null("content")
	}
	if t.refusal != "" {
		w.Text("refusal", t.refusal)
	} else {
		w.Null("refusal")
	}
	w.Raw("function_call", t.legacy)
	if !t.calls.Empty() {
		w.Raw("tool_calls", t.calls.Array())
	}
	if !text.cites.Empty() {
		w.Raw("annotations", text.cites.Array())
	}
	if !e.as.Strict {
		w.Some(t.thinkingName, t.thinking)
	}
	if !e.as.Strict {
		e.beside(w, c.Messages)
	}
	return t.legacy != nil
}

// beside writes what a client that takes more than the dialect gets.
func (e *replyWriter) beside(w *dialect.Writer, messages []llm.Message) {
	if slices.ContainsFunc(messages, foreign) {
		var all dialect.List
		for i := range messages {
			contentBlocks(&all, &messages[i])
		}
		w.Raw("content_blocks", all.Array())
	}
	for i := range messages {
		w.Extra(messages[i].Extra, family)
	}
}

func (e *replyWriter) part(t *turn, text *joined, p *llm.Part) {
	switch p.Kind {
	case llm.PartText:
		if !text.add(p) {
			e.lost.Add("citations")
		}
	case llm.PartRefusal:
		t.refusal += p.Text
	case llm.PartThinking:
		if t.thinking != "" && p.Text != "" && apart(p) {
			t.thinking += thoughtGap
		}
		if t.thinking += p.Text; p.Label == thinkingNames[1] {
			t.thinkingName = p.Label
		}
		if e.as.Strict {
			e.lost.Add("thinking")
		}
	case llm.PartCall:
		if p.Call.By == llm.ByClient {
			e.call(t, p)
		} else {
			e.missing(p)
		}
	default:
		e.missing(p)
	}
}

// missing reports a part that the client does not get, not even as a block.
func (e *replyWriter) missing(p *llm.Part) {
	if e.as.Strict || contentBlock(p) == nil {
		e.lost.Add("%s", dialect.PartName(p))
	}
}

// call writes a call of the client's. In the API's first form a turn has one.
func (e *replyWriter) call(t *turn, p *llm.Part) {
	c := legacyCall(dialect.Unwrap(p.Call, e.as.Chat), e.as.Chat)
	if c.Label == legacyChoice && t.legacy != nil {
		e.lost.Add("function_call:%s", c.Name)
		return
	}
	writeCall(t, withProof(c, p.Seal, e.as.Strict))
}

// thoughtGap stands between thoughts that were apart in another dialect; a
// stream of this one cuts its own anywhere.
const thoughtGap = "\n\n"

func apart(p *llm.Part) bool { return p.Label != thinkingNames[0] && p.Label != thinkingNames[1] }

// joined is the text of a message, joined without a gap, with the places that
// citations speak of.
type joined struct {
	first string
	more  strings.Builder
	parts int
	last  string // of the texts
	runes int    // of those before it
	cites dialect.List
}

func (t *joined) all() string {
	if t.more.Len() == 0 {
		return t.first
	}
	return t.first + t.more.String()
}

// add reports whether all citations of the part have a place here.
func (t *joined) add(p *llm.Part) (all bool) {
	t.runes += utf8.RuneCountInString(t.last)
	start := t.runes
	t.last = p.Text
	if t.parts++; t.parts == 1 {
		t.first = p.Text
	} else {
		t.more.WriteString(p.Text)
	}
	placed := 0
	for i := range p.Cites {
		if v := annotation(&p.Cites[i], dialect.RulerOf(p.Text), start); v != nil {
			t.cites.Add(v)
			placed++
		}
	}
	return placed == len(p.Cites)
}

// annotation writes a citation of a text that begins at start of the message,
// in characters; nil for one that leads to no address.
func annotation(c *llm.Cite, text *dialect.Ruler, start int) jsonx.Value {
	if c.Family == family {
		return c.Raw
	}
	if c.URL == "" {
		return nil
	}
	from, to := 0, text.Bytes()
	if c.End > 0 && c.End <= text.Bytes() && c.Start <= c.End {
		from, to = c.Start, c.End
	}
	var u, o dialect.Writer
	u.Text("url", c.URL)
	u.Text("title", c.Title)
	u.Number("start_index", int64(start+text.Runes(from)))
	u.Number("end_index", int64(start+text.Runes(to)))
	o.Text("type", "url_citation")
	o.Raw("url_citation", u.Object())
	return o.Object()
}

// foreign reports whether a message has parts of another family's making, so
// that content blocks tell more than the message itself.
func foreign(m llm.Message) bool {
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Extra.Family == family, p.Label == thinkingNames[0], p.Label == thinkingNames[1]:
			return false
		case p.Kind == llm.PartThinking, p.Kind == llm.PartOpaque, p.Kind == llm.PartResult:
			return true
		case p.Kind == llm.PartCall && p.Call.By != llm.ByClient:
			return true
		}
	}
	return false
}

// contentBlocks are the incumbent's content_blocks: everything of a turn but
// the client's calls, in Anthropic's form.
func contentBlocks(to *dialect.List, m *llm.Message) {
	for i := range m.Parts {
		if v := contentBlock(&m.Parts[i]); v != nil {
			to.Add(v)
		}
	}
}

// blocks is the family whose blocks the incumbent's content_blocks are: proofs
// of others would come back as that one's, and be refused.
const blocks = "anthropic"

func proven(s *llm.Seal) bool { return s != nil && s.Origin == blocks }

func contentBlock(p *llm.Part) jsonx.Value {
	var w dialect.Writer
	switch {
	case p.Kind == llm.PartText:
		w.Text("type", "text")
		w.Text("text", p.Text)
	case p.Kind == llm.PartThinking && proven(p.Seal) && p.Seal.Kind == llm.Redacted:
		w.Text("type", "redacted_thinking")
		w.Text("data", p.Seal.Data)
	case p.Kind == llm.PartThinking && p.Text == "" && !proven(p.Seal):
		return nil
	case p.Kind == llm.PartThinking:
		w.Text("type", "thinking")
		w.Text("thinking", p.Text)
		if proven(p.Seal) {
			w.Text("signature", p.Seal.Data)
		}
	case p.Raw != nil && p.Extra.Family == blocks:
		return p.Raw
	default:
		return nil
	}
	return w.Object()
}
