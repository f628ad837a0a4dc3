package jsonx

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// ways are the implementations of skim that this machine has.
func ways() map[string]func([]byte) (int, uint64) {
	return map[string]func([]byte) (int, uint64){"words": skimWords, "best": skim}
}

// judge compares textOf, and each skim, with the walk byte by byte.
func judge(t *testing.T, b []byte) {
	t.Helper()
	want, met := textSlowly(b, 0, 0)
	got, seen := textOf(b, 0)
	if got != want || want >= 0 && (seen&escaped != met&escaped || met&wide != 0 && seen&wide == 0) {
		t.Fatalf("%q: to %d, %x; want %d, %x", b, got, seen, want, met)
	}
	for name, skim := range ways() {
		n, seen := skim(b)
		if n < 0 || n > len(b) {
			t.Fatalf("%s of %q: %d", name, b, n)
		}
		if end, met := textSlowly(append(b[:n:n], '"'), 0, 0); end != n+1 || met&escaped > seen&escaped || met&wide != 0 && seen&wide == 0 {
			t.Fatalf("%s of %q: %d, %x: to there it ends at %d, %x", name, b, n, seen, end, met)
		}
		if rest, _ := textSlowly(b, n, 0); rest != want {
			t.Fatalf("%s of %q: %d: from there it ends at %d, want %d", name, b, n, rest, want)
		}
	}
}

// TestText goes over strings of everything that could be mistaken, at every place
// within the steps that are taken.
func TestText(t *testing.T) {
	pieces := []string{"a", "n", "t", `"`, `\`, `\"`, `\\`, `\n`, `\t`, `\r`, `\/`, `\u00e9`, `\u00g9`, `\x`, "\x1f", "\x00", "\x20", "\x7f", "\x80", "\xff", "é", "語", "\n", strings.Repeat("b", 31), strings.Repeat("c", 64)}
	for _, piece := range pieces {
		for before := range 100 {
			for _, behind := range []int{0, 1, 40} {
				for _, end := range []string{"", `"`, `""`} {
					judge(t, []byte(strings.Repeat("x", before)+piece+strings.Repeat("y", behind)+end))
				}
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteString(pieces[random.IntN(len(pieces))])
			if random.IntN(3) > 0 {
				b.WriteString(strings.Repeat("z", random.IntN(20)))
			}
		}
		judge(t, []byte(b.String()))
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte(`said: \"jump over\nthe lazy dog\", left. said: \"jump over\nthe lazy dog\", left."`))
	f.Add([]byte(strings.Repeat("x", 31) + `\\"`))
	f.Fuzz(func(t *testing.T, b []byte) { judge(t, b) })
}
