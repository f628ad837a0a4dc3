package anthropic

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// EncodeReply answers a client with what a provider of another dialect said.
// This dialect has one choice and one message in it.
func (codec) EncodeReply(r *llm.Reply, as dialect.Reply) (body []byte, lost []string, err error) {
	var losses dialect.Losses
	var blocks dialect.List
	var stop llm.Stop
	for i := range r.Choices {
		c := &r.Choices[i]
		if i > 0 {
			losses.Add("%s", index("choices", i))
			continue
		}
		stop = c.Stop
		losses.Extra("choices[0].", c.Extra, family)
		for j := range c.Messages {
			losses.Extra("choices[0].message.", c.Messages[j].Extra, family)
			for k := range c.Messages[j].Parts {
				if v := replyBlock(&c.Messages[j].Parts[k], &losses); v != nil {
					blocks.Add(v)
				}
			}
		}
	}
	w := as.Compose()
	w.Text("id", r.ID)
	w.Text("type", "message")
	w.Text("role", "assistant")
	w.Text("model", r.Model)
	w.Raw("content", blocks.Array())
	writeStop(&w, stop)
	w.Raw("usage", writeUsage(r.Usage))
	w.Extra(r.Extra, family)
	return w.Finish(), losses, nil
}

func writeStop(w *dialect.Writer, s llm.Stop) {
	word := stopWord(s)
	w.Text("stop_reason", word)
	if s.Sequence != "" {
		w.Text("stop_sequence", s.Sequence)
	} else {
		w.Null("stop_sequence")
	}
}

// replyBlock writes one part for a client, nil for what is left out.
func replyBlock(p *llm.Part, lost *dialect.Losses) jsonx.Value {
	if p.Raw != nil {
		if p.Extra.Family == family {
			return p.Raw
		}
		lost.Add("%s", dialect.PartName(p))
		return nil
	}
	var w dialect.Writer
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if p.Text == "" && p.Extra.Family != family {
			return nil
		}
		w.Text("type", "text")
		w.Text("text", p.Text)
		if writeCites(&w, p.Cites) {
			lost.Add("citations")
		}
	case llm.PartThinking:
		if p.Text == "" && p.Seal == nil {
			return nil
		}
		writeThinking(&w, p)
	case llm.PartCall:
		if p.Call.By != llm.ByClient {
			lost.Add("%s", dialect.PartName(p))
			return nil
		}
		replyCall(&w, p.Call, lost)
	default:
		lost.Add("%s", dialect.PartName(p))
		return nil
	}
	w.Extra(p.Extra, family)
	return w.Object()
}

// replyCall writes a call. Arguments that were cut off are no object; the
// client gets their text, under a name that no tool has.
func replyCall(w *dialect.Writer, c *llm.Call, lost *dialect.Losses) {
	input, ok := dialect.Arguments(c)
	if !ok {
		lost.Add("tool_calls:arguments")
		var o dialect.Writer
		o.Text("_raw", c.Args)
		input = o.Object()
	}
	w.Text("type", "tool_use")
	w.Text("id", callID(c.ID))
	w.Text("name", c.Name)
	w.Raw("input", input)
	w.Extra(c.Extra, family)
}
