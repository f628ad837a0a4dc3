package dialect

import (
	"bytes"
	"encoding/base64"
	"strings"

	"sluice/internal/llm"
)

// A client's dialect has places for the proofs of its own vendor. Those of
// others travel there packed, and say whose they are and where they belong
// (vocabulary, seals):
//
//	slc1.<origin>.<kind>.<base64url of the proof>
//
// Where a dialect checks that the place holds base64, all of that is encoded
// once more.
const packedMark = "slc1."

// Beside says which part a packed proof is of, in dialects where a proof has
// an element of its own.
type Beside string

// The places.
const (
	Here Beside = ""     // of the element it stands on
	Next Beside = "next" // of the part behind it
	Last Beside = "last" // of the part before it
)

var sealKinds = [...]string{llm.Signature: "signature", llm.Encrypted: "encrypted", llm.Redacted: "redacted"}

// Pack writes a proof for a place made for another vendor's.
func Pack(s *llm.Seal, where Beside) string {
	kind := sealKinds[s.Kind]
	if where != Here {
		kind = string(where)
	}
	return packedMark + s.Origin + "." + kind + "." + base64.RawURLEncoding.EncodeToString([]byte(s.Data))
}

// Unpack reads what Pack wrote, encoded once more or not; nil is a proof of the
// client's own vendor.
func Unpack(text string) (s *llm.Seal, where Beside) {
	if strings.HasPrefix(text, packedTwice) {
		plain, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(toURL.Replace(text), "="))
		if err != nil {
			return nil, Here
		}
		text = string(plain)
	}
	rest, packed := strings.CutPrefix(text, packedMark)
	origin, rest, _ := strings.Cut(rest, ".")
	kind, data, whole := strings.Cut(rest, ".")
	proof, err := base64.RawURLEncoding.DecodeString(data)
	if !packed || !whole || origin == "" || err != nil {
		return nil, Here
	}
	s = &llm.Seal{Origin: origin, Data: string(proof)}
	for k, word := range sealKinds {
		if s.Kind = llm.SealKind(k); word == kind {
			return s, Here
		}
	}
	if s.Kind = llm.Signature; kind == string(Next) || kind == string(Last) {
		return s, Beside(kind)
	}
	return nil, Here
}

// packedTwice is how a packed proof begins in base64, whichever alphabet: the
// mark and one byte more would be the third group.
const packedTwice = "c2xjMS"

var toURL = strings.NewReplacer("+", "-", "/", "_")

// PackTwice is Pack for places that must hold base64.
func PackTwice(s *llm.Seal) string {
	return base64.StdEncoding.EncodeToString([]byte(Pack(s, Here)))
}

// HoldsPacked reports whether a body may hold packed proofs. They must not
// reach a vendor, not even one that speaks the client's dialect.
func HoldsPacked(body []byte) bool {
	return bytes.Contains(body, []byte(`"`+packedMark)) || bytes.Contains(body, []byte(`"`+packedTwice))
}

// DropForeign takes out of a prompt what only another origin can read: proofs,
// and the thinking that is worth nothing without them.
func DropForeign(p *llm.Prompt, origin string) (lost []string) {
	var losses Losses
	messages := p.Messages[:0:0]
	for i := range p.Messages {
		m := p.Messages[i]
		parts := m.Parts[:0:0]
		for j := range m.Parts {
			part := m.Parts[j]
			if part.Seal != nil && part.Seal.Origin != origin {
				if part.Kind == llm.PartThinking {
					losses.Add("%s:thinking", PartPath(p, i, j))
					continue
				}
				losses.Add("%s:signature", PartPath(p, i, j))
				part.Seal = nil
			}
			parts = append(parts, part)
		}
		if len(parts) > 0 || len(m.Parts) == 0 {
			m.Parts = parts
			messages = append(messages, m)
		}
	}
	p.Messages = messages
	return losses
}
