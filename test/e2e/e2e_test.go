// Package e2e runs real SDKs against the sluice binary; scenarios.md says
// what they are put through.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// servers are the addresses everything talks to.
type servers struct{ gateway, mock string }

// headers choose the provider: by a config, or without one by name.
func (s servers) headers(config string) map[string]string {
	if config != "" {
		return map[string]string{"x-portkey-config": config}
	}
	return map[string]string{"x-portkey-provider": "openai", "x-portkey-custom-host": s.mock + "/v1"}
}

var running servers

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// run starts what is not running yet, runs the tests and stops it again.
func run(m *testing.M) (code int, err error) {
	running = servers{os.Getenv("E2E_GATEWAY"), os.Getenv("E2E_MOCK")}
	if running.gateway != "" && running.mock != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "sluice-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "sluice")
	build := exec.Command("go", "build", "-o", binary, "./cmd/sluice")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build ./cmd/sluice: %w\n%s", err, out)
	}
	mock, err := start(dir, binary, "mock", "--verify-signatures")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, mock.stop()) }()
	gateway, err := start(dir, binary, "serve")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, gateway.stop()) }()
	running = servers{gateway.url, mock.url}
	if code = m.Run(); code != 0 {
		fmt.Fprintf(os.Stderr, "--- the gateway said:\n%s", gateway.said())
	}
	return code, nil
}

// process is a running sluice.
type process struct {
	name, url string
	cmd       *exec.Cmd
	log       string // the file its output goes to
	ended     chan error
}

// start runs `sluice serve` or `sluice mock` and waits until it answers.
func start(dir, binary, command string, flags ...string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{
		name: "sluice " + command, url: fmt.Sprintf("http://127.0.0.1:%d", port),
		cmd: exec.Command(binary, append([]string{command, fmt.Sprintf("--port=%d", port)}, flags...)...), ended: make(chan error, 1),
		log: filepath.Join(dir, command+".log"),
	}
	output, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer output.Close() // the process has it for itself
	p.cmd.Dir = dir
	// Many clients fail over from the same target here, one after another: it must
	// stay in the plan for each of them.
	p.cmd.Env = append(os.Environ(), "TRUSTED_CUSTOM_HOSTS=127.0.0.1,localhost", "SLUICE_EJECTION=off")
	p.cmd.Stdout, p.cmd.Stderr = output, output
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-p.ended:
			return nil, fmt.Errorf("%s ended at once: %v\n%s", p.name, err, p.said())
		default:
		}
		if res, err := http.Get(p.url + "/"); err == nil {
			res.Body.Close()
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s does not answer at %s", p.name, p.url), p.stop())
}

// stop asks the process to end, which it has to do cleanly.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			return fmt.Errorf("%s after SIGTERM: %w\n%s", p.name, err, p.said())
		}
		return nil
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill() // reported as an error all the same
		<-p.ended
		return fmt.Errorf("%s was still running 10 s after SIGTERM", p.name)
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// said is the end of the process's output.
func (p *process) said() string {
	const most = 4000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

// The sections of scenarios.md whose tables are read.
const (
	inChatFormat   = "In OpenAI's chat format"
	acrossDialects = "Across dialects"
	dialects       = "Provider dialects"
	excuses        = "What an SDK cannot do"
)

// tableRow is a line of a table that begins with a name, or two; a list of
// names is no name.
var tableRow = regexp.MustCompile("(?m)^\\| `([a-z0-9_-]+)` \\|(?: `([a-z0-9_*]+)` \\|)?")

// rows reads the tables of a section.
func rows(t *testing.T, section string) [][]string {
	t.Helper()
	text, err := os.ReadFile("scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n## "+section+"\n")
	inside, _, _ := strings.Cut(after, "\n## ")
	found := tableRow.FindAllStringSubmatch(inside, -1)
	if len(found) == 0 {
		t.Fatalf("scenarios.md has nothing in %q", section)
	}
	return found
}

// scenarioNames are those for clients of OpenAI's chat format.
func scenarioNames(t *testing.T) (names []string) {
	t.Helper()
	for _, row := range rows(t, inChatFormat) {
		names = append(names, row[1])
	}
	return names
}

// crossNames are all scenarios across dialects with all dialects.
func crossNames(t *testing.T) (names []string) {
	t.Helper()
	for _, scenario := range rows(t, acrossDialects) {
		if slices.Contains(crossSDKs, scenario[1]) {
			continue // the table of clients
		}
		for _, dialect := range rows(t, dialects) {
			names = append(names, scenario[1]+"_"+dialect[1])
		}
	}
	return names
}

// cannot reports whether scenarios.md excuses the SDK.
func cannot(t *testing.T, sdk, scenario string) bool {
	t.Helper()
	return slices.ContainsFunc(rows(t, excuses), func(row []string) bool {
		match, err := path.Match(row[2], scenario)
		return row[1] == sdk && match && err == nil
	})
}

// crossSDKs are those put through the scenarios across dialects.
var crossSDKs = []string{
	"anthropic-node", "anthropic-python", "genai-node", "openai-chat-node", "openai-responses-node", "langchain-openai",
}

// namesFor are the scenarios an SDK has to run.
func namesFor(t *testing.T, sdk string) []string {
	t.Helper()
	if slices.Contains(crossSDKs, sdk) {
		return crossNames(t)
	}
	return scenarioNames(t)
}

func TestNode(t *testing.T) {
	needs(t, "node_modules", "openai", "portkey-ai", "@anthropic-ai/sdk", "@google/genai")
	for sdk, file := range map[string]string{
		"openai-node": "openai.test.mjs", "portkey-node": "portkey.test.mjs", "anthropic-node": "anthropic.test.mjs",
		"genai-node": "genai.test.mjs", "openai-chat-node": "openai-chat.test.mjs", "openai-responses-node": "openai-responses.test.mjs",
	} {
		t.Run(sdk, func(t *testing.T) {
			out := runner(t, "node", "node", "--test", "--test-reporter=tap", file)
			passed(t, sdk, out, "(?m)^ok \\d+ - %s$")
		})
	}
}

func TestPython(t *testing.T) {
	needs(t, ".venv", "bin/python")
	python, err := filepath.Abs(".venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	for sdk, module := range map[string]string{
		"openai-python": "test_openai", "portkey-python": "test_portkey", "anthropic-python": "test_anthropic", "langchain-openai": "test_langchain",
	} {
		t.Run(sdk, func(t *testing.T) {
			// Warnings of an SDK, that a model is old and the like, would
			// stand between a test and its "ok".
			out := runner(t, "python", python, "-W", "ignore", "-m", "unittest", "-v", module)
			passed(t, sdk, out, "(?m)^test_%s .*ok$")
		})
	}
}

// forget clears the mock's log, so that the scenarios can be run again.
func forget(t *testing.T) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, running.mock+"/_mock/requests", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

// needs fails, with what to do, when SDKs are not installed.
func needs(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Fatalf("%s is missing in test/e2e: the SDKs are not installed. Run `make test-e2e` in the root of the repository; it installs them (Node 20 and Python 3.11 or newer).", filepath.Join(dir, name))
		}
	}
}

// runner runs the tests of one SDK in their own process.
func runner(t *testing.T, dir, command string, args ...string) string {
	t.Helper()
	forget(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GATEWAY="+running.gateway, "MOCK="+running.mock, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is not installed: %v. `make test-e2e` needs Node 20 and Python 3.11 or newer.", command, err)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// passed compares what ran with scenarios.md and tells it in a line each.
func passed(t *testing.T, sdk, out, pattern string) {
	t.Helper()
	for _, name := range namesFor(t, sdk) {
		ok := regexp.MustCompile(fmt.Sprintf(pattern, name)).MatchString(out)
		switch excused := cannot(t, sdk, name); {
		case ok && excused:
			t.Errorf("%s passes after all: take it out of the last table of scenarios.md", name)
		case ok:
			t.Logf("%-22s %s", name, "ok")
		case excused:
			t.Logf("%-22s %s", name, "cannot, see scenarios.md")
		default:
			t.Errorf("%-22s %s", name, "did not pass")
		}
	}
}
