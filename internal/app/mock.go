package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"sluice/internal/mockllm"
)

// mock runs the fake provider by itself.
func mock(args []string, out, errout io.Writer) int {
	var o mockllm.Options
	host, port := "127.0.0.1", 8788
	set := flag.NewFlagSet("sluice mock", flag.ContinueOnError)
	set.SetOutput(errout)
	set.StringVar(&host, "host", host, "loopback address to listen on")
	set.IntVar(&port, "port", port, "port to listen on, 0 for any free one")
	set.DurationVar(&o.Latency, "latency", 0, "wait before every answer, like 200ms")
	set.DurationVar(&o.ChunkDelay, "chunk-delay", 0, "wait between the events of a stream")
	set.IntVar(&o.ErrorStatus, "error-status", 0, "answer everything with this status")
	set.IntVar(&o.CutAfter, "cut-after", 0, "break streams off after so many events")
	set.IntVar(&o.Chunks, "chunks", 0, "events of text in a stream, instead of one a word")
	set.BoolVar(&o.VerifySignatures, "verify-signatures", false, "refuse turns of its own that come back without their proof, as vendors do")
	set.Usage = func() {
		_, _ = fmt.Fprintln(errout, "usage: sluice mock [flags]")
		set.PrintDefaults()
		_, _ = fmt.Fprintln(errout, "\nwords in the last user message that choose what happens:")
		for _, w := range mockllm.Words {
			_, _ = fmt.Fprintf(errout, "  %-18s %s\n", w.Say, w.Does)
		}
	}
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitOK
		}
		return exitConfig
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		_, _ = fmt.Fprintln(errout, "sluice: the fake provider listens on loopback only (--host)")
		return exitConfig
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		_, _ = fmt.Fprintf(errout, "sluice: cannot listen: %s\n", reason(err))
		return exitBind
	}
	_, _ = fmt.Fprintf(out, "sluice mock listens on http://%s\ntry:    x-portkey-provider: openai with x-portkey-custom-host: http://%s/v1\n", l.Addr(), l.Addr())
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	srv := mockServer(o)
	go func() { _ = srv.Serve(l) }() // ends with stop
	<-ctx.Done()
	stop(srv, time.Second)
	return exitOK
}

// mockServer serves the fake provider; stopping ends the requests that hang.
func mockServer(o mockllm.Options) *http.Server {
	fake := mockllm.New(o)
	srv := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	srv.RegisterOnShutdown(fake.Close)
	return srv
}
