// Package script_test pins the gateway's behaviour over HTTP, case by case, in
// files: testdata/**/*.txtar says what is sent, what the provider answers, and
// what must come of it. The whole gateway runs in this process; nothing leaves
// the machine. README.md explains the files. Start with TestScripts.
package script_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"sluice/internal/app"
	"sluice/internal/config"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// TestScripts runs every archive.
func TestScripts(t *testing.T) {
	const least = 90
	found := 0
	err := filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		found++
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(path), "testdata/"), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, path)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < least {
		t.Fatalf("found %d archives, want at least %d", found, least)
	}
}

// run plays one archive against a gateway of its own.
func run(t *testing.T, path string) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	up, down := listen(t), listen(t)
	s, err := parseScript(archive, variables(up, down))
	if err != nil {
		t.Fatal(err)
	}
	provider := newUpstream(up)
	provider.answers = s.answers
	provider.start()
	t.Cleanup(provider.stop)
	g := startGateway(t, s, down)
	for i, st := range s.steps {
		g.later(st.request.wait("later", 0))
		for range st.request.number("again") {
			if _, err := send(down.Addr().String(), st.request, moments{provider.asked, g.waiting}); err != nil {
				t.Fatalf("request/%d: %v", i+1, err)
			}
			g.settle(t)
		}
		o, err := send(down.Addr().String(), st.request, moments{provider.asked, g.waiting})
		if err != nil {
			t.Fatalf("request/%d: %v\n%s", i+1, err, g.log.text())
		}
		g.settle(t)
		o.calls, o.sleeps, o.log = provider.made(), g.slept(), g.log.text()
		for _, err := range o.check(s, st) {
			t.Errorf("want/%d: %v", i+1, err)
		}
		if t.Failed() {
			t.Fatalf("the answer was: %d %v\n%.2000q (cut: %v)\n%s", o.status, o.header, o.body, o.cut, o.log)
		}
	}
	stillServes(t, s, down.Addr().String())
}

// stillServes sends a good request behind every case: whatever client and
// provider did, the gateway goes on. Where an archive has a server file, that
// may forbid the provider or be at its limits, so only the health is asked for.
func stillServes(t *testing.T, s *script, addr string) {
	t.Helper()
	good := message{line: "GET /livez", marks: map[string]string{}}
	if s.files["sluice.yaml"] == nil {
		l := listen(t)
		provider := newUpstream(l)
		provider.answers = []message{goodAnswer}
		provider.start()
		defer provider.stop()
		good = message{line: "POST /v1/chat/completions", marks: map[string]string{}, header: []field{
			{"x-portkey-provider", "openai"}, {"x-portkey-custom-host", "http://" + l.Addr().String()}, {"authorization", "Bearer sk-good"},
		}, pieces: [][]byte{[]byte(`{"model":"m","messages":[]}`)}}
	}
	o, err := send(addr, good, moments{})
	if err != nil || o.status != http.StatusOK {
		t.Errorf("behind it a good request gets %v, %+v", err, o)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// variables are what archives may name. Nothing listens at port
// 1; $SOON is an HTTP date half a minute ahead.
func variables(up, down net.Listener) *strings.Replacer {
	return strings.NewReplacer(
		"$UPSTREAM_ADDR", up.Addr().String(), "$UPSTREAM", "http://"+up.Addr().String(),
		"$GATEWAY_ADDR", down.Addr().String(), "$GATEWAY", "http://"+down.Addr().String(),
		"$CLOSED", "http://127.0.0.1:1", "$SOON", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat),
	)
}

// gateway is the gateway under test with what it did.
type gateway struct {
	log     *buffer
	waiting chan struct{} // one token for each wait before a retry
	started atomic.Int64
	ended   atomic.Int64
	ahead   atomic.Int64 // how far the router's clock is, in nanoseconds

	mu     sync.Mutex // guards all below
	sleeps []time.Duration
	dice   []float64
}

func startGateway(t *testing.T, s *script, l net.Listener) *gateway {
	t.Helper()
	g := &gateway{log: &buffer{}, waiting: make(chan struct{}, 1024)}
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1,localhost", true
	getenv := environment(s.files["env"])
	if err := c.Parse("sluice.yaml", s.files["sluice.yaml"], getenv); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(c, getenv, slog.New(slog.NewJSONHandler(g.log, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Egress.Own(netip.MustParseAddrPort(l.Addr().String()))
	g.inject(t, a, s)
	srv := a.HTTPServer()
	srv.Handler = g.counted(srv.Handler)
	served := make(chan struct{})
	go func() {
		_ = srv.Serve(l)
		close(served)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
		a.Close()
	})
	return g
}

// inject takes the clock and the dice away from the router (R51): waits are noted,
// not slept, unless the archive has a file clock that says real, and every draw
// is 0.5, the middle, unless it has a file dice.
func (g *gateway) inject(t *testing.T, a *app.App, s *script) {
	t.Helper()
	for text := range strings.FieldsSeq(string(s.files["dice"])) {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal("dice: ", err)
		}
		g.dice = append(g.dice, f)
	}
	w := a.Server.Gateway.Walker
	w.Random = g.draw
	sleep, real := w.Sleep, strings.TrimSpace(string(s.files["clock"])) == "real"
	w.Now = func() time.Time { return time.Now().Add(time.Duration(g.ahead.Load())) }
	w.Sleep = func(ctx context.Context, d time.Duration) error {
		g.mu.Lock()
		g.sleeps = append(g.sleeps, d)
		g.mu.Unlock()
		g.waiting <- struct{}{}
		if real {
			return sleep(ctx, d)
		}
		return context.Cause(ctx)
	}
}

// later moves the clock of the router, by which targets stay out and retries are
// counted.
func (g *gateway) later(d time.Duration) { g.ahead.Add(int64(d)) }

func (g *gateway) draw() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.dice) == 0 {
		return 0.5
	}
	f := g.dice[0]
	if len(g.dice) > 1 {
		g.dice = g.dice[1:]
	}
	return f
}

func (g *gateway) slept() []time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]time.Duration(nil), g.sleeps...)
}

// counted counts requests, so that a case can wait for what happens after the
// client has its answer.
func (g *gateway) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.started.Add(1)
		defer g.ended.Add(1)
		h.ServeHTTP(w, r)
	})
}

// settle waits until the gateway is done with every request.
func (g *gateway) settle(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); g.started.Load() != g.ended.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the gateway is still at work\n%s", g.log.text())
		}
	}
}

// environment reads lines of NAME=value.
func environment(text []byte) func(string) string {
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
