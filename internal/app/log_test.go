package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
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
