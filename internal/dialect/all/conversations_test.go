package all_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
)

// TestConversations plays the conversations of the vocabulary; see
// testdata/conversations/README.md.
func TestConversations(t *testing.T) { play(t, "testdata/conversations/*.txtar") }

func play(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%d conversations, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			talk, err := dialecttest.NewTalk(a, all.Find)
			if err != nil {
				t.Fatal(err)
			}
			talk.Run()
			for _, err := range append(talk.Plain, talk.Streamed...) {
				t.Error(err)
			}
		})
	}
}
