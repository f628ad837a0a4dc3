package all_test

import (
	"bytes"
	"slices"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
)

// names are the dialects that can be judged against each other: what is
// written in them can be read again.
var names = slices.DeleteFunc(all.Chats(), func(name string) bool {
	d, _ := all.Find(name)
	return d.NoClients && d.Of == nil
})

// TestMatrix judges every dialect against every other, on all their fixtures
// and on the conversations; make matrix prints what it says.
func TestMatrix(t *testing.T) {
	cells, err := dialecttest.Matrix("..", all.Chats(), all.Find)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(spoken()) * len(names); len(cells) != want {
		t.Errorf("%d cells, want %d", len(cells), want)
	}
	for _, c := range cells {
		if c.Plain.Passed == 0 || c.Streamed.Passed == 0 {
			t.Errorf("nothing was judged between %s and %s", c.Client, c.Provider)
		}
		for _, fault := range c.Faults {
			t.Errorf("%s to %s: %s", c.Client, c.Provider, fault)
		}
	}
}

// spoken are the dialects that clients speak.
func spoken() (list []string) {
	for _, name := range names {
		if d, _ := all.Find(name); !d.NoClients {
			list = append(list, name)
		}
	}
	return list
}

// TestMatrixCorpus is TestMatrix on the recordings.
func TestMatrixCorpus(t *testing.T) {
	for _, from := range names {
		for _, to := range names {
			a, b := find(t, from), find(t, to)
			if a == b || a.NoClients && b.NoClients || !dialecttest.Recorded(a) {
				continue
			}
			t.Run(from+"-"+to, func(t *testing.T) {
				dialecttest.Corpus(t, a, func(t *testing.T, r *dialecttest.Recording) { carry(t, a, b, r) })
			})
		}
	}
}

// carry takes a request of a to a provider of b, and an answer of a to a client
// of b.
func carry(t *testing.T, a, b *dialect.Dialect, r *dialecttest.Recording) {
	t.Helper()
	switch {
	case a.NoClients, jsonx.KindOf(r.Request.Body) != jsonx.Composite:
	case b.Of == a:
		dialecttest.AdaptRequest(t, b, r.Request.Body)
	default:
		dialecttest.CarryRequest(t, a, b, r.Request.Body)
	}
	if b.NoClients {
		return
	}
	for _, sse := range r.Streams() {
		if !bytes.Contains(sse, []byte(`"error":{`)) {
			dialecttest.Across(t, a, b, sse)
		}
	}
	if r.Response.Status == 200 && !r.Response.Stream {
		dialecttest.CarryReply(t, b, a, r.Response.Body)
	}
}

const poison = "p01s0n"

func TestFind(t *testing.T) {
	for _, name := range names {
		if d, ok := all.Find(name); !ok || d.Name != name || d.Chat == nil {
			t.Errorf("Find(%q): %v", name, ok)
		}
	}
	if _, ok := all.Find("klingon"); ok {
		t.Error("found a dialect that does not exist")
	}
}
