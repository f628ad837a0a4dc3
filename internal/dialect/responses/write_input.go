package responses

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// input writes a prompt of another dialect as items.
func (e *requestWriter) input() jsonx.Value {
	var list dialect.List
	last := len(e.p.Messages) - 1
	for i := range e.p.Messages {
		m := &e.p.Messages[i]
		at := dialect.MessagePath(e.p, i)
		e.lost.Extra(at+".", m.Extra, family)
		if m.Name != "" {
			e.lost.Add("%s.name", at)
		}
		before := list
		if m.Role == llm.Assistant {
			e.assistant(&list, i, m)
		} else {
			e.turn(&list, i, m)
		}
		if i == last && m.Role == llm.Assistant && len(m.Parts) > 0 && m.Parts[len(m.Parts)-1].Kind == llm.PartText {
			e.refuse(at, "this provider does not continue an answer: the last message must not be the assistant's")
		}
		if i == last && list.Size() == before.Size() && len(m.Parts) > 0 {
			e.refuse(at, "nothing of this message can be carried over to this provider")
		}
	}
	return list.Array()
}

// turn writes what the user or an instruction says: each result is an item of
// its own, what stands between them is a message.
func (e *requestWriter) turn(list *dialect.List, i int, m *llm.Message) {
	var run []llm.Part
	flush := func() {
		if len(run) == 0 {
			return
		}
		var w dialect.Writer
		w.Text("role", string(m.Role))
		w.Raw("content", e.content(run, dialect.MessagePath(e.p, i)+".content"))
		list.Add(w.Object())
		run = nil
	}
	for j := range m.Parts {
		p := &m.Parts[j]
		if p.Adds != nil {
			flush()
			list.Add(e.addition(p.Adds))
			continue
		}
		if p.Kind != llm.PartResult {
			run = append(run, *p)
			continue
		}
		flush()
		e.result(list, p, dialect.PartPath(e.p, i, j))
	}
	flush()
}

func (e *requestWriter) result(list *dialect.List, p *llm.Part, at string) {
	if p.Result.By != llm.ByClient {
		e.lost.Add("%s:%s", at, p.Label)
		return
	}
	var w dialect.Writer
	kind := typeOutput
	if e.free[p.Result.CallID] {
		kind = typeCustomOutput
	}
	if p.Result.IsError != nil && *p.Result.IsError {
		e.lost.Add("%s.is_error", at)
	}
	e.lost.Extra(at+".", p.Extra, family)
	w.Text("type", kind)
	w.Text("call_id", p.Result.CallID)
	w.Raw("output", e.content(p.Result.Parts, at))
	list.Add(w.Object())
}

// content writes parts for the model to read: a string where that says all.
func (e *requestWriter) content(parts []llm.Part, at string) jsonx.Value {
	if len(parts) == 0 {
		return jsonx.Quote("")
	}
	if p := &parts[0]; len(parts) == 1 && p.Kind == llm.PartText {
		e.lost.Extra(at+".", p.Extra, family)
		return jsonx.Quote(p.Text)
	}
	var list dialect.List
	for j := range parts {
		list.Add(e.part(&parts[j], at))
	}
	return list.Array()
}

func (e *requestWriter) part(p *llm.Part, at string) jsonx.Value {
	var w dialect.Writer
	e.lost.Extra(at+".", p.Extra, family)
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		w.Text("type", "input_text")
		w.Text("text", p.Text)
	case llm.PartMedia:
		e.media(&w, p.Media, at)
	case llm.PartOpaque:
		if p.Adds == nil {
			e.refuse(at, "%s cannot be carried over to this provider", p.Label)
			break
		}
		w.Text("type", "input_text") // a result that tells of tools
		w.Text("text", p.Adds[0].Name)
	default:
		e.refuse(at, "%s is not allowed here", p.Kind)
	}
	return w.Object()
}

// assistant writes a model's turn: what it said as messages, each call as an
// item, in their order. Items made elsewhere get no id: the vendor would look
// for it.
func (e *requestWriter) assistant(list *dialect.List, i int, m *llm.Message) {
	var text strings.Builder
	said := false
	flush := func() {
		if !said {
			return
		}
		var w dialect.Writer
		w.Text("role", "assistant")
		w.Text("content", text.String())
		list.Add(w.Object())
		said = false
		text.Reset()
	}
	for j := 0; j < len(m.Parts); j++ {
		p, at := &m.Parts[j], dialect.PartPath(e.p, i, j)
		if p.Seal != nil && p.Kind != llm.PartThinking {
			e.lost.Add("%s:signature", at)
		}
		switch {
		case p.Kind == llm.PartText, p.Kind == llm.PartRefusal:
			e.lost.Extra(at+".", p.Extra, family)
			if p.Text != "" { // parts are joined without a gap: citations cut sentences
				text.WriteString(p.Text)
				said = true
			}
		case p.Kind == llm.PartThinking:
			run := thoughtsOf(m.Parts[j:])
			if sealed(run[len(run)-1]) {
				flush()
				list.Add(reasoningItem("", "", run, llm.Extra{}))
			} else {
				e.lost.Add("%s:thinking", at)
			}
			j += len(run) - 1
		case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
			flush()
			e.call(list, p.Call, at)
		case p.Kind == llm.PartCall, p.Kind == llm.PartResult:
			e.lost.Add("%s:%s", at, p.Label) // the vendor's own, done with
		case p.Kind == llm.PartOpaque:
			e.refuse(at, "%s cannot be carried over to this provider", p.Label)
		default:
			e.refuse(at, "this provider takes no %s in what the assistant said", p.Media.Kind)
		}
	}
	flush()
}

// thoughtsOf is the thinking that parts begin with, up to a seal: it is of all
// of it.
func thoughtsOf(parts []llm.Part) (run []*llm.Part) {
	for i := range parts {
		if parts[i].Kind != llm.PartThinking {
			break
		}
		if run = append(run, &parts[i]); parts[i].Seal != nil {
			break
		}
	}
	return run
}

func (e *requestWriter) call(list *dialect.List, c *llm.Call, at string) {
	e.lost.Extra(at+".", c.Extra, family)
	plain := *dialect.Unwrap(c, e.p)
	plain.Extra = llm.Extra{}
	if plain.FreeForm {
		e.free[c.ID] = true
	} else if strings.TrimSpace(plain.Args) == "" {
		plain.Args = "{}"
	}
	list.Add(callItem("", "", &plain))
}

// sealed reports whether the vendor can read the part.
func sealed(p *llm.Part) bool {
	return p.Seal != nil && p.Seal.Origin == origin && p.Seal.Kind == llm.Encrypted
}

// repeat writes a prompt of this dialect as it was.
func (e *requestWriter) repeat(w *dialect.Writer) {
	messages := e.p.Messages
	if e.p.Slot {
		w.Text("instructions", messages[0].Parts[0].Text)
		messages = messages[1:]
	}
	if len(messages) == 1 && messages[0].Label == inputList {
		w.Text(inputList, messages[0].Parts[0].Text)
		return
	}
	if len(messages) == 0 && len(e.p.State.Kept) > 0 {
		return
	}
	var list dialect.List
	for i := range messages {
		list.Add(e.again(&messages[i]))
	}
	w.Raw(inputList, list.Array())
}

// again writes an item of this dialect as it was.
func (e *requestWriter) again(m *llm.Message) jsonx.Value {
	var w dialect.Writer
	switch m.Label {
	case typeReasoning:
		var parts []*llm.Part
		for j := range m.Parts {
			parts = append(parts, &m.Parts[j])
		}
		return reasoningItem(m.ID, m.Status, parts, m.Extra)
	case typeCall, typeCustom:
		return callItem(m.ID, m.Status, m.Parts[0].Call)
	case typeOutput, typeCustomOutput:
		w.Text("type", m.Label)
		w.Some("id", m.ID)
		w.Text("call_id", m.Parts[0].Result.CallID)
		w.Raw("output", e.contentAgain(m.Parts[0].Result.Parts))
	case "", typeMessage, inputList: // the last was a string, as long as it was alone
		if m.Label == typeMessage {
			w.Text("type", m.Label)
		}
		w.Some("id", m.ID)
		w.Text("role", string(m.Role))
		w.Raw("content", e.contentAgain(m.Parts))
		w.Some("phase", m.Phase)
	default:
		return m.Parts[0].Raw
	}
	w.Some("status", m.Status)
	w.Extra(m.Extra, family)
	return w.Object()
}

func (e *requestWriter) contentAgain(parts []llm.Part) jsonx.Value {
	if len(parts) == 1 && parts[0].Kind == llm.PartText && parts[0].Label == "" {
		return jsonx.Quote(parts[0].Text)
	}
	var list dialect.List
	for j := range parts {
		list.Add(partAgain(&parts[j]))
	}
	return list.Array()
}
