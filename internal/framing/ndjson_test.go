package framing_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/framing"
)

func readLines(r io.Reader, limit int) (events []event, err error) {
	l := framing.NewLines(r, limit)
	for {
		e, err := l.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return events, err
		}
		events = append(events, event{string(e.Raw), e.Name, string(e.Data), e.Open})
	}
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []event
	}{
		{"LF", "{}\n[1]\n", []event{{"{}\n", "", "{}", false}, {"[1]\n", "", "[1]", false}}},
		{"CRLF", "{}\r\n[1]\r\n", []event{{"{}\r\n", "", "{}", false}, {"[1]\r\n", "", "[1]", false}}},
		{"blank lines", "\n{}\n \r\n\n[1]\n\n", []event{{"{}\n", "", "{}", false}, {"[1]\n", "", "[1]", false}}},
		{"no line end at the end", "{}\n[1]", []event{{"{}\n", "", "{}", false}, {"[1]", "", "[1]", true}}},
		{"cut", "{\"a", []event{{"{\"a", "", "{\"a", true}}},
		{"only blank lines", "\n\r\n ", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readLines(strings.NewReader(c.in), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLinesLimit(t *testing.T) {
	in := "1\n" + strings.Repeat("x", 100_000) + "\n2\n"
	got, err := readLines(strings.NewReader(in), 1<<20)
	if err != nil || len(got) != 3 || len(got[1].Data) != 100_000 {
		t.Fatalf("got %d lines, %v", len(got), err)
	}
	if _, err := readLines(strings.NewReader(in), 64<<10); !errors.Is(err, framing.ErrTooLarge) {
		t.Errorf("over the limit: %v, want ErrTooLarge", err)
	}
}

func TestLinesReportTheReadersError(t *testing.T) {
	broken := errors.New("reset")
	got, err := readLines(io.MultiReader(strings.NewReader("{}\n{"), iotest.ErrReader(broken)), 1<<20)
	if !errors.Is(err, broken) || len(got) != 2 || !got[1].Open {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestLinesBuffered(t *testing.T) {
	l := framing.JSONLines.NewReader(strings.NewReader("1\n2\n3"), 1<<20)
	for _, want := range []bool{true, false, false} {
		if _, err := l.Next(); err != nil || l.Buffered() != want {
			t.Errorf("buffered %v, want %v, %v", l.Buffered(), want, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("{}\r\n\n[1]\n\"x\"", []byte{0, 3, 1})
	f.Add(strings.Repeat("x", 5000)+"\ny\n", []byte{200, 7})
	f.Fuzz(func(t *testing.T, in string, cuts []byte) {
		whole, err := readLines(strings.NewReader(in), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		cut, err := readLines(&pieces{text: in, cuts: cuts}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, cut); diff != "" {
			t.Errorf("(-whole +cut)\n%s", diff)
		}
	})
}
