package app_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/app"
)

// asSluice makes this test binary run as the command itself, so that exit codes
// and signals are real.
const asSluice = "SLUICE_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asSluice) != "" {
		os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// output collects what a process writes, and shows it while it does.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
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
	url         string // of a gateway that listens
}

// spawn starts the command in an empty folder, with no more environment than
// is given.
func spawn(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self, args...), exited: make(chan int, 1)}
	p.cmd.Dir = t.TempDir()
	// The race detector likes to wait a second before it lets a process go, and a
	// build that counts coverage wants a place to leave it.
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
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
	})
	return p
}

// patience bounds every wait for a process, on a busy machine too.
const patience = 20 * time.Second

// exit waits for the process and returns its exit code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case code := <-p.exited:
		p.exited <- code // for the clean-up
		return code
	case <-time.After(patience):
		t.Fatalf("still running\n%s\n%s", &p.out, &p.errout)
		return -1
	}
}

func (p *process) signal(t *testing.T) {
	t.Helper()
	p.send(t, syscall.SIGTERM)
}

func (p *process) send(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

var listening = regexp.MustCompile(`listens on (http://\S+:\d+)`)

// gateway starts sluice serve on a free port and waits until it listens.
func gateway(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := spawn(t, env, append([]string{"serve", "--port", "0"}, args...)...)
	p.await(t, "listens on")
	p.url = strings.Replace(listening.FindStringSubmatch(p.out.String())[1], "[::]", "127.0.0.1", 1)
	return p
}

// await waits until the process has written something.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	p.awaitTimes(t, text, 1)
}

func (p *process) awaitTimes(t *testing.T, text string, n int) {
	t.Helper()
	for end := time.Now().Add(patience); strings.Count(p.out.String(), text) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q came %d times, want %d\n%.4000s\n%s", text, strings.Count(p.out.String(), text), n, &p.out, &p.errout)
		}
	}
}

// post sends a chat request; headers come in pairs.
func post(t *testing.T, url, body string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// said is a chat request with this user message.
func said(words string) string {
	return `{"model":"m","stream":true,"messages":[{"role":"user","content":"` + words + `"}]}`
}

// all reads a body to its end.
func all(resp *http.Response) (string, error) {
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// event reads up to the end of one event.
func event(t *testing.T, r *bufio.Reader) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "\n" {
			return
		}
	}
}

// file writes a file in a folder of its own.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
