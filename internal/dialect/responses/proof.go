package responses

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Proofs have one place in this dialect, the sealed content of a reasoning
// item. Another vendor's thinking is sealed there with its own proof; a proof
// of a text or a call gets an item for itself, in front of it or, where a
// stream learns of it too late, behind it (vocabulary, seals).

// proofItem is the thinking that stands for a proof of a part.
func proofItem(s *llm.Seal, where dialect.Beside) *llm.Part {
	return &llm.Part{Kind: llm.PartThinking, Seal: &llm.Seal{Origin: origin, Kind: llm.Encrypted, Data: dialect.Pack(s, where)}}
}

// alone reports whether the proof of a part needs an item of its own.
func alone(p *llm.Part) bool {
	return p.Seal != nil && p.Seal.Origin != origin && p.Kind != llm.PartThinking
}

// slot is what a proof's place holds: this vendor's as it is, others' packed.
func slot(s *llm.Seal) string {
	if s.Origin == origin {
		return s.Data
	}
	return dialect.Pack(s, dialect.Here)
}

// readSeal reads a proof: this vendor's, or another's that travels in its place.
func readSeal(text string) *llm.Seal {
	if s, where := dialect.Unpack(text); s != nil && where == dialect.Here {
		return s
	}
	return &llm.Seal{Origin: origin, Kind: llm.Encrypted, Data: text}
}

// readBeside reads an item that proofItem made; nil is any other item.
func readBeside(item jsonx.Value) (*llm.Seal, dialect.Beside) {
	if kind, _ := jsonx.Text(jsonx.At(item, "type")); kind != typeReasoning {
		return nil, dialect.Here
	}
	text, _ := jsonx.Text(jsonx.At(item, "encrypted_content"))
	s, where := dialect.Unpack(text)
	if where == dialect.Here {
		return nil, where
	}
	return s, where
}

// bind puts a proof on a part of the message.
func bind(m *llm.Message, s *llm.Seal, at int) {
	if m.Role == llm.Assistant && len(m.Parts) > 0 {
		m.Parts[min(at, len(m.Parts)-1)].Seal = s
	}
}
