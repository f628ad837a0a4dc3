package jsonx_test

import (
	"strings"
	"testing"

	"sluice/internal/jsonx"
)

func TestMembers(t *testing.T) {
	names := jsonx.Names("choices", "usage")
	for _, c := range []struct {
		in             string
		ok             bool
		choices, usage string
	}{
		{`{}`, true, "", ""},
		{` { } `, true, "", ""},
		{`{"choices":[{"a":{"usage":1}},[[]],{}],"x":-1.5e+3,"usage":null}`, true, `[{"a":{"usage":1}},[[]],{}]`, "null"},
		{`{ "usage" : {"a":true,"b":false} , "choices" : "\u00e9\"\\" }`, true, `"\u00e9\"\\"`, `{"a":true,"b":false}`},
		{`{"usage":1,"usage":2}`, true, "", "1"},
		{`{"usages":1,"usag":2}`, true, "", ""},
		{``, false, "", ""},
		{`[]`, false, "", ""},
		{`{"a":1`, false, "", ""},
		{`{"a":1}x`, false, "", ""},
		{`{"a":1,}`, false, "", ""},
		{`{"a":[1,]}`, false, "", ""},
		{`{"a":[1}}`, false, "", ""},
		{`{"a" 1}`, false, "", ""},
		{`{"a":01}`, false, "", ""},
		{`{"a":1.}`, false, "", ""},
		{`{"a":.5}`, false, "", ""},
		{`{"a":1e}`, false, "", ""},
		{`{"a":tru}`, false, "", ""},
		{`{"a":"\x"}`, false, "", ""},
		{`{"a":"\u00g0"}`, false, "", ""},
		{"{\"a\":\"\n\"}", false, "", ""},
		{"{\"a\":\"\xff\"}", false, "", ""},
		{`{broken`, false, "", ""},
	} {
		out := make([]jsonx.Value, 2)
		ok := jsonx.Members([]byte(c.in), names, out)
		if ok != c.ok || ok && (string(out[0]) != c.choices || string(out[1]) != c.usage) {
			t.Errorf("%q: %v %q %q", c.in, ok, out[0], out[1])
		}
	}
}

// FuzzMembers compares with package jsonx, which is stricter only about
// duplicate names and the size of things.
func FuzzMembers(f *testing.F) {
	f.Add(`{"choices":[{"delta":{"content":"a\n"}}],"usage":null}`)
	f.Add(`{"a":[[[{"b":[1,-2.5e-3,true,null,"x"]}]]],"usage":{}}`)
	names := jsonx.Shape{
		{Name: "choices", Slot: 0, First: jsonx.Shape{{Name: "b", Slot: 2}, {Name: "usage", Slot: 3}}},
		{Name: "usage", Slot: 1, Inside: jsonx.Shape{{Name: "b", Slot: 4, Inside: jsonx.Names("x")}}},
	}
	paths := [][]string{{"choices"}, {"usage"}, {"choices", "0", "b"}, {"choices", "0", "usage"}, {"usage", "b"}}
	f.Fuzz(func(t *testing.T, in string) {
		out := make([]jsonx.Value, len(paths))
		ok := jsonx.Members([]byte(in), names, out)
		_, err := jsonx.Parse([]byte(in))
		if err == nil && !ok {
			t.Fatalf("refused %q", in)
		}
		if err != nil {
			if ok && jsonx.Check([]byte(in)) != nil && !tolerated(err) {
				t.Fatalf("accepted %q: %v", in, err)
			}
			return
		}
		for i, path := range paths {
			want := jsonx.At([]byte(in), path...)
			if len(path) > 1 && path[1] == "0" != (jsonx.KindOf(jsonx.At([]byte(in), path[0])) == jsonx.Array) {
				want = nil // a position is one in an array, and a name none
			}
			if string(want) != string(out[i]) && len(out[i]) > 0 {
				t.Errorf("%v of %q: %q, want %q", path, in, out[i], want)
			}
			if len(out[i]) == 0 && want != nil && !strings.Contains(in, `\`) {
				t.Errorf("%v of %q: not found, want %q", path, in, want)
			}
		}
	})
}

// tolerated are the refusals of package jsonx that Members does not share.
func tolerated(err error) bool {
	for _, what := range []string{"duplicate name", "a number of more than", "an object of more than"} {
		if strings.Contains(err.Error(), what) {
			return true
		}
	}
	return false
}

func BenchmarkMembers(b *testing.B) {
	names, out := jsonx.Names("choices", "usage"), make([]jsonx.Value, 2)
	for _, c := range checked {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			for b.Loop() {
				jsonx.Members(c.in, names, out)
			}
		})
	}
}
