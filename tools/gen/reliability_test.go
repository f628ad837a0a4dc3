package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryRuleHasATest: a rule without evidence stands among the pending, and
// only such a rule does.
func TestEveryRuleHasATest(t *testing.T) {
	book, rules, err := readRules(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) < 50 {
		t.Fatalf("only %d rules", len(rules))
	}
	for _, r := range rules {
		switch pending := slices.Contains(book.Pending, r.id); {
		case len(r.evidence) == 0 && !pending:
			t.Errorf("%s has no test: %s", r.id, r.promise)
		case len(r.evidence) > 0 && pending:
			t.Errorf("%s is pending, but %s names it: take it off the list in %s", r.id, r.evidence[0], rulesFile)
		}
	}
}

// TestEvidenceIsInComments: what a test does not say in a comment is none.
func TestEvidenceIsInComments(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		rulesFile:                  "groups:\n- title: A\n  rules:\n    R10: a\n    R11: b\n    S12: c\n",
		"x/a_test.go":              "package x\n\n// TestA is R10.\nfunc TestA() { _ = \"R11\" }\n",
		"x/a.go":                   "package x\n\n// R11\n",
		"x/testdata/a.txtar":       "R10, S12: about.\n\n-- request --\nR11\n",
		"node_modules/a_test.go":   "// R11\n",
		"x/testdata/longer.txtar":  "R100 and R1 are others.\n\n-- a --\n",
		"x/testdata/ignored.other": "R11",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, rules, err := readRules(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range rules {
		got += r.id + " " + strings.Join(r.evidence, ",") + "\n"
	}
	if want := "R10 x/a_test.go,x/testdata/a.txtar\nR11 \nS12 x/testdata/a.txtar\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestDependenciesAreJustified is S71: each direct one has its row.
func TestDependenciesAreJustified(t *testing.T) {
	page := read(t, "docs/dependencies.md")
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(read(t, "go.mod"), -1)
	if len(direct) < 5 {
		t.Fatalf("only %d dependencies were found", len(direct))
	}
	for _, m := range direct {
		if !strings.Contains(page, "| "+m[1]+" |") {
			t.Errorf("docs/dependencies.md does not say why %s is there", m[1])
		}
	}
}

// TestSecurityPolicy is S72.
func TestSecurityPolicy(t *testing.T) {
	page := read(t, "SECURITY.md")
	for _, want := range []string{"privately", "3 working days", "90 days", "two latest minor versions", "CVE"} {
		if !strings.Contains(page, want) {
			t.Errorf("SECURITY.md does not say %q", want)
		}
	}
}

// fuzzed are the readers of foreign bytes (S70).
var fuzzed = []string{
	"internal/framing FuzzSSE", "internal/framing FuzzAmazon", "internal/framing FuzzLines", "internal/framing FuzzSocket",
	"internal/config FuzzParse", "internal/policy FuzzCompile",
	"internal/jsonx FuzzCheck", "internal/jsonx FuzzMembers",
	"internal/egress FuzzParseURL",
	"internal/upstream FuzzRetryAfter", "internal/upstream FuzzFilterHeader",
	"internal/http1 FuzzRequest", "internal/http1 FuzzAnswer",
	"internal/dialect/anthropic FuzzDecoder", "internal/dialect/bedrock FuzzDecoder", "internal/dialect/cohere FuzzDecoder",
	"internal/dialect/gemini FuzzDecoder", "internal/dialect/openai FuzzDecoder", "internal/dialect/responses FuzzDecoder",
}

// TestFuzzTargets is S70: each has a corpus of its own that is committed, beside
// the seeds its code adds.
func TestFuzzTargets(t *testing.T) {
	for _, line := range fuzzed {
		dir, target, _ := strings.Cut(line, " ")
		tests, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(tests, func(file string) bool {
			raw, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(raw), "func "+target+"(f *testing.F)")
		}) {
			t.Errorf("%s has no %s", dir, target)
		}
		if corpus, _ := filepath.Glob(filepath.Join(root, dir, "testdata/fuzz", target, "*")); len(corpus) == 0 {
			t.Errorf("%s: %s has no committed corpus", dir, target)
		}
	}
}
