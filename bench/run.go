package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// run is one bench: what to measure, and the samples so far.
type run struct {
	log            io.Writer
	dir            string
	ports          ports
	rounds         int
	measured, warm time.Duration
	rate, tokens   int
	gateways       []gateway
	scenarios      []scenario
	world          world
	samples        []sample
}

// sample is what one cell of one round gave. Zero is not measured.
type sample struct {
	Gateway   string  `json:"gateway"`
	Scenario  string  `json:"scenario"`
	Round     int     `json:"round"`
	Answered  int64   `json:"answered"`
	Failed    int64   `json:"failed"`
	Error     string  `json:"error,omitempty"` // too many failed: the figures mean nothing
	CPU       float64 `json:"cpu_us"`          // of the gateway, per request
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Startup   float64 `json:"startup_ms"`
	Idle      float64 `json:"idle_mib"`   // RSS before the load
	RSS       float64 `json:"rss_mib"`    // RSS after it, of streams the peak
	Stream    float64 `json:"stream_kib"` // RSS per stream, above idle
	Curve     []int   `json:"curve_mib,omitempty"`
	BinaryMB  float64 `json:"binary_mb"`
}

const mib = 1 << 20

// run measures every scenario on every gateway in each round. A round begins
// with another gateway each time, so that a noisy minute falls on all of them.
func (r *run) run(ctx context.Context) error {
	r.world = newWorld(r.tokens)
	for _, m := range r.world.mocks() {
		port, err := r.ports.free(ctx)
		if err != nil {
			return err
		}
		if err := m.listen(ctx, port); err != nil {
			return err
		}
	}
	for round := range r.rounds {
		for _, s := range r.scenarios {
			if s.kind == streams && round > 0 {
				continue // long enough to be repeated by running again
			}
			for i := range r.gateways {
				g := r.gateways[(i+round)%len(r.gateways)]
				if !g.can(s) {
					continue
				}
				got, err := r.cell(ctx, g, s)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil {
					got.Error = err.Error()
				}
				got.Gateway, got.Scenario, got.Round = g.name, s.name, round
				r.samples = append(r.samples, got)
				_, _ = fmt.Fprintf(r.log, "%d/%d %-5s %-13s %8.1f us %8.0f /s  %s\n", round+1, r.rounds, s.name, g.name, got.CPU, got.PerSecond, got.Error)
			}
		}
	}
	return nil
}

// cell starts a gateway anew, loads it and stops it.
func (r *run) cell(ctx context.Context, g gateway, s scenario) (got sample, err error) {
	port, err := r.ports.free(ctx)
	if err != nil {
		return got, err
	}
	dir, err := os.MkdirTemp(r.dir, g.name)
	if err != nil {
		return got, err
	}
	targets := r.world.targets(s.route)
	cmd, err := g.at(ctx, dir, port, s, targets)
	if err != nil {
		return got, err
	}
	var asked string
	if g.reads {
		asked = headers(s.route, targets)
	}
	l := &load{addr: fmt.Sprintf("127.0.0.1:%d", port), request: s.request(asked), words: s.chunks, conns: s.conns}
	plainly := s
	plainly.chunks = 0 // the first request is never a stream
	probe := &client{addr: l.addr, request: plainly.request(asked)}
	p, err := start(ctx, cmd, filepath.Join(dir, "log"), probe)
	if err != nil {
		return got, err
	}
	defer p.stop()
	time.Sleep(100 * time.Millisecond) // starting ends
	got.Startup = p.startup.Seconds() * 1000
	if file, err := os.Stat(cmd.Path); err == nil && g.name != "ReverseProxy" { // which is this whole program
		got.BinaryMB = float64(file.Size()) / 1e6
	}
	idle := p.usage()
	got.Idle = float64(idle.rss) / mib
	failures := r.world.failing.asked.Load()
	if s.kind == streams {
		r.streams(ctx, p, l, s, &got)
	} else {
		r.steady(ctx, p, l, s, &got)
	}
	got.Answered, got.Failed = l.answered.Load(), l.failed.Load()
	if err := l.err(); err != nil {
		return got, fmt.Errorf("%d of %d failed: %w", got.Failed, got.Answered+got.Failed, err)
	}
	if failures = r.world.failing.asked.Load() - failures; s.route == fallback && failures < got.Answered {
		return got, fmt.Errorf("only %d of %d requests met a failure", failures, got.Answered)
	}
	return got, nil
}

// steady loads for a while and measures all but the warm-up.
func (r *run) steady(ctx context.Context, p *process, l *load, s scenario, got *sample) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if s.kind == fixed {
			l.fixed(ctx, r.rate)
		} else {
			l.closed(ctx)
		}
	}()
	pause(ctx, r.warm)
	began, answered, before := time.Now(), l.answered.Load(), p.usage()
	pause(ctx, r.measured)
	n, after := float64(l.answered.Load()-answered), p.usage()
	if n > 0 {
		got.CPU = float64((after.cpu - before.cpu).Microseconds()) / n
		got.PerSecond = n / time.Since(began).Seconds()
	}
	got.RSS = float64(after.rss) / mib
	cancel()
	<-done
	got.P50, got.P99 = l.percentile(.50), l.percentile(.99)
}

// streams runs all streams once and follows the memory.
func (r *run) streams(ctx context.Context, p *process, l *load, s scenario, got *sample) {
	before, began := p.usage(), time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.streams(ctx, s.ramp)
	}()
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for running := true; running; {
		select {
		case <-ticker.C:
		case <-done:
			running = false
		}
		now := float64(p.usage().rss) / mib
		got.RSS = max(got.RSS, now)
		got.Curve = append(got.Curve, int(now))
	}
	n := float64(s.conns)
	got.CPU = float64((p.usage().cpu - before.cpu).Microseconds()) / n
	got.PerSecond = n / time.Since(began).Seconds()
	got.Stream = (got.RSS - got.Idle) * 1024 / n
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// titles names the scenarios that ran.
func (r *run) titles() string {
	var b strings.Builder
	for _, s := range r.scenarios {
		fmt.Fprintf(&b, "- %s: %s\n", s.name, s.title)
	}
	return b.String()
}
