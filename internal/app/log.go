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

	"sluice/internal/server"
)

// lines writes what an operator reads: a few plain lines at start, then one a
// request. Requests never wait for it: a line that finds the queue full is
// dropped and counted (R45).
type lines struct {
	out     io.Writer
	plain   bool          // a person is reading
	wake    chan struct{} // something waits
	quit    chan struct{}
	done    sync.WaitGroup
	dropped atomic.Int64

	mu      sync.Mutex
	waiting []byte // mu
	count   int    // mu; of the lines in waiting
}

const (
	queued = 16_384
	keep   = 1 << 20              // bytes of room for lines that are kept when they were written
	pause  = 5 * time.Millisecond // between two calls, so that what a busy gateway has to say is written with few
)

func newLines(out io.Writer) *lines {
	l := &lines{out: out, plain: isTerminal(out), wake: make(chan struct{}, 1), quit: make(chan struct{})}
	l.done.Go(l.run)
	return l
}

func (l *lines) run() {
	var room []byte
	rest := time.NewTimer(pause)
	for open := true; open; {
		select {
		case <-l.wake:
		case <-l.quit:
			open = false
		}
		room = l.write(room)
		rest.Reset(pause)
		select {
		case <-rest.C:
		case <-l.quit:
		}
	}
}

// write writes all that waits. What comes meanwhile goes to room, and what was
// written becomes the next room.
func (l *lines) write(room []byte) []byte {
	l.mu.Lock()
	b := l.waiting
	l.waiting, l.count = room[:0], 0
	l.mu.Unlock()
	if len(b) > 0 {
		_, _ = l.out.Write(b)
	}
	if cap(b) > keep {
		return nil
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

// Write takes one line.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	if l.count == queued {
		l.dropped.Add(1)
	} else {
		l.waiting = append(l.waiting, b...)
		l.count++
	}
	first := l.count == 1
	l.mu.Unlock()
	if first {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return len(b), nil
}

// fill is how many lines wait, of how many that can.
func (l *lines) fill() (held, limit, lost int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(l.count), queued, l.dropped.Load()
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

// jsonHandler writes the lines of requests as slog's own handler does, but at less
// than half the cost. It knows nothing of escapes: a line that needs one goes the
// long way.
type jsonHandler struct {
	slog.Handler
	out *lines
}

// Request writes the line of a request.
func (h jsonHandler) Request(l server.Line) {
	var room [512]byte
	b, ok := appendLine(room[:0], &l)
	if !ok {
		_ = h.Handle(context.Background(), l.Record())
		return
	}
	_, _ = h.out.Write(b)
}

// appendLine appends a line as Line.Record has it; ok is false where a text is not
// plain.
func appendLine(b []byte, l *server.Line) (line []byte, ok bool) {
	if year := l.Time.Year(); l.Time.IsZero() || year < 0 || year > 9999 {
		return nil, false
	}
	plain := true
	text := func(before, s string) {
		if s != "" {
			plain = plain && plainText(s)
			b = append(append(append(b, before...), s...), '"')
		}
	}
	number := func(before string, n int64) { b = strconv.AppendInt(append(b, before...), n, 10) }
	b = l.Time.AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = append(b, `","level":"INFO","msg":"request"`...)
	text(`,"method":"`, l.Method)
	text(`,"path":"`, l.Path)
	number(`,"status":`, int64(l.Status))
	text(`,"provider":"`, l.Provider)
	text(`,"target":"`, l.Target)
	text(`,"model":"`, l.Model)
	if l.Attempts > 1 {
		number(`,"attempts":`, int64(l.Attempts))
	}
	if l.Usage != nil {
		number(`,"input_tokens":`, l.Usage.Input)
		number(`,"output_tokens":`, l.Usage.Output)
	}
	text(`,"error":"`, l.Error)
	text(`,"class":"`, string(l.Class))
	text(`,"outcome":"`, l.Outcome)
	number(`,"ms":`, l.Took.Milliseconds())
	text(`,"trace":"`, l.Trace)
	return append(b, '}', '\n'), plain && l.Method != "" && l.Path != "" && l.Trace != ""
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
