package jsonx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"sluice/internal/jsonx"
)

// reference is the check in its plainest form: byte by byte, by recursion, with
// a set for the names of each object. What the scanner says must be the same.
type reference struct {
	b []byte
	i int
}

// refuse panics with a fault at a place.
func refuse(at int, what string, args ...any) {
	panic(&jsonx.SyntaxError{Offset: at, What: fmt.Sprintf(what, args...)})
}

func checkPlainly(b []byte) (fault *jsonx.SyntaxError) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *jsonx.SyntaxError:
			fault = p
		default:
			panic(p)
		}
	}()
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			refuse(i, "invalid UTF-8")
		}
		i += n
	}
	r := reference{b: b}
	r.value(0)
	r.space()
	if r.i < len(b) {
		refuse(r.i, "unexpected text after the value")
	}
	return nil
}

func (r *reference) space() {
	for r.i < len(r.b) && strings.IndexByte(" \t\r\n", r.b[r.i]) >= 0 {
		r.i++
	}
}

// next is the byte at i, 0 at the end.
func (r *reference) next() byte {
	if r.i >= len(r.b) {
		return 0
	}
	return r.b[r.i]
}

func (r *reference) value(depth int) {
	r.space()
	if r.i >= len(r.b) {
		refuse(r.i, "unexpected end")
	}
	switch c := r.b[r.i]; {
	case c == '{' || c == '[':
		if depth == jsonx.MaxDepth {
			refuse(r.i, "more than %d nested levels", jsonx.MaxDepth)
		}
		r.container(c, depth)
	case c == '"':
		r.text()
	case c == '-' || c >= '0' && c <= '9':
		r.number()
	case c == 't':
		r.word("true")
	case c == 'f':
		r.word("false")
	case c == 'n':
		r.word("null")
	default:
		refuse(r.i, "invalid character")
	}
}

func (r *reference) container(opening byte, depth int) {
	closing := map[byte]byte{'{': '}', '[': ']'}[opening]
	r.i++
	r.space()
	if r.next() == closing && r.i < len(r.b) {
		r.i++
		return
	}
	names := map[string]bool{}
	for {
		if opening == '{' {
			r.name(names)
		}
		r.value(depth + 1)
		r.space()
		switch {
		case r.i >= len(r.b):
			refuse(r.i, "unexpected end")
		case r.b[r.i] == ',':
			r.i++
			r.space()
		case r.b[r.i] == closing:
			r.i++
			return
		default:
			refuse(r.i, "expected a comma or the end of the container")
		}
	}
}

func (r *reference) name(names map[string]bool) {
	at := r.i
	if r.next() != '"' {
		refuse(at, "expected a member name")
	}
	name := r.text()
	if names[name] {
		refuse(at, "duplicate name %.40q", name)
	}
	if names[name] = true; len(names) > jsonx.MaxMembers {
		refuse(r.i, "an object of more than %d members", jsonx.MaxMembers)
	}
	r.space()
	if r.next() != ':' {
		refuse(r.i, "expected a colon")
	}
	r.i++
	r.space()
}

func (r *reference) text() string {
	var out []byte
	for r.i++; ; {
		switch c := r.next(); {
		case r.i >= len(r.b):
			refuse(r.i, "unterminated string")
		case c == '"':
			r.i++
			return string(out)
		case c < 0x20:
			refuse(r.i, "control character in a string")
		case c == '\\':
			out = r.escape(out)
		default:
			out = append(out, c)
			r.i++
		}
	}
}

func (r *reference) escape(out []byte) []byte {
	start := r.i
	r.i++
	if at := strings.IndexByte(`"\/bfnrt`, r.next()); at >= 0 && r.i < len(r.b) {
		r.i++
		return append(out, "\"\\/\b\f\n\r\t"[at])
	}
	unit := r.unit(start)
	if after := r.i; utf16.IsSurrogate(unit) && r.i+6 <= len(r.b) && string(r.b[r.i:r.i+2]) == `\u` {
		r.i++
		if pair := utf16.DecodeRune(unit, r.unit(after)); pair != utf8.RuneError {
			return utf8.AppendRune(out, pair)
		}
		r.i = after
	}
	return utf8.AppendRune(out, unit)
}

// unit reads the rest of a \u escape that begins at start.
func (r *reference) unit(start int) (unit rune) {
	if r.next() != 'u' || r.i+5 > len(r.b) {
		refuse(start, "invalid escape")
	}
	for _, c := range r.b[r.i+1 : r.i+5] {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			refuse(start, "invalid escape")
		}
		unit = unit<<4 | rune(digit)
	}
	r.i += 5
	return unit
}

func (r *reference) number() {
	start := r.i
	digits := func() {
		if c := r.next(); c < '0' || c > '9' {
			refuse(start, "invalid number")
		}
		for c := r.next(); c >= '0' && c <= '9'; c = r.next() {
			r.i++
		}
	}
	if r.next() == '-' {
		r.i++
	}
	if r.next() == '0' {
		r.i++
	} else {
		digits()
	}
	if r.next() == '.' {
		r.i++
		digits()
	}
	if r.next()|0x20 == 'e' {
		if r.i++; r.next() == '+' || r.next() == '-' {
			r.i++
		}
		digits()
	}
	if r.i-start > jsonx.MaxDigits {
		refuse(r.i, "a number of more than %d characters", jsonx.MaxDigits)
	}
}

func (r *reference) word(w string) {
	if !strings.HasPrefix(string(r.b[r.i:]), w) {
		refuse(r.i, "invalid literal")
	}
	r.i += len(w)
}

// compare fails where the scanner and the reference do not say the same.
func compare(t *testing.T, in []byte) {
	t.Helper()
	want, err := checkPlainly(in), jsonx.Check(in)
	var got *jsonx.SyntaxError
	errors.As(err, &got)
	if (want == nil) != (got == nil) || want != nil && *want != *got {
		t.Fatalf("%.200q: %v, want %v", in, got, want)
	}
	_, err = jsonx.Parse(in)
	first := strings.TrimLeft(string(in), " \t\r\n")
	if strings.HasPrefix(first, "{") {
		if errors.As(err, &got); (want == nil) != (err == nil) || want != nil && *want != *got {
			t.Fatalf("Parse of %.200q: %v, want %v", in, err, want)
		}
		return
	}
	if what := "expected a JSON object"; err == nil || utf8.Valid(in) && err.Error() != fmt.Sprintf("%s at byte %d", what, len(in)-len(first)) {
		t.Fatalf("Parse of %.200q: %v, want %s", in, err, what)
	}
}

// FuzzReference looks for texts about which the two do not agree. Texts are
// put at each place of a block too, since the scanner reads many bytes at once.
func FuzzReference(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e-3,"\u00e9\ud83d\ude00"],"b":{"c":null}}`, `{"a":1,"\u0061":2}`, "[\"\xff\"]", `["\ud83d\u0041\ud83d"]`, "[\"tab\there\"]",
		`{"role":"user","content":"Say \"hello\" to everyone\nand more: \\\\ \/ \b\f\r\t \u20ac é 你好 😀, as it has been for a while"}`,
		`"\x"`, `"\u12g4"`, `[tru]`, `{"a":}`, `{"a" 1}`, `[1}`, "\xe4\xbd", "{\"a\":1}\xff", `{"k0":0,"k1":0,"k2":0,"k3":0,"k4":0,"k5":0,"k6":0,"k7":0,"k8":0,"k9":0,"ka":0,"kb":0,"kc":0,"kd":0,"ke":0,"kf":0,"kg":0,"kh":0,"k3":0}`,
	} {
		f.Add([]byte(seed), byte(0))
	}
	f.Fuzz(func(t *testing.T, in []byte, shift byte) {
		compare(t, in)
		pad := strings.Repeat("x", int(shift%40))
		compare(t, []byte(`["`+pad+`",`+string(in)+`,"`+strings.Repeat("y", 40)+`"]`))
		compare(t, []byte(`["`+pad+string(in)+strings.Repeat("z", 40)+`"]`))
		compare(t, []byte(`{"`+pad+`":`+string(in)+`,"`+pad+`":0}`))
	})
}

// TestEveryPlace puts each byte, and what is most likely to be misread, at each
// place of a long text.
func TestEveryPlace(t *testing.T) {
	odd := []string{`\n`, `\"`, `\\`, `\\\"`, `\\\\`, `\u00e9`, `\ud83d\ude00`, `\ud83d`, `\u00g0`, `\x`, `\`, "é", "你", "😀", "\xe4\xbd", "\xc0\x80", "\xed\xa0\x80", `"`, "\\\x00", `\]`, `\o`, "\x02#", `"#`, "\\é"}
	for c := range 256 {
		odd = append(odd, string([]byte{byte(c)}))
	}
	for _, s := range odd {
		for at := range 36 {
			for _, rest := range []int{0, 1, 2, 7, 36} {
				in := `"` + strings.Repeat("a", at) + s + strings.Repeat("b", rest)
				compare(t, []byte(in))
				compare(t, []byte(in+`"`))
				compare(t, []byte(in+`é"`))
				compare(t, []byte(`{`+in+`":1,`+in+`":2}`))
			}
		}
	}
}

// TestLimitsAgree is for what is too large for the fuzzer.
func TestLimitsAgree(t *testing.T) {
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":{"a":[{}]},`, i)
		}
		return b.String()
	}
	for _, in := range []string{
		strings.Repeat("[", 129), strings.Repeat(`{"a":`, 129), strings.Repeat(`{"a":[`, 64) + "0" + strings.Repeat("]}", 64),
		strings.Repeat("[", 128) + "{}" + strings.Repeat("]", 128), "[" + strings.Repeat("1", 1024) + "]", "[-" + strings.Repeat("1", 1024) + "]",
		"{" + names(16) + `"k0":1}`, "{" + names(17) + `"k0":1}`, "{" + names(100) + `"k99":1}`, "{" + names(100) + `"x":{` + names(100) + `"k1":1},"k1":0}`,
		"{" + names(100_000) + `"k7":0}`, "{" + names(99_999) + `"x":0}`, "{" + names(100_000) + `"x":0}`, "{" + names(100_000) + "\"x\":\"\xff\"}",
		"[" + strings.Repeat("{"+names(30)+`"x":0},`, 100) + "0]", "[" + strings.Repeat("{"+names(30)+`"x":0},`, 100) + "{" + names(30) + `"k29":0}]`,
	} {
		compare(t, []byte(in))
	}
}

// talk is a chat of about size bytes in turns of a kilobyte.
func talk(size int, answer string) []byte {
	turn := `{"role":"user","content":"` + strings.Repeat(`Say \"hello\" to everyone\nand name the capital of France, please, as you did the last time we spoke. `, 9) +
		`"},{"role":"assistant","content":"` + strings.Repeat(answer, 9) + `"},`
	return []byte(`{"model":"gpt-4o-mini","messages":[` + strings.Repeat(turn, max(1, size/len(turn))) + `{"role":"user","content":"Go on."}],"temperature":0.7,"max_tokens":256}`)
}

// checked are bodies of the kinds that cost most.
var checked = []struct {
	name string
	in   []byte
}{
	{"small", body(300)},
	{"talk", talk(100<<10, `It is \"Paris\", as it has been for a while,\nand will be, unless somebody moves it; hello, everyone! `)},
	{"french", talk(100<<10, `C’est « Paris », depuis longtemps déjà,\net ça le restera, sauf si quelqu’un la déplace ; bonjour à tous ! `)},
	{"chinese", []byte(`{"a":"` + strings.Repeat("你好,世界。我们今天谈谈天气。", 2400) + `"}`)},
	{"base64", []byte(`{"a":"` + strings.Repeat("0123456789abcdef", 6400) + `"}`)},
	{"quoted", []byte(`{"a":"` + strings.Repeat(`{\"a\":\"b\",\n\\t\"path\":\"C:\\\\\"}`, 2700) + `"}`)},
	{"tools", []byte(`{"tools":[` + strings.Repeat(`{"type":"function","function":{"name":"look_up","description":"looks it up","parameters":{"type":"object","properties":{"city":{"type":"string"},"day":{"type":"string"}},"required":["city"]}}},`, 500) + `{}]}`)},
	{"numbers", []byte(`[` + strings.Repeat("-0.123456789,", 8000) + `0]`)},
}

// TestCheckIsCheap: a body becomes no garbage but for the list of its members.
func TestCheckIsCheap(t *testing.T) {
	in := body(300)
	if n := testing.AllocsPerRun(100, func() { _ = jsonx.Check(in) }); n > 0 {
		t.Errorf("Check: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = jsonx.Parse(in) }); n > 1 {
		t.Errorf("Parse: %v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, c := range checked {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			for b.Loop() {
				if err := jsonx.Check(c.in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
