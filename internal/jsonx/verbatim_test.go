package jsonx_test

import (
	"testing"

	"sluice/internal/jsonx"
)

func TestVerbatim(t *testing.T) {
	for _, c := range []struct {
		raw, said string
		ok        bool
	}{
		{"", "", true},
		{"word", "word", true},
		{`é \"x\"\\ \n\r\t`, "é \"x\"\\ \n\r\t", true},
		{`\\n`, `\n`, true},
		{`a"b`, "", false},
		{`a\`, "", false},
		{`a\\\`, "", false},
		{`\u00e9`, "", false},
		{`\ud800`, "", false},
		{`\/`, "", false},
		{`\b`, "", false},
		{`\u0001`, "", false},
		{`\x`, "", false},
		{"a\nb", "", false},
		{"a\x00b", "", false},
		{"a\xffb", "", false},
		{"\xed\xa0\x80", "", false}, // a surrogate in UTF-8
	} {
		said, ok := jsonx.Verbatim([]byte(c.raw), nil)
		if string(said) != c.said || ok != c.ok {
			t.Errorf("%q: %q, %v", c.raw, said, ok)
		}
	}
}

// FuzzVerbatim: what it accepts is a string, says what Text says, and is what
// Quote writes.
func FuzzVerbatim(f *testing.F) {
	for _, s := range []string{"word", `\"`, `a\\`, `\`, `\n\u00e9`, "é", "\xff", "a\"b", "\u2028"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		quoted := append(append([]byte{'"'}, raw...), '"')
		said, ok := jsonx.Verbatim(raw, nil)
		if !ok {
			return
		}
		if err := jsonx.Check(quoted); err != nil {
			t.Fatalf("%q is no string: %v", raw, err)
		}
		if text, _ := jsonx.Text(quoted); text != string(said) {
			t.Fatalf("%q says %q, not %q", raw, text, said)
		}
		if again := jsonx.Quote(string(said)); string(again) != string(quoted) {
			t.Fatalf("%q is written as %q", quoted, again)
		}
	})
}
