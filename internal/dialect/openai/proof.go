package openai

import (
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// proofName is where a call carries the proof that Gemini wants back, beside
// its arguments (gateway contract, google; wire formats, thought signatures).
const proofName = "thought_signature"

// prover is who made the proofs that travel there.
const prover = "google"

// proofOf is the proof a call came with. It stays among the call's members
// too, for hosts of this dialect.
func proofOf(c *llm.Call) *llm.Seal {
	if s, ok := jsonx.Text(c.Function.Get(family, proofName)); ok && s != "" {
		return &llm.Seal{Origin: prover, Kind: llm.Signature, Data: s}
	}
	return nil
}

// withProof puts a proof among the members of its call, unless the client
// wants no more than the dialect defines.
func withProof(c *llm.Call, s *llm.Seal, strict bool) *llm.Call {
	if strict || s == nil || s.Origin != prover || s.Kind != llm.Signature || c.Function.Family == family {
		return c
	}
	proven := *c
	proven.Function = llm.Extra{Family: family, Fields: []llm.Field{{Name: proofName, Value: jsonx.Quote(s.Data)}}}
	return &proven
}
