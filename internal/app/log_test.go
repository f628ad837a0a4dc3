package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"sluice/internal/llm"
	"sluice/internal/server"
)

// stuck is an output nobody reads until it is let go.
type stuck struct {
	bytes.Buffer
	letGo chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.letGo
	return s.Buffer.Write(p)
}

// TestLinesNeverWait: past the queue lines are dropped and counted (R45).
func TestLinesNeverWait(t *testing.T) {
	out := &stuck{letGo: make(chan struct{})}
	l := newLines(out)
	const more = 20_000                // beyond the queue, and beyond what is being written
	for i := range queued + more + 1 { // at least one is
		l.text(fmt.Sprintf("line %d\n", i))
	}
	dropped := l.dropped.Load()
	if held, limit, lost := l.fill(); held != limit || limit != queued || lost != dropped { // R32
		t.Errorf("%d of %d wait, %d are lost", held, limit, lost)
	}
	close(out.letGo)
	l.close()
	written := strings.Count(out.String(), "line ")
	if dropped == 0 || written+int(dropped) != queued+more+1 {
		t.Errorf("%d were written, %d dropped", written, dropped)
	}
	if want := fmt.Sprintf("sluice: %d log lines were dropped\n", dropped); !strings.HasSuffix(out.String(), want) {
		t.Errorf("it ends with %q, want %q", out.String()[out.Len()-60:], want)
	}
	if !strings.HasPrefix(out.String(), "line 0\nline 1\n") {
		t.Error("the order is lost")
	}
}

func TestLinesAfterTheEnd(t *testing.T) {
	var out bytes.Buffer
	l := newLines(&out)
	l.text("one\n")
	l.close()
	l.text("two\n") // of a request that was cut
	if out.String() != "one\n" {
		t.Errorf("%q", out.String())
	}
}

// TestPlainLines are for a person at a terminal: one line a record, whatever is
// in it (S51).
func TestPlainLines(t *testing.T) {
	var out bytes.Buffer
	h := plainHandler{&out}
	r := slog.NewRecord(time.Date(2026, 11, 24, 12, 30, 0, 0, time.UTC), slog.LevelInfo, "request", 0)
	r.AddAttrs(slog.String("method", "POST"), slog.String("path", "/v1/\n\x1b[31m"), slog.Int("status", 200), slog.String("model", strings.Repeat("m", 300)),
		slog.String("outcome", "canceled"), slog.Int64("ms", 12))
	if err := h.Handle(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	if want := "12:30:00 POST /v1/??[31m 200 " + strings.Repeat("m", 256) + " outcome=canceled 12ms\n"; out.String() != want {
		t.Errorf("%q\nwant %q", out.String(), want)
	}
	if h.Enabled(context.Background(), slog.LevelDebug) {
		t.Error("debug lines are shown")
	}
}

// full is a line with everything but what only failures have.
func full() server.Line {
	return server.Line{
		Time: time.Now(), Method: "POST", Path: "/v1/chat/completions", Status: 200, Provider: "openai", Target: "config", Model: "gpt-4o-mini",
		Usage: &llm.Usage{Input: 60, Output: -120}, Took: 1234 * time.Millisecond, Trace: "5XKQJ7Y2",
	}
}

// TestJSONLines: the short way to a line and slog's own lead to the same bytes.
func TestJSONLines(t *testing.T) {
	var all []server.Line
	add := func(change func(*server.Line)) {
		l := full()
		change(&l)
		all = append(all, l)
	}
	texts := []string{"", "\xff", "\u2028 \u2029 \ufffd", "<a href='x'>&", strings.Repeat("m", 1000), "$1 {} [] /"}
	for c := range rune(0x180) {
		texts = append(texts, "a"+string(c)+"b")
	}
	for _, s := range texts {
		for _, field := range []func(*server.Line) *string{
			func(l *server.Line) *string { return &l.Method }, func(l *server.Line) *string { return &l.Path }, func(l *server.Line) *string { return &l.Provider },
			func(l *server.Line) *string { return &l.Target }, func(l *server.Line) *string { return &l.Model }, func(l *server.Line) *string { return &l.Error },
			func(l *server.Line) *string { return (*string)(&l.Class) }, func(l *server.Line) *string { return &l.Outcome }, func(l *server.Line) *string { return &l.Trace },
		} {
			add(func(l *server.Line) { *field(l) = s })
		}
	}
	for _, at := range []time.Time{{}, time.Now().UTC(), time.Unix(0, 0), time.Unix(1, 500), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", -3600))} {
		add(func(l *server.Line) { l.Time = at })
	}
	for n := range 3 {
		add(func(l *server.Line) { l.Attempts = n })
	}
	add(func(l *server.Line) { l.Usage = nil })
	add(func(l *server.Line) { l.Usage.Input, l.Status, l.Took = math.MinInt64, 0, 0 })
	for _, line := range all {
		var got, want bytes.Buffer
		l := newLines(&got)
		l.handler().(server.Journal).Request(line)
		l.close()
		if err := slog.NewJSONHandler(&want, nil).Handle(t.Context(), line.Record()); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%s\nwant %s", got.String(), want.String())
		}
	}
}

// TestLineIsCheap: a line is copied to those that wait, and that is all.
func TestLineIsCheap(t *testing.T) {
	l := newLines(io.Discard)
	defer l.close()
	h, line := l.handler().(server.Journal), full()
	if n := testing.AllocsPerRun(100, func() { h.Request(line) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLine(b *testing.B) {
	l := newLines(io.Discard)
	defer l.close()
	line := full()
	b.Run("ours", func(b *testing.B) {
		h := l.handler().(server.Journal)
		b.ReportAllocs()
		for b.Loop() {
			h.Request(line)
		}
	})
	b.Run("slog", func(b *testing.B) {
		h := slog.NewJSONHandler(l, nil)
		b.ReportAllocs()
		for b.Loop() {
			_ = h.Handle(b.Context(), line.Record())
		}
	})
}
