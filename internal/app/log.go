package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// lines writes what an operator reads: a few plain lines at start, then one a
// request. Requests never wait for it: a line that finds the queue full is
// dropped and counted (R45).
type lines struct {
	out     io.Writer
	plain   bool // a person is reading
	queue   chan []byte
	quit    chan struct{}
	done    sync.WaitGroup
	dropped atomic.Int64
}

const (
	queued = 16_384
	enough = 64 << 10             // bytes that are written with one call
	pause  = 5 * time.Millisecond // between two calls, so that what a busy gateway has to say is written with few
)

func newLines(out io.Writer) *lines {
	l := &lines{out: out, plain: isTerminal(out), queue: make(chan []byte, queued), quit: make(chan struct{})}
	l.done.Go(l.run)
	return l
}

func (l *lines) run() {
	var b []byte // grows to what is written with one call, and is used again
	rest := time.NewTimer(pause)
	for {
		select {
		case line := <-l.queue:
			b = l.more(append(b[:0], line...))
			_, _ = l.out.Write(b)
			if len(b) >= enough {
				continue
			}
			rest.Reset(pause)
			select {
			case <-rest.C:
			case <-l.quit:
			}
		case <-l.quit:
			if b = l.more(b[:0]); len(b) > 0 {
				_, _ = l.out.Write(b)
				continue
			}
			return
		}
	}
}

// more joins the lines that wait already to b, so that a busy gateway writes
// many with one call.
func (l *lines) more(b []byte) []byte {
	for len(b) < enough {
		select {
		case next := <-l.queue:
			b = append(b, next...)
		default:
			return b
		}
	}
	return b
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Write takes one line; slog's handlers call it with a buffer they use again.
func (l *lines) Write(b []byte) (int, error) {
	select {
	case l.queue <- append([]byte(nil), b...):
	default:
		l.dropped.Add(1)
	}
	return len(b), nil
}

// fill is how many lines wait, of how many that can.
func (l *lines) fill() (held, limit, lost int64) {
	return int64(len(l.queue)), int64(cap(l.queue)), l.dropped.Load()
}

func (l *lines) text(s string) { _, _ = l.Write([]byte(s)) }

// close writes what is queued and stops. A request that is still being cut may
// write behind it: that line is lost.
func (l *lines) close() {
	close(l.quit)
	l.done.Wait()
	if n := l.dropped.Load(); n > 0 {
		_, _ = fmt.Fprintf(l.out, "sluice: %d log lines were dropped\n", n)
	}
}

func (l *lines) handler() slog.Handler {
	if l.plain {
		return plainHandler{l}
	}
	return jsonHandler{slog.NewJSONHandler(l, nil), l}
}

// jsonHandler writes what slog's own writes, but a line of plain words and
// numbers, as there is one for each request, at half the cost. It knows nothing
// of escapes: whatever needs one, or says itself how it is shown, as a secret
// does, goes the long way.
type jsonHandler struct {
	slog.Handler
	out *lines
}

// scratch are buffers that lines are put together in.
var scratch = sync.Pool{New: func() any { return new([512]byte) }}

func (h jsonHandler) Handle(ctx context.Context, r slog.Record) error {
	buffer := scratch.Get().(*[512]byte)
	defer scratch.Put(buffer)
	b, ok := appendRecord(buffer[:0], &r)
	if !ok {
		return h.Handler.Handle(ctx, r)
	}
	_, err := h.out.Write(b)
	return err
}

// appendRecord appends a line; ok is false for a record that is not plain.
func appendRecord(b []byte, r *slog.Record) (line []byte, ok bool) {
	if year := r.Time.Year(); r.Time.IsZero() || year < 0 || year > 9999 || !plainText(r.Message) {
		return nil, false
	}
	b = r.Time.AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = append(append(b, `","level":"`...), r.Level.String()...)
	b = append(append(append(b, `","msg":"`...), r.Message...), '"')
	ok = true
	r.Attrs(func(a slog.Attr) bool {
		b, ok = appendAttr(b, a)
		return ok
	})
	return append(b, '}', '\n'), ok
}

func appendAttr(b []byte, a slog.Attr) (_ []byte, ok bool) {
	if a.Key == "" || !plainText(a.Key) {
		return b, false
	}
	b = append(append(append(b, ',', '"'), a.Key...), '"', ':')
	switch a.Value.Kind() {
	case slog.KindInt64:
		return strconv.AppendInt(b, a.Value.Int64(), 10), true
	case slog.KindString:
		text := a.Value.String()
		return append(append(append(b, '"'), text...), '"'), plainText(text)
	default:
		return b, false
	}
}

// plainText reports whether a text is the same in JSON.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// plainHandler writes a record as one line for a person.
type plainHandler struct{ out io.Writer }

func (plainHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h plainHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Time.Format("15:04:05"))
	if r.Message != "request" {
		b.WriteString(" " + r.Level.String() + " " + r.Message)
	}
	r.Attrs(func(a slog.Attr) bool {
		b.WriteByte(' ')
		switch a.Key {
		case "method", "path", "status", "provider", "model":
		case "ms":
			b.WriteString(a.Value.String() + "ms")
			return true
		default:
			b.WriteString(a.Key + "=")
		}
		b.WriteString(printable(a.Value.String()))
		return true
	})
	b.WriteByte('\n')
	_, err := io.WriteString(h.out, b.String())
	return err
}

func printable(s string) string {
	const most = 256
	if len(s) > most {
		s = s[:most]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

func (h plainHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

func (h plainHandler) WithGroup(string) slog.Handler { return h }
