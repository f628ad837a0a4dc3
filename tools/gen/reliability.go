package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The files of the reliability page: what is promised, what was measured, and
// the page itself.
const (
	rulesFile   = "docs/reliability-rules.yaml"
	figuresFile = "docs/reliability-figures.yaml"
	rulesPage   = "docs/reliability.md"
)

// ruleBook is what rulesFile says.
type ruleBook struct {
	Pending []string
	Groups  []struct {
		Title string
		Rules yaml.Node // kept in its order
	}
	Patterns map[string]string
}

type figure struct{ Figure, Date string }

// rule is one promise with the tests that prove it.
type rule struct {
	group, id, promise string
	evidence           []string // files, sorted
}

const reliabilityHead = `# Reliability

What Sluice promises, the tests that prove it, and what was measured last. A rule's evidence is every test whose comment names it: this page is made from the
tests by ` + "`go run ./tools/gen`" + `, and a test fails when a rule has none. Scripts are under [test/script](../test/script/README.md). ` + "`make soak`" + ` runs the
abuse tests for longer.
`

// reliability writes the page; ok is false where there are no rules.
func reliability(root string) (text string, ok bool, err error) {
	book, rules, err := readRules(root)
	if os.IsNotExist(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	figures := map[string]figure{}
	if raw, err := os.ReadFile(filepath.Join(root, figuresFile)); err == nil {
		if err := yaml.Unmarshal(raw, &figures); err != nil {
			return "", false, fmt.Errorf("%s: %w", figuresFile, err)
		}
	}
	var b strings.Builder
	b.WriteString(reliabilityHead)
	group := ""
	for _, r := range rules {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&b, "\n## %s\n\n| rule | promise | tests | measured |\n|---|---|---|---|\n", group)
		}
		measured := ""
		if f, ok := figures[r.id]; ok {
			measured = f.Figure + " (" + f.Date + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, cell(r.promise), tests(r, book), cell(measured))
	}
	return b.String(), true, nil
}

func tests(r rule, book *ruleBook) string {
	if len(r.evidence) == 0 {
		if slices.Contains(book.Pending, r.id) {
			return "no test yet"
		}
		return ""
	}
	const scripts = "test/script/testdata/"
	var out []string
	byDir := map[string][]string{}
	for _, file := range r.evidence {
		if rest, ok := strings.CutPrefix(file, scripts); ok {
			byDir[path.Dir(rest)] = append(byDir[path.Dir(rest)], strings.TrimSuffix(path.Base(rest), ".txtar"))
			continue
		}
		out = append(out, fmt.Sprintf("[%s](../%s)", strings.TrimSuffix(strings.TrimPrefix(file, "internal/"), "_test.go"), file))
	}
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		out = append(out, fmt.Sprintf("scripts `%s/`: %s", dir, strings.Join(byDir[dir], ", ")))
	}
	return strings.Join(out, "; ")
}

// readRules joins the promises with their evidence, in the order of the file.
func readRules(root string) (*ruleBook, []rule, error) {
	raw, err := os.ReadFile(filepath.Join(root, rulesFile))
	if err != nil {
		return nil, nil, err
	}
	book := &ruleBook{}
	if err := yaml.Unmarshal(raw, book); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", rulesFile, err)
	}
	var rules []rule
	var patterns []*regexp.Regexp
	for i := range book.Groups {
		g := &book.Groups[i]
		for j := 0; j+1 < len(g.Rules.Content); j += 2 {
			id := g.Rules.Content[j].Value
			rules = append(rules, rule{group: g.Title, id: id, promise: g.Rules.Content[j+1].Value})
			pattern := `\b` + id + `\b`
			if p, ok := book.Patterns[id]; ok {
				pattern = p
			}
			patterns = append(patterns, regexp.MustCompile(pattern))
		}
	}
	err = eachTest(root, func(name, comments string) {
		for i := range rules {
			if patterns[i].MatchString(comments) {
				rules[i].evidence = append(rules[i].evidence, name)
			}
		}
	})
	return book, rules, err
}

// eachTest calls f with the comments of every test, and of every script.
func eachTest(root string, f func(name, comments string)) error {
	return filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == ".venv" || name == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		goTest, script := strings.HasSuffix(file, "_test.go"), strings.HasSuffix(file, ".txtar")
		if !goTest && !script {
			return nil
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		comments := ""
		if script {
			comments, _, _ = strings.Cut(string(raw), "\n-- ")
		} else {
			comments = goComments(string(raw))
		}
		f(filepath.ToSlash(name), comments)
		return nil
	})
}

func goComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if comment, ok := strings.CutPrefix(strings.TrimSpace(line), "//"); ok {
			b.WriteString(comment + "\n")
		}
	}
	return b.String()
}
