package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sluice/internal/jsonx"
)

func main() {
	if spec := os.Getenv(proxyVariable); spec != "" {
		fail(proxy(spec))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(bench(ctx))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// peers are the -peer flags.
type peers []string

func (p *peers) String() string     { return strings.Join(*p, ", ") }
func (p *peers) Set(s string) error { *p = append(*p, s); return nil }

func bench(ctx context.Context) error {
	var others peers
	only := flag.String("only", "", "scenarios to run, comma separated; without it all but long and long4")
	binary := flag.String("sluice", "", "a binary to measure; without it, one is built")
	asJSON := flag.String("json", "", "a file for the figures")
	r := run{log: os.Stderr}
	flag.IntVar(&r.rounds, "rounds", 4, "rounds; figures are medians over them")
	flag.DurationVar(&r.measured, "duration", 1500*time.Millisecond, "how long one cell of a round is measured")
	flag.DurationVar(&r.warm, "warm", 500*time.Millisecond, "how long it is warmed up before")
	flag.IntVar(&r.rate, "rate", 500, "requests per second of scenario rate")
	flag.IntVar(&r.tokens, "tokens", 20000, "tokens per stream of scenario long")
	port := flag.Int("port", 18800, "where the search for free ports begins")
	flag.Var(&others, "peer", "name=command with {PORT}; with {UPSTREAM} too it is a plain proxy to that URL, else it reads Portkey's headers; repeatable")
	flag.Parse()
	r.tokens = max(r.tokens/100, 1) * 100 // whole writes

	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r.dir, r.ports.next = dir, *port
	if *binary == "" {
		*binary = filepath.Join(dir, "sluice")
		if err := build(ctx, *binary); err != nil {
			return err
		}
	}
	if r.gateways, err = gateways(*binary, others); err != nil {
		return err
	}
	if r.scenarios, err = choose(r.all(), *only); err != nil {
		return err
	}
	began := time.Now()
	if err := r.run(ctx); err != nil {
		return err
	}
	fmt.Print(r.report(began))
	return r.save(*asJSON)
}

func build(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "sluice/cmd/sluice") //nolint:gosec // the path is our own temporary directory
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func choose(all []scenario, only string) (chosen []scenario, err error) {
	if only == "" {
		for _, s := range all {
			if !s.optional {
				chosen = append(chosen, s)
			}
		}
		return chosen, nil
	}
	for name := range strings.SplitSeq(only, ",") {
		before := len(chosen)
		for _, s := range all {
			if s.name == name {
				chosen = append(chosen, s)
			}
		}
		if len(chosen) == before {
			return nil, errors.New("no scenario " + name)
		}
	}
	return chosen, nil
}

func (r *run) save(path string) error {
	if path == "" {
		return nil
	}
	b, err := jsonx.MarshalIndent(r.samples)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
