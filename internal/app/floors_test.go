package app_test

import (
	"os/exec"
	"path"
	"strings"
	"testing"
)

// floors is the table of ADR 0001. A folder belongs to the floor of the
// longest name that covers it.
var floors = map[string]int{
	"providers":          0,
	"internal/jsonx":     0,
	"internal/secret":    0,
	"internal/framing":   0,
	"internal/recent":    0,
	"internal/cancel":    0,
	"internal/llm":       1,
	"internal/egress":    1,
	"internal/http1":     1,
	"internal/dialect":   2,
	"internal/provider":  3,
	"internal/config":    3,
	"internal/policy":    4,
	"internal/seal":      4,
	"internal/auth":      4,
	"internal/route":     5,
	"internal/upstream":  5,
	"internal/gateway":   6,
	"internal/telemetry": 6,
	"internal/server":    7,
	"internal/mockllm":   7,
	"internal/app":       8,
	"cmd/sluice":         9,
	"tools":              9,
	"test":               9,
	"bench":              9,
}

func floorOf(pkg string) (floor int, ok bool) {
	for dir := pkg; dir != "."; dir = path.Dir(dir) {
		if floor, ok = floors[dir]; ok {
			return floor, true
		}
	}
	return 0, false
}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "sluice/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(fields[0], "sluice/")
		floor, ok := floorOf(from)
		if !ok {
			t.Errorf("%s has no floor: give it one in ADR 0001 and here", from)
			continue
		}
		seen++
		for _, imported := range fields[1:] {
			to, ours := strings.CutPrefix(imported, "sluice/")
			if !ours || mayImport(from, to) {
				continue
			}
			if below, ok := floorOf(to); !ok || below >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d)", from, floor, to, below)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

// mayImport are the two ways within a family: a folder its parent, and the
// list of all members its siblings. A conformance suite stands beside them.
func mayImport(from, to string) bool {
	return path.Dir(from) == to || path.Base(from) == "all" && path.Dir(from) == path.Dir(to)
}

func TestOnlyJsonxKnowsJSON(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "sluice/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for _, imported := range fields[1:] {
			json := imported == "encoding/json" || strings.HasPrefix(imported, "github.com/go-json-experiment/json")
			if json && fields[0] != "sluice/internal/jsonx" {
				t.Errorf("%s imports %s: JSON only through internal/jsonx", fields[0], imported)
			}
		}
	}
}

// TestOnlyEgressDials keeps every outbound connection behind the one dialer
// (S10, S16): nobody else may dial or use a client with a dialer of its own.
func TestOnlyEgressDials(t *testing.T) {
	out, err := exec.Command("grep", "-rnE", `net\.Dial|net\.Dialer|http\.(Get|Post|PostForm|Head)\(|http\.DefaultClient|http\.DefaultTransport|http\.Client\{`, "--include=*.go", "..").Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		file, _, _ := strings.Cut(line, ":")
		if !strings.HasSuffix(file, "_test.go") && !strings.HasPrefix(file, "../egress/") && !strings.Contains(file, "test/") {
			t.Errorf("dials outside internal/egress: %s", strings.TrimSpace(line))
		}
	}
}

// TestNothingIsSpawned is S17: no package of ours can start a process or load
// a plugin, and files are read where the operator names them only.
func TestNothingIsSpawned(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "sluice/cmd/...", "sluice/internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for _, imported := range fields[1:] {
			if imported == "os/exec" || imported == "plugin" {
				t.Errorf("%s imports %s", fields[0], imported)
			}
		}
	}
	out, _ = exec.Command("grep", "-rnE", `os\.(ReadFile|Open|OpenFile|ReadDir|DirFS|StartProcess)|syscall\.(Exec|ForkExec)`, "--include=*.go", "..").Output() // nothing found is no failure
	for line := range strings.Lines(string(out)) {
		file, _, _ := strings.Cut(strings.TrimPrefix(line, "../"), ":")
		switch {
		case strings.HasSuffix(file, "_test.go"), path.Base(path.Dir(file)) == "dialecttest", path.Base(path.Dir(file)) == "providertest":
		case file == "config/load.go", file == "app/check.go", strings.HasPrefix(file, "auth/"): // the server file, a file to check, key files that settings of the machine name
		case file == "telemetry/process.go": // how much memory we have, from the system
		default:
			t.Errorf("reads files or starts processes: %s", strings.TrimSpace(line))
		}
	}
}
