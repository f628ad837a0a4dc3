package all_test

import (
	"bytes"
	"testing"

	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
)

var names = all.Chats()

// TestMatrix judges every dialect against every other, on all their fixtures
// and on the conversations; make matrix prints what it says.
func TestMatrix(t *testing.T) {
	cells, err := dialecttest.Matrix("..", all.Chats(), all.Find)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(names) * len(names); len(cells) != want {
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

// TestMatrixCorpus is TestMatrix on the recordings.
func TestMatrixCorpus(t *testing.T) {
	for _, from := range names {
		for _, to := range names {
			if from == to {
				continue
			}
			t.Run(from+"-"+to, func(t *testing.T) {
				a, b := find(t, from), find(t, to)
				dialecttest.Corpus(t, a, func(t *testing.T, r *dialecttest.Recording) {
					if jsonx.KindOf(r.Request.Body) == jsonx.Composite {
						dialecttest.CarryRequest(t, a, b, r.Request.Body)
					}
					for _, sse := range r.Streams() {
						if !bytes.Contains(sse, []byte(`"error":{`)) {
							dialecttest.Across(t, a, b, sse)
						}
					}
					if r.Response.Status == 200 && !r.Response.Stream {
						dialecttest.CarryReply(t, b, a, r.Response.Body)
					}
				})
			})
		}
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
