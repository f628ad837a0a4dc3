package server

import (
	"log/slog"
	"time"

	"sluice/internal/llm"
)

// Line is what the log says of one request.
type Line struct {
	Time     time.Time // when it was over
	Method   string
	Path     string // as it came
	Status   int    // 0: nothing was answered
	Provider string
	Target   string // where in the config
	Model    string // as it was asked for
	Attempts int
	Usage    *llm.Usage // nil: not known
	Error    string     // the code of a failure
	Class    llm.Class  // of the same
	Outcome  string     // of an answer that broke off
	Took     time.Duration
	Trace    string
}

// Journal is a slog.Handler that takes a line as it is, which costs less than its
// Record.
type Journal interface {
	slog.Handler
	Request(l Line)
}

// Record is the line as every handler understands it. What is not known is left
// out.
func (l *Line) Record() slog.Record {
	r := slog.NewRecord(l.Time, slog.LevelInfo, "request", 0) // without the place in the source, which costs a walk of the stack
	r.AddAttrs(slog.String("method", l.Method), slog.String("path", l.Path), slog.Int("status", l.Status))
	add := func(name, value string) {
		if value != "" {
			r.AddAttrs(slog.String(name, value))
		}
	}
	add("provider", l.Provider)
	add("target", l.Target)
	add("model", l.Model)
	if l.Attempts > 1 {
		r.AddAttrs(slog.Int("attempts", l.Attempts))
	}
	if l.Usage != nil {
		r.AddAttrs(slog.Int64("input_tokens", l.Usage.Input), slog.Int64("output_tokens", l.Usage.Output))
	}
	add("error", l.Error)
	add("class", string(l.Class))
	add("outcome", l.Outcome)
	r.AddAttrs(slog.Int64("ms", l.Took.Milliseconds()), slog.String("trace", l.Trace))
	return r
}
