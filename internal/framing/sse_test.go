package framing_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/framing"
)

// event is framing.Event without its borrowed bytes.
type event struct {
	Raw, Name, Data string
	Open            bool
}

func readAll(r io.Reader, limit int) (events []event, err error) {
	s := framing.NewSSE(r, limit)
	for {
		e, err := s.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return events, err
		}
		events = append(events, event{string(e.Raw), e.Name, string(e.Data), e.Open})
	}
}

func TestSSE(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []event
	}{
		{"LF", "data: a\n\ndata: b\n\n", []event{{"data: a\n\n", "", "a", false}, {"data: b\n\n", "", "b", false}}},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []event{{"data: a\r\n\r\n", "", "a", false}, {"data: b\r\n\r\n", "", "b", false}}},
		{"CR", "data: a\r\rdata: b\r\r", []event{{"data: a\r\r", "", "a", false}, {"data: b\r\r", "", "b", false}}},
		{"mixed", "data: a\n\r\ndata: b\r\n\n", []event{{"data: a\n\r\n", "", "a", false}, {"data: b\r\n\n", "", "b", false}}},
		{"name, id, retry, unknown", "event: x\nid: 1\nretry: 5\nfoo: bar\ndata:a\n\n", []event{{"event: x\nid: 1\nretry: 5\nfoo: bar\ndata:a\n\n", "x", "a", false}}},
		{"several data lines", "data: a\ndata:  b\ndata\n\n", []event{{"data: a\ndata:  b\ndata\n\n", "", "a\n b\n", false}}},
		{"comments", ": hi\n\n\n: ho\ndata: a\n\n", []event{{": hi\n\n", "", "", false}, {"\n: ho\ndata: a\n\n", "", "a", false}}},
		{"byte order mark", "\ufeffdata: a\n\n", []event{{"\ufeffdata: a\n\n", "", "a", false}}},
		{"no blank line at the end", "data: a\n\ndata: b\n", []event{{"data: a\n\n", "", "a", false}, {"data: b\n", "", "b", true}}},
		{"no line end at the end", "data: b", []event{{"data: b", "", "b", true}}},
		{"event without data", "event: ping\n\n", []event{{"event: ping\n\n", "ping", "", false}}},
		{"only blank lines", "\n\r\n\r", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAll(strings.NewReader(c.in), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSSELargeEvents(t *testing.T) {
	large := "data: " + strings.Repeat("x", 100_000)
	in := "data: a\n\n" + large + "\n" + large + "\n\ndata: b\n\n"
	got, err := readAll(strings.NewReader(in), 1<<20)
	if err != nil || len(got) != 3 || len(got[1].Data) != 2*(len(large)-6)+1 {
		t.Fatalf("got %d events, %v", len(got), err)
	}
	if _, err := readAll(strings.NewReader(in), 64<<10); !errors.Is(err, framing.ErrTooLarge) {
		t.Errorf("over the limit: %v, want ErrTooLarge", err)
	}
}

func TestSSEReportsTheReadersError(t *testing.T) {
	broken := errors.New("reset")
	got, err := readAll(io.MultiReader(strings.NewReader("data: a\n\ndata: {\"b"), iotest.ErrReader(broken)), 1<<20)
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	want := []event{{"data: a\n\n", "", "a", false}, {"data: {\"b", "", "{\"b", true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// pieces cuts a text into reads of the sizes that cuts give, in turn.
type pieces struct {
	text string
	cuts []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.text == "" {
		return 0, io.EOF
	}
	size := 1
	if len(p.cuts) > 0 {
		size = 1 + int(p.cuts[p.n%len(p.cuts)])
		p.n++
	}
	n := copy(b, p.text[:min(size, len(p.text))])
	p.text = p.text[n:]
	return n, nil
}

// meaning is what does not depend on where the reads were cut: an LF that
// follows a CR may be counted to this event or to the next.
func meaning(events []event) (out []event, all string) {
	for _, e := range events {
		all += e.Raw
		e.Raw = ""
		out = append(out, e)
	}
	return out, all
}

func FuzzSSE(f *testing.F) {
	f.Add("data: a\r\n\r\n: c\ndata: b\r\rdata: c\n\n", []byte{0, 3, 1})
	f.Add("\ufeffevent: x\ndata: {\"é\":1}\n\ndata: [DONE]", []byte{0})
	f.Add("data: "+strings.Repeat("x", 5000)+"\ndata: y\n\n", []byte{200, 7})
	f.Fuzz(func(t *testing.T, in string, cuts []byte) {
		whole, err := readAll(strings.NewReader(in), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		cut, err := readAll(&pieces{text: in, cuts: cuts}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		a, bytesA := meaning(whole)
		b, bytesB := meaning(cut)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("cutting the reads changed the events (-whole +cut)\n%s", diff)
		}
		if !strings.HasPrefix(in, bytesA) || !strings.HasPrefix(in, bytesB) {
			t.Errorf("bytes were lost or changed: %q and %q of %q", bytesA, bytesB, in)
		}
	})
}

var chunk = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}` + "\n\n"

func drain(in []byte) {
	s := framing.NewSSE(bytes.NewReader(in), 1<<20)
	for {
		if _, err := s.Next(); err != nil {
			return
		}
	}
}

// TestSSEAllocatesNothing but itself and its buffer, for however many events.
func TestSSEAllocatesNothing(t *testing.T) {
	in := bytes.Repeat([]byte(chunk), 500)
	if n := testing.AllocsPerRun(100, func() { drain(in) }); n > 3 { // a reader for the test
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSSE(b *testing.B) {
	in := bytes.Repeat([]byte(chunk), 50)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		drain(in)
	}
}
