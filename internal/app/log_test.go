package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"sluice/internal/secret"
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
	const more = 20_000                // beyond the queue, and beyond what waits to be written with one call
	for i := range queued + more + 1 { // one is being written
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

// of makes a record of a request with one more attribute.
func of(more slog.Attr) slog.Record {
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
	r.AddAttrs(slog.String("method", "POST"), slog.String("path", "/v1/chat/completions"), slog.Int("status", 200), slog.String("provider", "openai"), slog.String("target", "config"),
		slog.String("model", "gpt-4o-mini"), slog.Int64("input_tokens", 60), slog.Int64("output_tokens", -120), slog.Int64("ms", 1234), more, slog.String("trace", "5XKQJ7Y2"))
	return r
}

// TestJSONLines: the short way to a line and slog's own lead to the same bytes.
func TestJSONLines(t *testing.T) {
	var records []slog.Record
	for c := range rune(0x180) {
		records = append(records, of(slog.String("x", "a"+string(c)+"b")), of(slog.String("a"+string(c), "b")))
	}
	for _, s := range []string{"", "\xff", "\u2028 \u2029 \ufffd", "<a href='x'>&", strings.Repeat("m", 1000), "$1 {} [] /"} {
		records = append(records, of(slog.String("x", s)))
	}
	records = append(records, of(slog.Attr{}), of(slog.Any("x", secret.New("k"))), of(slog.Any("x", errors.New("a \"fault\""))), of(slog.Any("x", nil)), of(slog.Bool("x", true)),
		of(slog.Float64("x", 0.5)), of(slog.Uint64("x", 1<<63)), of(slog.Duration("x", time.Second)), of(slog.Time("x", time.Now())), of(slog.Group("x", "y", 1)), of(slog.Int64("", 0)), of(slog.String("", "")),
		of(slog.Int64("x", math.MinInt64)), of(slog.Any("value", []byte("stack"))))
	for _, at := range []time.Time{{}, time.Now().UTC(), time.Unix(0, 0), time.Unix(1, 500), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", -3600))} {
		r := of(slog.Int("x", 1))
		r.Time = at
		records = append(records, r)
	}
	for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn + 1, slog.LevelInfo + 3} {
		r := of(slog.Int("x", 1))
		r.Level, r.Message = level, "a \"message\""
		records = append(records, r)
		r.Message = "plain"
		records = append(records, r)
	}
	for _, r := range records {
		var got, want bytes.Buffer
		l := newLines(&got)
		err := l.handler().Handle(t.Context(), r.Clone())
		l.close()
		if wrong := slog.NewJSONHandler(&want, nil).Handle(t.Context(), r.Clone()); wrong != nil || err != nil {
			t.Fatal(wrong, err)
		}
		if got.String() != want.String() {
			t.Errorf("%s\nwant %s", got.String(), want.String())
		}
	}
}

// TestLineIsCheap: what every request pays is the copy that waits.
func TestLineIsCheap(t *testing.T) {
	l := newLines(io.Discard)
	defer l.close()
	h, r := l.handler(), of(slog.Int("attempts", 2))
	if n := testing.AllocsPerRun(100, func() { _ = h.Handle(context.Background(), r) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLine(b *testing.B) {
	l := newLines(io.Discard)
	defer l.close()
	for name, h := range map[string]slog.Handler{"ours": l.handler(), "slog": slog.NewJSONHandler(l, nil)} {
		b.Run(name, func(b *testing.B) {
			log := slog.New(h)
			b.ReportAllocs()
			for b.Loop() {
				log.LogAttrs(context.Background(), slog.LevelInfo, "request", slog.String("method", "POST"), slog.String("path", "/v1/chat/completions"), slog.Int("status", 200), slog.String("provider", "openai"),
					slog.String("target", "config"), slog.String("model", "gpt-4o-mini"), slog.Int64("input_tokens", 60), slog.Int64("output_tokens", 120), slog.Int64("ms", 12), slog.String("trace", "5XKQJ7Y2"))
			}
		})
	}
}
