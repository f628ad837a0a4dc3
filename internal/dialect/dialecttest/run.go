package dialecttest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
)

// fewest is how many fixtures a dialect must bring.
const fewest = 12

// Run judges a dialect on testdata/*.txtar and on the corpus. An archive holds
// request.json, reply.json and stream.sse, or some of them; a reply and a
// stream in one archive are the same answer.
func Run(t *testing.T, d *dialect.Dialect) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < fewest {
		t.Errorf("%d fixtures, want at least %d", len(files), fewest)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := make(map[string][]byte)
			for _, f := range a.Files {
				parts[f.Name] = f.Data
			}
			fixture(t, d, parts)
		})
	}
	t.Run("corpus", func(t *testing.T) { corpus(t, d) })
}

func fixture(t *testing.T, d *dialect.Dialect, parts map[string][]byte) {
	t.Helper()
	judged := false
	if body, ok := parts["request.json"]; ok {
		judged = true
		Request(t, d, body)
	}
	reply, whole := parts["reply.json"]
	if whole {
		judged = true
		Reply(t, d, reply)
	}
	if sse, ok := parts["stream.sse"]; ok {
		judged = true
		sse = Wire(d, sse)
		folded := Stream(t, d, sse)
		if whole && folded != nil {
			sameAnswer(t, d, reply, folded)
		}
		Cuts(t, d, sse)
	}
	if !judged {
		t.Error("nothing in this archive was judged")
	}
}
