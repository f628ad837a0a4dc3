package dialect_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/llm"
)

func TestPack(t *testing.T) {
	for _, kind := range []llm.SealKind{llm.Signature, llm.Encrypted, llm.Redacted} {
		s := &llm.Seal{Origin: "google", Kind: kind, Data: "a/b+c==\x00é"}
		for _, text := range []string{
			dialect.Pack(s, dialect.Here), dialect.PackTwice(s),
			base64.URLEncoding.EncodeToString([]byte(dialect.Pack(s, dialect.Here))), // as some SDKs send bytes back
		} {
			if got, where := dialect.Unpack(text); got == nil || *got != *s || where != dialect.Here {
				t.Errorf("%s: %+v %q", text, got, where)
			}
			if !dialect.HoldsPacked([]byte(`{"signature":"` + text + `"}`)) {
				t.Errorf("%s is not found in a body", text)
			}
		}
	}
	for _, where := range []dialect.Beside{dialect.Next, dialect.Last} {
		s := &llm.Seal{Origin: "google", Data: "x"}
		if got, at := dialect.Unpack(dialect.Pack(s, where)); got == nil || *got != *s || at != where {
			t.Errorf("%s: %+v %q", where, got, at)
		}
	}
}

func TestUnpackLeavesOthersAlone(t *testing.T) {
	for _, text := range []string{"", "slc1", "slc1.", "slc1.google", "slc1.google.signature", "slc1..signature.eA", "slc1.google.signature.!", "slc1.google.other.eA", "c2xjMS4", "c2xjMS!", "EqQBCkYIBxgC"} {
		if s, _ := dialect.Unpack(text); s != nil {
			t.Errorf("%q was taken for %+v", text, s)
		}
	}
}

func TestDropForeign(t *testing.T) {
	own, other := &llm.Seal{Origin: "anthropic"}, &llm.Seal{Origin: "google"}
	p := &llm.Prompt{Messages: []llm.Message{
		{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.PartThinking, Seal: other}}},
		{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.PartThinking, Seal: own}, {Kind: llm.PartThinking, Seal: other}, {Text: "t", Seal: other}}},
	}}
	lost := dialect.DropForeign(p, "anthropic")
	if got := strings.Join(lost, " "); got != "messages[0].content[0]:thinking messages[1].content[1]:thinking messages[1].content[2]:signature" {
		t.Error(got)
	}
	if len(p.Messages) != 1 || len(p.Messages[0].Parts) != 2 || p.Messages[0].Parts[0].Seal != own || p.Messages[0].Parts[1].Seal != nil {
		t.Errorf("%+v", p.Messages)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add("slc1.google.signature.eA")
	f.Add("c2xjMS5nb29nbGUuc2lnbmF0dXJlLmVB")
	f.Fuzz(func(t *testing.T, text string) {
		s, where := dialect.Unpack(text)
		if s == nil {
			return
		}
		if again, at := dialect.Unpack(dialect.Pack(s, where)); again == nil || *again != *s || at != where {
			t.Errorf("%q: %+v became %+v", text, s, again)
		}
	})
}
