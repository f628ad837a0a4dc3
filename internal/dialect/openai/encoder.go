package openai

import (
	"strings"
	"unicode/utf8"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// encoder writes a client's stream (wire formats, canonical stream).
type encoder struct {
	as      dialect.Reply
	head    []byte // what all chunks begin with
	wanted  *bool  // whether the client asked for the cost; nil: it did not say
	usage   *llm.Usage
	parts   map[[2]int]*partState
	choices map[int]*choiceOut
	stops   []llm.Event // held until the cost is known
	lost    dialect.Losses
	plain   dialect.Mould // of the last event, if it was one piece of text
	said    spoken        // whose it was
}

// spoken is the part a text belongs to, and the choice, if it is an answer's.
type spoken struct {
	choice *choiceOut
	part   *partState
}

type partState struct {
	part  *llm.Part
	call  int64 // index among the client's calls
	start int   // of the text in the joined text, in characters
	args  bool  // some arguments were written
	text  dialect.Ruler
	whole []byte // arguments that are known at their end only: they become plain text
	wait  bool
	cites []llm.Cite
}

type choiceOut struct {
	begun   bool
	calls   int64
	runes   int
	legacy  bool       // a call of the API's first form was written
	thought *partState // whose thinking was written last
}

func newEncoder(as dialect.Reply) *encoder {
	e := &encoder{as: as, parts: make(map[[2]int]*partState), choices: make(map[int]*choiceOut)}
	if as.Chat != nil {
		e.wanted = as.Chat.StreamUsage
	}
	return e
}

// Encode writes one event.
func (e *encoder) Encode(dst []byte, ev *llm.Event) []byte {
	e.plain.Forget()
	switch ev.Kind {
	case llm.EventStart:
		e.start(ev)
		e.usage = ev.Usage
	case llm.EventMessage:
		return e.message(dst, ev)
	case llm.EventOpen:
		return e.open(dst, ev)
	case llm.EventDelta:
		if s := e.parts[[2]int{ev.Choice, ev.Part}]; s != nil {
			return e.delta(dst, ev, s)
		}
	case llm.EventClose:
		return e.close(dst, ev)
	case llm.EventNote:
		return e.note(dst, ev)
	case llm.EventUsage:
		e.usage = ev.Usage
	case llm.EventStop:
		if e.wanted == nil { // the cost goes on the last chunk
			e.stops = append(e.stops, *ev)
			return dst
		}
		return e.stop(dst, ev, false)
	case llm.EventEnd:
		return e.end(dst)
	}
	return dst
}

// Splices implements dialect.Splicer.
func (e *encoder) Splices() bool { return e.plain.Ready() }

// Splice implements dialect.Splicer. A text is measured as it is in text.
func (e *encoder) Splice(dst []byte, w dialect.Words) []byte {
	if s := e.said; s.choice != nil {
		s.choice.runes += utf8.RuneCount(w.Said)
		s.part.text.AddBytes(w.Said)
	}
	return e.plain.Splice(dst, w)
}

// repeatable is the frame of a piece of text, which was written so many times in
// what follows from.
func (e *encoder) repeatable(dst []byte, from int, text string, times int, s spoken) []byte {
	e.plain.Learn(dst[from:], text, times)
	e.said = s
	return dst
}

func (e *encoder) start(ev *llm.Event) {
	var w dialect.Writer
	w.Text("id", ev.ID)
	w.Text("object", "chat.completion.chunk")
	w.Number("created", createdOf(ev.Created))
	w.Text("model", ev.Model)
	w.Some("provider", e.as.Provider)
	if !e.as.Strict {
		w.Extra(ev.Extra, family)
	}
	head := dialect.OneLine(w.Object())
	e.head = append([]byte("data: "), head[:len(head)-1]...)
}

// chunk writes one chunk with one choice.
func (e *encoder) chunk(dst []byte, choice int, delta jsonx.Value, finish string, usage *llm.Usage) []byte {
	var c dialect.Writer
	c.Number("index", int64(choice))
	c.Raw("delta", delta)
	c.Null("logprobs")
	if finish == "" {
		c.Null("finish_reason")
	} else {
		c.Text("finish_reason", finish)
	}
	dst = append(append(dst, e.head...), `,"choices":[`...)
	dst = append(append(dst, c.Object()...), ']')
	switch {
	case usage != nil:
		dst = append(append(dst, `,"usage":`...), dialect.OneLine(writeUsage(usage, e.as.Strict))...)
	case e.wanted != nil && *e.wanted:
		dst = append(dst, `,"usage":null`...)
	}
	return append(dst, "}\n\n"...)
}

func (e *encoder) of(choice int) *choiceOut {
	c := e.choices[choice]
	if c == nil {
		c = &choiceOut{}
		e.choices[choice] = c
	}
	return c
}

func (e *encoder) message(dst []byte, ev *llm.Event) []byte {
	c := e.of(ev.Choice)
	if c.begun { // this dialect has one message in a choice
		return dst
	}
	c.begun = true
	return e.chunk(dst, ev.Choice, jsonx.Value(`{"role":"assistant","content":""}`), "", nil)
}

func (e *encoder) open(dst []byte, ev *llm.Event) []byte {
	c := e.of(ev.Choice)
	s := &partState{part: ev.Shell, start: c.runes}
	e.parts[[2]int{ev.Choice, ev.Part}] = s
	switch p := ev.Shell; {
	case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
		if old := legacyCall(p.Call, e.as.Chat); old.Label == legacyChoice {
			if c.legacy { // there is but one
				e.lost.Add("%s.message.tool_calls[1]", path("choices", ev.Choice))
				delete(e.parts, [2]int{ev.Choice, ev.Part})
				return dst
			}
			shell := *p
			shell.Call, c.legacy = old, true
			p, s.part = &shell, &shell
		}
		s.call = c.calls
		c.calls++
		if plain := dialect.Unwrap(p.Call, e.as.Chat); plain != p.Call {
			s.wait, s.whole = true, []byte(p.Call.Args)
			return e.chunk(dst, ev.Choice, callStart(s, plain), "", nil)
		}
		dst = e.chunk(dst, ev.Choice, callStart(s, withProof(p.Call, p.Seal, e.as.Strict)), "", nil)
		return e.arguments(dst, ev.Choice, s, argumentsOf(p.Call))
	case p.Kind == llm.PartThinking && proven(p.Seal) && p.Seal.Kind == llm.Redacted:
		return e.blocks(dst, ev, "data", p.Seal.Data)
	}
	dst = e.text(dst, ev, s, ev.Shell.Text)
	if seal := ev.Shell.Seal; proven(seal) {
		dst = e.blocks(dst, ev, "signature", seal.Data)
	}
	s.cites = append(s.cites, ev.Shell.Cites...)
	return dst
}

func callStart(s *partState, c *llm.Call) jsonx.Value {
	var f, o dialect.Writer
	f.Text("name", c.Name)
	if c.Label == legacyChoice {
		f.Text("arguments", "")
		var d dialect.Writer
		d.Raw("function_call", f.Object())
		return d.Object()
	}
	o.Number("index", s.call)
	o.Text("id", c.ID)
	if c.FreeForm {
		f.Text("input", "")
		o.Text("type", "custom")
		o.Raw("custom", f.Object())
	} else {
		f.Text("arguments", "")
		f.Extra(c.Function, family)
		o.Text("type", "function")
		o.Raw("function", f.Object())
	}
	return calls(o.Object())
}

func calls(call jsonx.Value) jsonx.Value {
	var list dialect.List
	list.Add(call)
	var d dialect.Writer
	d.Raw("tool_calls", list.Array())
	return d.Object()
}

func (e *encoder) arguments(dst []byte, choice int, s *partState, args string) []byte {
	if args == "" {
		return dst
	}
	s.args = true
	c := s.part.Call
	var f, o dialect.Writer
	if c.Label == legacyChoice {
		f.Text("arguments", args)
		o.Raw("function_call", f.Object())
		return e.chunk(dst, choice, o.Object(), "", nil)
	}
	o.Number("index", s.call)
	if c.FreeForm {
		f.Text("input", args)
		o.Raw("custom", f.Object())
	} else {
		f.Text("arguments", args)
		o.Raw("function", f.Object())
	}
	return e.chunk(dst, choice, calls(o.Object()), "", nil)
}

func (e *encoder) delta(dst []byte, ev *llm.Event, s *partState) []byte {
	switch ev.Field {
	case llm.DeltaText:
		return e.text(dst, ev, s, ev.Text)
	case llm.DeltaArgs:
		if s.wait {
			s.whole = append(s.whole, ev.Text...)
		} else if s.part.Call != nil && s.part.Call.By == llm.ByClient {
			from := len(dst)
			return e.repeatable(e.arguments(dst, ev.Choice, s, ev.Text), from, ev.Text, 1, spoken{})
		}
	case llm.DeltaSeal:
		if proven(ev.Seal) {
			return e.blocks(dst, ev, "signature", ev.Seal.Data)
		}
	case llm.DeltaCite:
		s.cites = append(s.cites, *ev.Cite)
	}
	return dst
}

// text writes a piece of text where its part belongs.
func (e *encoder) text(dst []byte, ev *llm.Event, s *partState, text string) []byte {
	if text == "" {
		return dst
	}
	var d dialect.Writer
	var of spoken
	times := 1
	switch s.part.Kind {
	case llm.PartText:
		of = spoken{choice: e.of(ev.Choice), part: s}
		of.choice.runes += utf8.RuneCountInString(text)
		s.text.Add(text)
		d.Text("content", text)
	case llm.PartRefusal:
		d.Text("refusal", text)
	case llm.PartThinking:
		if e.as.Strict {
			return dst
		}
		name := s.part.Label
		if name != thinkingNames[1] {
			name = thinkingNames[0]
		}
		c := e.of(ev.Choice)
		if c.thought != nil && c.thought != s && apart(s.part) {
			d.Text(name, thoughtGap+text)
		} else {
			d.Text(name, text)
		}
		c.thought = s
		if s.part.Label == "" { // of another family
			d.Raw("content_blocks", blockDelta(ev.Part, "thinking", text))
			times = 2
		}
	default:
		return dst
	}
	from := len(dst)
	return e.repeatable(e.chunk(dst, ev.Choice, d.Object(), "", nil), from, text, times, of)
}

// blocks writes what only the incumbent's content_blocks can hold.
func (e *encoder) blocks(dst []byte, ev *llm.Event, name, data string) []byte {
	if e.as.Strict {
		return dst
	}
	var d dialect.Writer
	d.Raw("content_blocks", blockDelta(ev.Part, name, data))
	return e.chunk(dst, ev.Choice, d.Object(), "", nil)
}

func blockDelta(part int, name, data string) jsonx.Value {
	var d, b dialect.Writer
	d.Text(name, data)
	b.Number("index", int64(part))
	b.Raw("delta", d.Object())
	var list dialect.List
	list.Add(b.Object())
	return list.Array()
}

func (e *encoder) close(dst []byte, ev *llm.Event) []byte {
	key := [2]int{ev.Choice, ev.Part}
	s := e.parts[key]
	if s == nil {
		return dst
	}
	delete(e.parts, key)
	if s.wait {
		c := *s.part.Call
		c.Args = string(s.whole)
		s.part = &llm.Part{Kind: llm.PartCall, Call: dialect.Unwrap(&c, e.as.Chat)}
		return e.arguments(dst, ev.Choice, s, s.part.Call.Args)
	}
	if c := s.part.Call; c != nil && c.By == llm.ByClient && !s.args && !c.FreeForm {
		return e.arguments(dst, ev.Choice, s, "{}") // joined, the pieces must be JSON
	}
	var list dialect.List
	for i := range s.cites {
		if v := annotation(&s.cites[i], &s.text, s.start); v != nil {
			list.Add(v)
		}
	}
	if list.Empty() {
		return dst
	}
	var d dialect.Writer
	d.Raw("annotations", list.Array())
	return e.chunk(dst, ev.Choice, d.Object(), "", nil)
}

// note writes members of a message of this family, for a client that takes all.
func (e *encoder) note(dst []byte, ev *llm.Event) []byte {
	if x := ev.Message.Extra; !e.as.Strict && x.Family == family && len(x.Fields) > 0 {
		var d dialect.Writer
		d.Extra(x, family)
		return e.chunk(dst, ev.Choice, dialect.OneLine(d.Object()), "", nil)
	}
	return dst
}

func (e *encoder) stop(dst []byte, ev *llm.Event, last bool) []byte {
	var usage *llm.Usage
	if last {
		usage = e.usage
	}
	return e.chunk(dst, ev.Choice, jsonx.Value("{}"), finishWord(ev.Stop, e.as.Strict, e.of(ev.Choice).legacy), usage)
}

func (e *encoder) end(dst []byte) []byte {
	for i := range e.stops {
		dst = e.stop(dst, &e.stops[i], i == len(e.stops)-1)
	}
	if e.wanted != nil && *e.wanted && e.usage != nil {
		dst = append(append(dst, e.head...), `,"choices":[],"usage":`...)
		dst = append(append(dst, dialect.OneLine(writeUsage(e.usage, e.as.Strict))...), "}\n\n"...)
	}
	if len(e.lost) > 0 { // the headers are gone: a comment is no part of the answer
		dst = append(append(append(dst, ": x-sluice-not-carried: "...), strings.Join(e.lost, ", ")...), "\n\n"...)
	}
	return append(dst, terminal...)
}
