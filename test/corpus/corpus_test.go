// Package corpus_test runs the gateway against recorded provider traffic and
// contract cases that live outside this repository: the folder that
// SLUICE_CORPUS names holds recordings, cases and the two programs that judge.
package corpus_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/internal/app"
	"sluice/internal/config"
)

// corpus is the folder, or the test is skipped with the reason.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SLUICE_CORPUS")
	if dir == "" {
		t.Skip("SLUICE_CORPUS is not set: no recorded traffic to test against")
	}
	return dir
}

// gateway serves on loopback and returns its base URL.
func gateway(t *testing.T) string {
	t.Helper()
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1,localhost", true
	a, err := app.New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.Egress.Own(netip.MustParseAddrPort(l.Addr().String()))
	srv := a.HTTPServer()
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); a.Close() })
	return "http://" + l.Addr().String()
}

// judge runs one of the programs and returns what it printed.
func judge(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "python3", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// later are the cases of features this version does not have.
const later = `^(?!.*(guardrail|hook|regex-replace|model-whitelist|jwt|cache|admin))`

func TestContract(t *testing.T) {
	dir := corpus(t)
	out := judge(t, dir, "tools/contract.py", "--gateway", gateway(t), "--cases", "spec/contract-cases.jsonl", "--only", later)
	if !regexp.MustCompile(`(?m)^\d{2,} passed, 0 failed, 0 skipped$`).MatchString(out) {
		t.Errorf("%s", out)
	}
	t.Log(lastLine(out))
}

// doors are what clients speak and to whom, with the number of exchanges that
// docs/fidelity.md names as exceptions.
var doors = []struct {
	name       string
	args       []string
	exceptions int
}{
	{"from OpenAI to all", nil, 3},
	{"same", []string{"--door", "same"}, 0},
	{"to OpenAI", []string{"--door", "to-openai", "--also-streamed"}, 0},
	{"to Anthropic", []string{"--door", "to-anthropic", "--also-streamed"}, 12},
	{"to Gemini", []string{"--door", "to-gemini", "--also-streamed"}, 0},
}

var bothClean = regexp.MustCompile(`; both: (\d+)/(\d+)`)

func TestFidelity(t *testing.T) {
	dir := corpus(t)
	base := gateway(t)
	for _, d := range doors {
		t.Run(d.name, func(t *testing.T) {
			args := append([]string{
				"tools/fidelity.py", "--corpus", "recordings", "--gateway", base, "--openapi", "spec/openai-openapi.json",
				"--report", filepath.Join(t.TempDir(), "report.json"),
			}, d.args...)
			out := judge(t, dir, args...)
			m := bothClean.FindStringSubmatch(out)
			if m == nil {
				t.Fatalf("no result:\n%s", out)
			}
			clean, _ := strconv.Atoi(m[1])
			all, _ := strconv.Atoi(m[2])
			if all == 0 || all-clean > d.exceptions {
				t.Errorf("%d of %d are clean, and %d exceptions are named in docs/fidelity.md:\n%s", clean, all, d.exceptions, out)
			}
			t.Logf("%d of %d exchanges are clean in both directions", clean, all)
		})
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
