package jsonx_test

import (
	"bytes"
	jsonv1 "encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"sluice/internal/jsonx"
)

func TestCheck(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	manyKeys := func(n int, extra string) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			fmt.Fprintf(&b, `"k%d":0,`, i)
		}
		return b.String() + extra + "}"
	}
	for _, c := range []struct{ name, in, problem string }{
		{"object", `{"a":[1,-2.5e+7,"x\n\u00e9",true,false,null,{}],"b":{}}`, ""},
		{"spaces", " \t\r\n{ \"a\" : [ ] } \n", ""},
		{"big numbers stay", `{"seed":18446744073709551616,"x":1e400}`, ""},
		{"same name in different objects", `{"a":{"a":{"a":1}},"b":{"a":1}}`, ""},
		{"20 names", manyKeys(20, `"z":1`), ""},
		{"depth 128", deep(128), ""},
		{"empty", ``, "unexpected end at byte 0"},
		{"cut", `{"a":`, "unexpected end at byte 5"},
		{"two values", `{} {}`, "unexpected text after the value at byte 3"},
		{"trailing comma", `{"a":1,}`, "expected a member name at byte 7"},
		{"NaN", `{"a":NaN}`, "invalid character at byte 5"},
		{"leading zero", `[01]`, "expected a comma or the end of the container at byte 2"},
		{"control character", "[\"a\x01\"]", "control character in a string at byte 3"},
		{"bad escape", `["\x"]`, "invalid escape at byte 2"},
		{"bad UTF-8", "[\"\xff\"]", "invalid UTF-8 at byte 2"},
		{"duplicate", `{"model":"a","model":"b"}`, `duplicate name "model" at byte 13`},
		{"duplicate, escaped", `{"model":"a","mod\u0065l":"b"}`, `duplicate name "model" at byte 13`},
		{"duplicate, nested", `{"a":[{"b":1,"b":2}]}`, `duplicate name "b" at byte 13`},
		{"duplicate among many", manyKeys(40, `"k7":1`), `duplicate name "k7"`},
		{"depth 129", deep(129), "more than 128 nested levels at byte 128"},
		{"long number", "[" + strings.Repeat("1", 1025) + "]", "a number of more than 1024 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := jsonx.Check([]byte(c.in))
			switch {
			case c.problem == "" && err != nil:
				t.Errorf("Check(%.60s) = %v, want nil", c.in, err)
			case c.problem != "" && (err == nil || !strings.HasPrefix(err.Error(), c.problem)):
				t.Errorf("Check(%.60s) = %v, want %s", c.in, err, c.problem)
			}
		})
	}
}

func TestObjectEdits(t *testing.T) {
	const text = `{ "model" : "a", "n":1e400, "x":{"y":[1, 2]} }`
	for _, c := range []struct {
		name string
		edit func(*jsonx.Object)
		want string
	}{
		{"none", func(*jsonx.Object) {}, text},
		{"replace keeps everything between", func(o *jsonx.Object) { o.Set("model", jsonx.Quote("b")) }, `{ "model" : "b", "n":1e400, "x":{"y":[1, 2]} }`},
		{"delete", func(o *jsonx.Object) { o.Delete("model") }, `{"n":1e400,"x":{"y":[1, 2]}}`},
		{"add", func(o *jsonx.Object) { o.Set("k", jsonx.Value("true")) }, `{"model" : "a","n":1e400,"x":{"y":[1, 2]},"k":true}`},
		{"delete and add again", func(o *jsonx.Object) { o.Delete("n"); o.Set("n", jsonx.Value("2")) }, `{"model" : "a","x":{"y":[1, 2]},"n":2}`},
		{"names match exactly", func(o *jsonx.Object) { o.Delete("Model") }, text},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := jsonx.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			c.edit(&o)
			if got := string(o.Bytes()); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if err := jsonx.Check(o.Bytes()); err != nil {
				t.Errorf("the result is not JSON: %v", err)
			}
		})
	}
}

func TestCloneIsApart(t *testing.T) {
	o, _ := jsonx.Parse([]byte(`{"a":1}`))
	c := o.Clone()
	c.Set("a", jsonx.Value("2"))
	c.Set("b", jsonx.Value("3"))
	if got := string(o.Bytes()); got != `{"a":1}` {
		t.Errorf("the original became %s", got)
	}
	d := o.Clone()
	o.Set("a", jsonx.Value("4"))
	o.Delete("a")
	if got := string(d.Bytes()); got != `{"a":1}` {
		t.Errorf("the clone became %s", got)
	}
}

func TestParseWantsAnObject(t *testing.T) {
	for _, in := range []string{`[]`, `5`, `null`, `"x"`, ``} {
		if _, err := jsonx.Parse([]byte(in)); err == nil {
			t.Errorf("Parse(%q) accepted", in)
		}
	}
}

func TestAt(t *testing.T) {
	v := jsonx.Value(`{"a":{"b":[10,{"c":"d\u00e9"}]}}`)
	if s, ok := jsonx.Text(jsonx.At(v, "a", "b", "1", "c")); !ok || s != "dé" {
		t.Errorf("got %q, %v", s, ok)
	}
	for _, path := range [][]string{{"x"}, {"a", "b", "2"}, {"a", "b", "-1"}, {"a", "b", "0", "c"}} {
		if got := jsonx.At(v, path...); got != nil {
			t.Errorf("At(%v) = %s, want nothing", path, got)
		}
	}
}

// FuzzAt: what At finds is what walking down step by step finds.
func FuzzAt(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"c"} , [ ] ],"d\n":{"":null , "e" : -1.5e3}}`))
	f.Add([]byte(` [[[0]],"x",{"a":{"b":[true,{}]}}]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if jsonx.Check(in) != nil {
			return
		}
		in = bytes.Trim(in, " \t\r\n")
		steps(t, in, in, nil)
	})
}

// steps compares all places of a value, which is found in root by a path.
func steps(t *testing.T, root, v jsonx.Value, path []string) {
	t.Helper()
	if got := jsonx.At(root, path...); string(got) != string(v) || (got == nil) != (v == nil) {
		t.Fatalf("%q of %q: %q, want %q", path, root, got, v)
	}
	n := 0
	for e := range jsonx.Elements(v) {
		steps(t, root, e, append(path[:len(path):len(path)], strconv.Itoa(n)))
		n++
	}
	nothing := append(path[:len(path):len(path)], strconv.Itoa(n))
	o, err := jsonx.Parse(v)
	if err == nil {
		for name, e := range o.All() {
			steps(t, root, e, append(path[:len(path):len(path)], name))
		}
		if o.Get(strconv.Itoa(n)) != nil {
			return
		}
	}
	if got := jsonx.At(root, nothing...); got != nil {
		t.Fatalf("%q of %q: %q, want nothing", nothing, root, got)
	}
}

// TestQuoteEverywhere has each byte of ASCII at each place of a word.
func TestQuoteEverywhere(t *testing.T) {
	for c := range byte(0x80) {
		for at := range 20 {
			s := strings.Repeat("x", at) + string(rune(c)) + strings.Repeat("\x7f", 19-at)
			quoted := jsonx.Quote(s)
			if err := jsonx.Check(quoted); err != nil {
				t.Fatalf("%q: %v", quoted, err)
			}
			if got, _ := jsonx.Text(quoted); got != s {
				t.Fatalf("%q became %q", s, got)
			}
		}
	}
}

func TestQuoteRoundTrip(t *testing.T) {
	for _, s := range []string{"", "plain", "a\"b\\c\n\r\t\x00\x1f", "é 😀 \u2028"} {
		if got, ok := jsonx.Text(jsonx.Quote(s)); !ok || got != s {
			t.Errorf("Text(Quote(%q)) = %q", s, got)
		}
	}
	if got, _ := jsonx.Text(jsonx.Value(`"\ud83d\ude00 \ud83d"`)); got != "😀 \ufffd" {
		t.Errorf("surrogates gave %q", got)
	}
}

// FuzzCheck holds our scanner against the strict reader of json/v2.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e-3,"\u00e9\ud83d\ude00"],"b":{"c":null}}`, `[[[]]]`, `{"a":1,"a":2}`, "\"\xff\"", `-0.0e+1`, `{"a" :1 , "b":"\n"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours := jsonx.Check(b)
		theirs := jsontext.Value(b).IsValid()
		if (ours == nil) != theirs && !known(b, ours) {
			t.Errorf("Check(%q) = %v, json/v2 valid: %v", b, ours, theirs)
		}
		o, err := jsonx.Parse(b)
		if err != nil {
			return
		}
		o.Set("added by us", jsonx.Value("1"))
		if err := jsonx.Check(o.Bytes()); err != nil {
			t.Errorf("after an edit %q: %v", o.Bytes(), err)
		}
	})
}

// known are the places where we mean to differ: lone surrogates in escapes
// pass through us as the bytes they are, and our limits are tighter.
func known(b []byte, ours error) bool {
	if ours == nil {
		return strings.Contains(string(b), `\u`)
	}
	return strings.Contains(ours.Error(), "more than") || strings.Contains(string(b), `\u`)
}

func body(size int) []byte {
	text := strings.Repeat(`Explain the seam between two systems in a few words, naïvely, and say \"why\" it is there at all.\n`, size/100)
	return []byte(`{"model":"gpt-4o","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"` + text + `"}],"temperature":0.2,"stream":true}`)
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []int{300, 10_000, 1_000_000} {
		in := body(size)
		b.Run(fmt.Sprint("jsonx/", size), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jsonx.Parse(in); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("jsontext/", size), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if !jsontext.Value(in).IsValid() {
					b.Fatal("invalid")
				}
			}
		})
		b.Run(fmt.Sprint("v2-any/", size), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				var v map[string]any
				if err := jsonx.Unmarshal(in, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("v1-any/", size), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				var v map[string]any
				if err := jsonv1.Unmarshal(in, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func parse(t *testing.T, s string) jsonx.Object {
	t.Helper()
	o, err := jsonx.Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestTake(t *testing.T) {
	o := parse(t, `{"a":1,"b":null,"c":[2],"d":"x"}`)
	whole := o.Clone()
	for _, c := range []struct{ name, want string }{{"a", "1"}, {"a", ""}, {"b", ""}, {"c", "[2]"}, {"e", ""}} {
		if got := o.Take(c.name); string(got) != c.want {
			t.Errorf("took %q of %s, want %q", got, c.name, c.want)
		}
	}
	if got := string(o.Bytes()); got != `{"b":null,"d":"x"}` {
		t.Errorf("left %s", got)
	}
	if got := string(whole.Bytes()); got != `{"a":1,"b":null,"c":[2],"d":"x"}` {
		t.Errorf("the clone became %s", got)
	}
}

// TestFinder: what Parse finds in a text that is right.
func TestFinder(t *testing.T) {
	var f jsonx.Finder
	for _, s := range []string{
		`{}`, `{ }`, `{"a":1}`, ` {"a":1}`[1:], `{ "a" : {"b":[1,{"c":2}]} , "d\u0065" : "}" ,"":null}`,
		`{"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7,"8":8,"9":9,"10":10}`,
	} {
		want := parse(t, s)
		got, ok := f.Object(jsonx.Value(s))
		if !ok || string(got.Bytes()) != s || got.Len() != want.Len() {
			t.Errorf("%s: %v, %s", s, ok, got.Bytes())
		}
		for name, v := range want.All() {
			if string(got.Get(name)) != string(v) {
				t.Errorf("%s: %q is %s", s, name, got.Get(name))
			}
		}
		got.Set("new", jsonx.Value("0")) // the members of the next object are elsewhere
	}
	for _, s := range []string{``, `null`, `[1]`, `"{}"`, `{"a"`, `{"a":`, `{a}`} {
		if _, ok := f.Object(jsonx.Value(s)); ok {
			t.Errorf("%s is an object", s)
		}
	}
}
