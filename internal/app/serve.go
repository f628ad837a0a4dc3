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
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"sluice/internal/config"
	"sluice/internal/mockllm"
	"sluice/internal/server"
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
	defer a.Close()
	a.metrics.Bound(telemetry.Bounded{Name: "log_queue", Unit: "entries", Read: lines.fill})
	listeners, err := listen(context.Background(), c)
	if err != nil {
		_, _ = fmt.Fprintf(errout, "sluice: cannot listen: %s (port: --port, SLUICE_PORT)\n", reason(err))
		return exitBind
	}
	for _, l := range listeners {
		if at, err := netip.ParseAddrPort(l.Addr().String()); err == nil {
			a.Egress.Own(at)
		}
	}
	return a.run(listeners, lines)
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
// the process at once.
func (a *App) run(listeners []net.Listener, lines *lines) int {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	lines.text(welcome(a, listeners))
	var running atomic.Int64
	srv := a.HTTPServer()
	srv.Handler = counted(&running, srv.Handler)
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- srv.Serve(a.Listener(l)) }()
	}
	select {
	case err := <-failed:
		lines.text("sluice: stopped: " + reason(err) + "\n")
		return exitBind
	case <-signals:
	}
	a.Server.Drain()
	go func() {
		<-signals
		os.Exit(exitOK)
	}()
	stop(srv, a.Config.Limits.Drain)
	for end := time.Now().Add(lastWords); running.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // requests that were cut, on their way out
	}
	return exitOK
}

// lastWords is how long a request that was cut may take to write its line.
const lastWords = time.Second

// counted keeps count of the requests under way.
func counted(running *atomic.Int64, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Add(-1)
		h.ServeHTTP(w, r)
	})
}

// Listener bounds the connections of a listener and checks what comes over them.
func (a *App) Listener(l net.Listener) net.Listener {
	return server.Listener(netutil.LimitListener(l, a.Config.Limits.Connections))
}

// HTTPServer serves the gateway over HTTP/1. Give it listeners that went
// through Listener.
func (a *App) HTTPServer() *http.Server {
	l := a.Config.Limits
	return &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: l.ReadHeader,
		IdleTimeout:       l.KeepAlive,
		ConnState:         a.count,
		MaxHeaderBytes:    int(l.HeaderBytes) + 32<<10, // net/http counts the request line too; ours decides
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
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
