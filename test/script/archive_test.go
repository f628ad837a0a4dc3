package script_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// script is one archive: what is served, what is sent, what is expected.
type script struct {
	files   map[string][]byte
	answers []message
	steps   []step
}

// step is one request with its expectations.
type step struct {
	request message
	wants   []want
}

// want is one line of expectations.
type want struct {
	text string
	word string
	rest string
}

// The marks of requests and of answers. README.md says what they mean.
var (
	requestMarks = []string{"raw", "escaped", "chunked", "leave", "again", "later"}
	answerMarks  = []string{"escaped", "chunked", "delay", "gap", "close", "abort", "hang", "gzip", "to", "early", "bytewise", "endless", "amazon", "damage"}
)

// others are the files that are neither steps nor answers.
var others = []string{"sluice.yaml", "env", "dice", "clock"}

// parseScript reads an archive, after vars were put in.
func parseScript(a *txtar.Archive, vars *strings.Replacer) (*script, error) {
	if len(strings.TrimSpace(string(a.Comment))) == 0 {
		return nil, fmt.Errorf("the archive does not say what it pins")
	}
	s := &script{files: map[string][]byte{}}
	for _, f := range a.Files {
		if s.files[f.Name] != nil {
			return nil, fmt.Errorf("%s is there twice", f.Name)
		}
		s.files[f.Name] = []byte(vars.Replace(repeat(string(f.Data))))
	}
	used := slices.Clone(others)
	for n := 1; s.files[numbered("upstream", n)] != nil; n++ {
		name := numbered("upstream", n)
		m, err := parseMessage(s.files[name], answerMarks)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.answers = append(s.answers, m)
		used = append(used, name)
	}
	if len(s.answers) == 0 {
		s.answers = []message{goodAnswer}
	}
	if s.files["request"] != nil {
		s.files["request/1"], s.files["want/1"] = s.files["request"], s.files["want"]
		delete(s.files, "request")
		delete(s.files, "want")
	}
	for n := 1; s.files[numbered("request", n)] != nil; n++ {
		if err := s.step(n); err != nil {
			return nil, err
		}
		used = append(used, numbered("request", n), numbered("want", n))
	}
	if len(s.steps) == 0 {
		return nil, fmt.Errorf("no request")
	}
	return s, s.leftOver(used)
}

// goodAnswer is what the provider says in an archive that has no answers.
var goodAnswer = message{line: "200", marks: map[string]string{}, pieces: [][]byte{[]byte(
	`{"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":` +
		`{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`)}}

func (s *script) step(n int) error {
	m, err := parseMessage(s.files[numbered("request", n)], requestMarks)
	if err != nil {
		return fmt.Errorf("request/%d: %w", n, err)
	}
	st := step{request: m}
	for line := range strings.Lines(string(s.files[numbered("want", n)])) {
		if line = strings.TrimSpace(line); line != "" {
			st.wants = append(st.wants, parseWant(line))
		}
	}
	if len(st.wants) == 0 {
		return fmt.Errorf("want/%d: nothing is expected", n)
	}
	s.steps = append(s.steps, st)
	return nil
}

func parseWant(line string) want {
	word, rest, _ := strings.Cut(line, " ")
	return want{text: line, word: word, rest: strings.TrimSpace(rest)}
}

// leftOver finds files with a name nobody reads: mostly typing errors. Files
// that an expectation names are used by it.
func (s *script) leftOver(used []string) error {
	for _, st := range s.steps {
		for _, w := range st.wants {
			if _, file, ok := strings.Cut(w.rest, "exact "); ok {
				used = append(used, file)
			}
		}
	}
	for name := range s.files {
		if !slices.Contains(used, name) {
			return fmt.Errorf("the file %s is not used", name)
		}
	}
	return nil
}

func numbered(name string, n int) string { return name + "/" + strconv.Itoa(n) }

// repetition is ${text*n}: large inputs without large files.
var repetition = regexp.MustCompile(`\$\{(.+?)\*(\d+)\}`)

func repeat(s string) string {
	return repetition.ReplaceAllStringFunc(s, func(m string) string {
		parts := repetition.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[2]) // the pattern left only digits
		return strings.Repeat(parts[1], n)
	})
}
