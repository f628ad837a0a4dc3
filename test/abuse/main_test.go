// Package abuse_test treats the gateway badly, as a process of its own: clients
// that leave in every phase, that never end what they began, or send without
// end. What it asks is that nothing is left behind, and that the next good
// request is served. Start with TestAbortedRequests; `make soak` runs all of it
// for longer.
package abuse_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/internal/app"
)

// asSluice makes this test binary run as the command itself.
const asSluice = "SLUICE_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asSluice) == "" {
		os.Exit(m.Run())
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			runtime.GC()
			fmt.Fprintf(os.Stderr, "probe goroutines=%d rss=%d\n", runtime.NumGoroutine(), residentKiB())
		}
	}()
	os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
}

// residentKiB is the memory this process has, as Linux counts it; 0 elsewhere.
func residentKiB() int {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize() / 1024
}

// patience bounds every wait, on a busy machine too.
const patience = 30 * time.Second

// output collects what a process writes, and shows it while it does. Of much it
// keeps the end.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	const most = 8 << 20
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() > most {
		o.text.Reset()
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a running sluice.
type process struct {
	cmd         *exec.Cmd
	out, errout output
	exited      chan int
	addr        string
	probes      int
}

var listening = regexp.MustCompile(`listens on http://(\S+:\d+)`)

// start runs the command on a free port and waits until it listens.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self, append(args, "--port", "0")...), exited: make(chan int, 1)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append([]string{asSluice + "=1", "HOME=" + p.cmd.Dir, "GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + p.cmd.Dir}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errout
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		p.exited <- p.cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	await(t, "it to listen", func() bool { return listening.MatchString(p.out.String()) })
	p.addr = listening.FindStringSubmatch(p.out.String())[1]
	return p
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// vitals are what a process must not have more and more of.
type vitals struct{ goroutines, kib int }

var probe = regexp.MustCompile(`probe goroutines=(\d+) rss=(\d+)`)

func (p *process) vitals(t *testing.T) (v vitals) {
	t.Helper()
	p.probes++
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	var found [][]string
	await(t, "a probe", func() bool {
		found = probe.FindAllStringSubmatch(p.errout.String(), -1)
		return len(found) >= p.probes
	})
	last := found[len(found)-1]
	v.goroutines, _ = strconv.Atoi(last[1])
	v.kib, _ = strconv.Atoi(last[2])
	return v
}

// Bounds of what may be left (R03).
const (
	moreGoroutines = 50
	moreKiB        = 64 << 10
)

// raced says that the race detector is at work, which keeps memory of its own
// for whatever happened: only goroutines are compared then.
var raced bool

// settles waits until a process has no more than it had, within the bounds.
func (p *process) settles(t *testing.T, name string, before vitals) vitals {
	t.Helper()
	var now vitals
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		now = p.vitals(t)
		if now.goroutines <= before.goroutines+moreGoroutines && (raced || now.kib <= before.kib+moreKiB) {
			break
		}
		if time.Now().After(end) {
			t.Errorf("%s does not settle", name)
			break
		}
	}
	t.Logf("%s: goroutines %d, before %d; resident %d MiB, before %d", name, now.goroutines, before.goroutines, now.kib>>10, before.kib>>10)
	return now
}

// healthy fails unless a good request is served, and nothing panicked so far.
func (p *process) healthy(t *testing.T, mock *process) {
	t.Helper()
	if err := good(p.addr, mock.addr, false); err != nil {
		t.Errorf("a good request: %v", err)
	}
	if err := good(p.addr, mock.addr, true); err != nil {
		t.Errorf("a good stream: %v", err)
	}
	if out := p.out.String(); strings.Contains(out, `"msg":"panic"`) || strings.Contains(out, "internal_error") {
		t.Errorf("a panic, or an internal error: %.2000s", out[strings.Index(out, "p"):])
	}
}
