package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"sluice/internal/config"
	"sluice/internal/http1"
	"sluice/internal/llm"
	"sluice/internal/mockllm"
	"sluice/internal/telemetry"
)

// Exit codes (R01).
const (
	exitOK     = 0
	exitConfig = 1
	exitBind   = 2
)

// Serve runs a gateway until it is told to stop, and returns the exit code.
func Serve(args []string, out, errout io.Writer) int {
	c, err := config.Load(args, environment, out)
	if err != nil {
		return configFailed(err, errout)
	}
	relaxGC()
	stdlog.SetOutput(io.Discard) // net/http writes a provider's bytes there (S51)
	lines := newLines(out)
	defer lines.close()
	log := slog.New(lines.handler())

	mock, addr, err := startMock(c)
	if err != nil {
		_, _ = fmt.Fprintf(errout, "sluice: the fake provider cannot listen: %s\n", reason(err))
		return exitBind
	}
	defer stop(mock, time.Second)
	a, err := New(c, environment, log, addr)
	if err != nil {
		return configFailed(err, errout)
	}
	a.legacy.metrics.Bound(telemetry.Bounded{Name: "log_queue", Unit: "entries", Read: lines.fill})
	listeners, err := listen(context.Background(), c)
	if err != nil {
		a.Close()
		_, _ = fmt.Fprintf(errout, "sluice: cannot listen: %s (port: --port, SLUICE_PORT)\n", reason(err))
		return exitBind
	}
	s := newService(a, addr, listeners)
	defer s.close()
	s.load = func() (*config.Config, error) { return config.Load(args, environment, io.Discard) }
	return s.run(lines)
}

// relaxGC lets the heap grow further between collections. What lives is small,
// the catalogue and the kept plans; what dies is the bodies of requests. It
// saves about an eighth of the CPU time of a small request for some 12 MiB
// (bench S1: 132 to 116 us). GOGC overrides it.
func relaxGC() {
	const percent = 300
	if environment("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// run serves until SIGTERM or SIGINT, then drains (R26). A second signal ends
// the process at once. SIGHUP reloads (R27).
func (s *service) run(lines *lines) int {
	signals, hangups := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(signals)
	defer signal.Stop(hangups)
	a := s.app()
	lines.text(welcome(a, s.listeners))
	srv := a.HTTPServer()
	srv.Handler = s
	failed := make(chan error, len(s.listeners))
	for _, l := range s.listeners {
		go func() { failed <- srv.Serve(l) }()
	}
	for {
		select {
		case err := <-failed:
			srv.Cut(context.Canceled)
			lines.text("sluice: stopped: " + reason(err) + "\n")
			return exitBind
		case <-hangups:
			s.reload()
		case <-signals:
			go func() {
				<-signals
				os.Exit(exitOK)
			}()
			s.drain(srv)
			return exitOK
		}
	}
}

// drain stops accepting, lets what runs finish, and cuts what takes too long:
// first by its context, so that every stream still gets its error event, then
// by its connection.
func (s *service) drain(srv *http1.Server) {
	a := s.app()
	a.Server.Drain()
	srv.Leave() // before the listeners close, which is what others may go by
	for _, l := range s.listeners {
		_ = l.Close()
	}
	limit, cancel := context.WithTimeout(context.Background(), a.Config.Limits.Drain)
	defer cancel()
	s.idle(limit)
	_ = srv.Shutdown(limit) // the last bytes of answers are still on their way
	srv.Cut(&llm.Error{Kind: llm.ShuttingDown, Status: http.StatusServiceUnavailable, Message: "the gateway is shutting down", Final: true})
	for range 2 { // whoever cannot write its last words loses its connection, and ends then
		words, done := context.WithTimeout(context.Background(), lastWords)
		s.idle(words)
		done()
		_ = srv.Close()
	}
}

// lastWords is how long a request that was cut may take to write its end and
// its line.
const lastWords = time.Second

// idle waits until no request is under way, or until ctx ends.
func (s *service) idle(ctx context.Context) {
	for s.running.Load() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// HTTPServer serves the gateway over HTTP/1.
func (a *App) HTTPServer() *http1.Server {
	l := a.Config.Limits
	return &http1.Server{
		Handler:   a.Handler(),
		HeadTime:  l.ReadHeader,
		HeadBytes: int(l.HeaderBytes) + 32<<10, // the request line too; the handler says what is too much of which
		IdleTime:  l.KeepAlive,
		RestTime:  l.BodyStall,
		Conns:     l.Connections,
		Count:     func(change int64) { a.legacy.conns.Add(change) },
		Refusal:   a.Server.Refusal,
		Panicked:  func(value any) { a.log.Error("panic outside of a request", "value", value) },
	}
}

// stop lets running requests finish for a while, then cuts them.
func stop(srv *http.Server, patience time.Duration) {
	if srv == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		_ = srv.Close()
	}
}

// listen opens the listeners: the one that was named, or loopback for both
// families, so that "localhost" works in every client.
func listen(ctx context.Context, c *config.Config) ([]net.Listener, error) {
	var lc net.ListenConfig
	if c.Host != "" && c.Host != "localhost" {
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(c.Host, fmt.Sprint(c.Port)))
		return []net.Listener{l}, err
	}
	first, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", fmt.Sprint(c.Port)))
	if err != nil {
		return nil, err
	}
	listeners := []net.Listener{first}
	_, port, _ := net.SplitHostPort(first.Addr().String())
	second, err := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", port))
	switch {
	case err == nil:
		listeners = append(listeners, second)
	case errors.Is(err, syscall.EADDRINUSE):
		_ = first.Close()
		return nil, err
	}
	return listeners, nil // no IPv6 on this machine is no failure
}

func startMock(c *config.Config) (*http.Server, net.Addr, error) {
	if !c.Mock {
		return nil, nil, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	srv := mockServer(mockllm.Options{})
	go func() { _ = srv.Serve(l) }() // ends with stop
	return srv, l.Addr(), nil
}

func welcome(a *App, listeners []net.Listener) string {
	var at []string
	for _, l := range listeners {
		at = append(at, "http://"+l.Addr().String())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "sluice %s listens on %s\n", Version, strings.Join(at, " and "))
	if a.Config.File != "" {
		fmt.Fprintf(&b, "config: %s\n", a.Config.File)
	}
	if !a.Config.Loopback() {
		b.WriteString("warning: anyone who reaches this address can use it with their own provider keys (host: --host, SLUICE_HOST)\n")
	}
	name, model, key := "openai", "gpt-4o-mini", ` -H "authorization: Bearer $OPENAI_API_KEY"`
	if a.Config.Mock {
		name, model, key = "mock", "any", ""
	}
	fmt.Fprintf(&b, "try:    curl -N %s/v1/chat/completions -H 'content-type: application/json' -H 'x-portkey-provider: %s'%s -d '{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'\n", at[0], name, key, model)
	return b.String()
}

func configFailed(err error, errout io.Writer) int {
	if isHelp(err) {
		return exitOK
	}
	_, _ = fmt.Fprintf(errout, "sluice: %s\n", describe(err))
	return exitConfig
}

func reason(err error) string {
	if errors.Is(err, syscall.EADDRINUSE) {
		var op *net.OpError
		if errors.As(err, &op) && op.Addr != nil {
			return op.Addr.String() + " is already in use"
		}
		return "the address is already in use"
	}
	return err.Error()
}
