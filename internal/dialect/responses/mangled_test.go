package responses_test

import (
	"errors"
	"io"
	"math/rand"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/dialect/responses"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

// mangles is how many broken streams TestMangled makes.
const mangles = 1000

// TestMangled reads streams whose events come out of order, twice, not at all
// or for the wrong item. Whatever comes, nothing panics, the events fold, a
// failure is an *llm.Error, and what is written of it can be read again.
func TestMangled(t *testing.T) {
	streams := fixtureStreams(t)
	rng := rand.New(rand.NewSource(1))
	whole := 0
	for range mangles {
		sse := strings.Join(mangle(rng, streams), "")
		out, err := translate(t, sse)
		if e := new(llm.Error); err != nil && !errors.As(err, &e) {
			t.Fatalf("%v in\n%s", err, sse)
		}
		if err != nil {
			continue
		}
		whole++
		if _, err := translate(t, out); err != nil {
			t.Fatalf("%v in\n%s\nmade of\n%s", err, out, sse)
		}
	}
	if whole == 0 {
		t.Error("no stream came through")
	}
}

func fixtureStreams(t *testing.T) [][]string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var streams [][]string
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if f.Name == "stream.sse" {
				streams = append(streams, strings.SplitAfter(string(f.Data), "\n\n"))
			}
		}
	}
	return streams
}

func mangle(rng *rand.Rand, streams [][]string) []string {
	s := append([]string(nil), streams[rng.Intn(len(streams))]...)
	for range 1 + rng.Intn(6) {
		i := rng.Intn(len(s))
		switch rng.Intn(5) {
		case 0:
			s[i] = ""
		case 1:
			j := rng.Intn(len(s))
			s[i], s[j] = s[j], s[i]
		case 2:
			other := streams[rng.Intn(len(streams))]
			s[i] = other[rng.Intn(len(other))]
		case 3:
			s[i] = strings.Replace(s[i], `"output_index":0`, `"output_index":1`, 1)
		case 4:
			s[i] = strings.Replace(s[i], `"content_index":0`, `"content_index":3`, 1)
		}
	}
	return s
}

// translate reads a stream and writes it again.
func translate(t *testing.T, sse string) (string, error) {
	t.Helper()
	frames := framing.NewSSE(strings.NewReader(sse), 1<<20)
	dec, enc := responses.Dialect.Chat.NewDecoder(), responses.Dialect.Chat.NewEncoder(dialect.Reply{})
	var fold llm.Fold
	var out []byte
	add := func(events []llm.Event, err error) error {
		for i := range events {
			if err := fold.Add(&events[i]); err != nil {
				t.Fatalf("%v in\n%s", err, sse)
			}
			out = enc.Encode(out, &events[i])
		}
		return err
	}
	for {
		ev, err := frames.Next()
		if errors.Is(err, io.EOF) {
			return string(out), add(dec.End())
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := add(dec.Decode(ev)); err != nil {
			return "", err
		}
	}
}
