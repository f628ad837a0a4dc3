package dialecttest

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/llm"
)

// Fuzz feeds a dialect's stream decoder with anything. Whatever comes, it does
// not panic, its events fold, a failure is an *llm.Error, and where the bytes
// were cut changes nothing (L9). The seeds are the streams of the fixtures.
func Fuzz(f *testing.F, d *dialect.Dialect) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range a.Files {
			if part.Name == "stream.sse" {
				f.Add(Wire(d, part.Data), byte(3))
			}
		}
	}
	f.Fuzz(func(t *testing.T, sse []byte, size byte) {
		_, whole, err := decode(d, bytes.NewReader(sse))
		if e := new(llm.Error); err != nil && !errors.As(err, &e) {
			t.Fatalf("%v in %s", err, sse)
		}
		_, cut, errCut := decode(d, &pieces{rest: sse, size: int(size) + 1})
		if (err == nil) != (errCut == nil) {
			t.Fatalf("whole: %v, in pieces: %v", err, errCut)
		}
		if err != nil {
			return
		}
		whole.Created, cut.Created = 1, 1 // not the clock
		a, _, errA := d.Chat.EncodeReply(whole, dialect.Reply{Strict: true})
		b, _, errB := d.Chat.EncodeReply(cut, dialect.Reply{Strict: true})
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Fatalf("whole %s (%v), in pieces %s (%v)", a, errA, b, errB)
		}
	})
}
