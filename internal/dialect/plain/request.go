package plain

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// said is a conversation as far as text can tell it.
type said struct {
	model  string
	system string
	turns  []turn // of the user and the model, each after the other
	stream bool
}

type turn struct {
	user bool
	text string
}

// prompt is all that was said as one text. A single question is itself.
func (s *said) prompt() string {
	if len(s.turns) == 1 && s.system == "" {
		return s.turns[0].text
	}
	var b strings.Builder
	if s.system != "" {
		b.WriteString(s.system + "\n\n")
	}
	for _, t := range s.turns {
		who := "Assistant"
		if t.user {
			who = "User"
		}
		b.WriteString(who + ": " + t.text + "\n\n")
	}
	b.WriteString("Assistant:")
	return b.String()
}

// codec is the provider's half of a conversation.
type codec struct {
	dialect.ProviderSide
	*format
}

// EncodeRequest asks the vendor. What is no text is refused; knobs it has not
// are named as lost.
func (c codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	var losses dialect.Losses
	if err := dialect.Stateless(p, c.name); err != nil {
		return nil, nil, err
	}
	s, err := saidIn(p, &losses)
	if err != nil {
		return nil, nil, err
	}
	if s.stream && c.piece == nil {
		return nil, nil, dialect.Refuse("stream", "this provider does not stream")
	}
	var w, inner dialect.Writer
	c.ask(&w, s)
	to := &w
	if c.within != "" {
		to = &inner
	}
	c.knobs.write(to, p, &losses)
	if c.within != "" {
		w.Raw(c.within, inner.Object())
	}
	if c.stream != "" && s.stream {
		w.Raw(c.stream, jsonx.Value("true"))
	}
	unsaid(p, &losses)
	return w.Object(), losses, nil
}

func saidIn(p *llm.Prompt, lost *dialect.Losses) (*said, error) {
	s := &said{model: p.Model, stream: p.Stream}
	for i := range p.Messages {
		m := &p.Messages[i]
		at := dialect.MessagePath(p, i)
		lost.Extra(at+".", m.Extra, "")
		if m.Name != "" {
			lost.Add("%s.name", at)
		}
		var b strings.Builder
		for j := range m.Parts {
			part := &m.Parts[j]
			switch part.Kind {
			case llm.PartText, llm.PartRefusal:
				b.WriteString(part.Text)
				if part.Cache != nil {
					lost.Add("%s.cache_control", dialect.PartPath(p, i, j))
				}
			case llm.PartThinking:
				lost.Add("%s:thinking", dialect.PartPath(p, i, j))
			default:
				return nil, dialect.Refuse(dialect.PartPath(p, i, j), "this provider takes nothing but text")
			}
		}
		switch {
		case m.Role.Instructs() && len(s.turns) == 0:
			if s.system != "" {
				s.system += "\n"
			}
			s.system += b.String()
		case m.Role.Instructs():
			lost.Add("%s.role", at)
			s.add(true, "<system>"+b.String()+"</system>")
		default:
			s.add(m.Role == llm.User, b.String())
		}
	}
	if len(s.turns) == 0 {
		s.add(true, s.system)
		s.system = ""
	}
	return s, nil
}

// add joins what one side says in several messages.
func (s *said) add(user bool, text string) {
	if n := len(s.turns); n > 0 && s.turns[n-1].user == user {
		s.turns[n-1].text += "\n" + text
		return
	}
	s.turns = append(s.turns, turn{user, text})
}

func (k *knobs) write(w *dialect.Writer, p *llm.Prompt, lost *dialect.Losses) {
	ints := func(name, field string, v *int64) {
		switch {
		case v == nil:
		case name == "":
			lost.Add("%s", field)
		default:
			w.Int(name, v)
		}
	}
	floats := func(name, field string, v *float64) {
		switch {
		case v == nil:
		case name == "":
			lost.Add("%s", field)
		default:
			w.Float(name, v)
		}
	}
	ints(k.max, "max_tokens", p.Limits.MaxTokens)
	floats(k.temperature, "temperature", p.Sampling.Temperature)
	floats(k.topP, "top_p", p.Sampling.TopP)
	ints(k.topK, "top_k", p.Sampling.TopK)
	ints(k.seed, "seed", p.Sampling.Seed)
	if p.Sampling.N != nil && *p.Sampling.N > 1 {
		ints(k.n, "n", p.Sampling.N)
	}
	floats(k.frequency, "frequency_penalty", p.Sampling.FrequencyPenalty)
	floats(k.presence, "presence_penalty", p.Sampling.PresencePenalty)
	switch {
	case len(p.Limits.Stop) == 0:
	case k.stop == "":
		lost.Add("stop")
	case k.joined:
		w.Text(k.stop, strings.Join(p.Limits.Stop, ","))
	default:
		w.Raw(k.stop, dialect.Texts(p.Limits.Stop))
	}
}

// unsaid names what no format here can say. A promise is refused before it gets
// here (dialect.Stateless); these are wishes.
func unsaid(p *llm.Prompt, lost *dialect.Losses) {
	for name, wanted := range map[string]bool{
		"tools": len(p.Tools) > 0, "response_format": p.Output.JSON || p.Output.Schema != nil,
		"reasoning_effort": p.Reasoning.Effort != "" || p.Reasoning.Budget != nil,
	} {
		if wanted {
			lost.Add("%s", name)
		}
	}
	lost.Extra("", p.Extra, "")
}
