package jsonx_test

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/jsonx"
)

// TestFinderMemory: objects that share a Finder's memory do not share their members, and
// after Reset others take their place.
func TestFinderMemory(t *testing.T) {
	var f jsonx.Finder
	for round := range 3 {
		var all []jsonx.Object
		for i := range 40 { // more than there is room for at once
			text := fmt.Sprintf(`{"round":%d,"i":%d,"x":{"y":[1,2]}}`, round, i)
			o, err := f.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			inner, ok := f.Object(o.Get("x"))
			if !ok {
				t.Fatal("no object")
			}
			inner.Set("z", jsonx.Value("3"))
			o.Set("added", inner.Bytes())
			all = append(all, o)
		}
		for i := range all {
			if want := fmt.Sprintf(`{"round":%d,"i":%d,"x":{"y":[1,2]},"added":{"y":[1,2],"z":3}}`, round, i); string(all[i].Bytes()) != want {
				t.Fatalf("%s, want %s", all[i].Bytes(), want)
			}
		}
		f.Reset()
	}
	large := `{"a":[` + strings.Repeat("1,", 1000) + "1]}"
	if n := testing.AllocsPerRun(100, func() { _, _ = f.Parse([]byte(large)); f.Reset() }); n > 1 { // the text
		t.Errorf("%v allocations", n)
	}
	if _, err := f.Parse([]byte(`{"a":1,"a":2}`)); err == nil {
		t.Error("a name that is there twice was taken")
	}
}
