package dialect_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/internal/dialect"
)

func TestRuler(t *testing.T) {
	for _, text := range []string{"", "plain", "Québec", strings.Repeat("x", 200) + "日本語" + strings.Repeat("ü", 100), strings.Repeat("🙂a", 90)} {
		whole, bytewise := dialect.RulerOf(text), &dialect.Ruler{}
		for i := range len(text) {
			bytewise.Add(text[i : i+1])
		}
		for at := range len(text) + 1 {
			if at < len(text) && !utf8.RuneStart(text[at]) {
				continue
			}
			want := utf8.RuneCountInString(text[:at])
			if got, again := whole.Runes(at), bytewise.Runes(at); got != want || again != want || whole.Bytes() != len(text) {
				t.Fatalf("%.20q at %d: %d and %d, want %d", text, at, got, again, want)
			}
		}
	}
}
