package mockllm

import (
	"fmt"
	"strings"

	"sluice/internal/jsonx"
)

// ask is what a request wants, whatever its wire format.
type ask struct {
	Model     string
	Stream    bool
	Words     string   // of the last user message
	Results   []string // of the tools called since then
	Tools     []tool
	Choice    choice
	Tool      string      // the one that must be called
	JSON      bool        // the answer must be JSON
	Schema    jsonx.Value // that it must satisfy; may be absent
	MaxTokens int         // 0: no limit
	Stop      []string
	Input     int // tokens
}

// tool is one that the model is offered.
type tool struct {
	Name   string
	Schema jsonx.Value // of its arguments; may be absent
}

// choice is how free the model is to call tools.
type choice int

const (
	free choice = iota
	forbidden
	required
)

// script is what will be said.
type script struct {
	Text   []string // pieces; each is a token, and an event of a stream
	Calls  []call
	Finish finish
	Input  int // tokens
}

// call is a tool call.
type call struct{ Name, Arguments string }

// finish is why an answer ends.
type finish int

const (
	finishStop finish = iota
	finishLength
	finishCalls
)

// Output is how many tokens the script costs.
func (s script) Output() int {
	n := len(s.Text)
	for _, c := range s.Calls {
		n += 1 + len(pieces(c.Arguments))
	}
	return n
}

// write makes the script for a request.
func write(c cue, a ask) script {
	s := script{Input: a.Input}
	if s.Calls = calls(c, a); len(s.Calls) > 0 {
		s.Finish = finishCalls
		return s
	}
	text := stopped(answerText(c, a), a.Stop)
	s.Text = pieces(text)
	if a.MaxTokens > 0 && len(s.Text) > a.MaxTokens {
		s.Text, s.Finish = s.Text[:a.MaxTokens], finishLength
	}
	return s
}

func calls(c cue, a ask) (out []call) {
	want := c.Calls
	if a.Choice == required {
		want = max(want, 1)
	}
	if a.Choice == forbidden || len(a.Results) > 0 {
		return nil
	}
	for _, t := range a.Tools {
		if len(out) < want && (a.Tool == "" || a.Tool == t.Name) {
			out = append(out, call{t.Name, string(sample(t.Schema))})
		}
	}
	return out
}

func answerText(c cue, a ask) string {
	switch {
	case len(a.Results) > 0:
		return "The tool says: " + strings.Join(a.Results, "; ")
	case a.Schema != nil:
		return string(sample(a.Schema))
	case a.JSON || c.JSON:
		return fmt.Sprintf(`{"answer": %s, "words": %d}`, jsonx.Quote(a.Words), countWords(a.Words))
	case c.Chunks > 0:
		return filler(c.Chunks)
	case a.Words == "":
		return "Hello from the mock provider."
	}
	return "You said: " + a.Words + " - and this is the mock provider answering."
}

var fillerWords = strings.Fields("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor")

// filler is a text of n words.
func filler(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fillerWords[i%len(fillerWords)]
	}
	return strings.Join(words, " ")
}

// stopped is the text up to the first stop sequence in it.
func stopped(text string, stops []string) string {
	for _, stop := range stops {
		if stop != "" {
			text, _, _ = strings.Cut(text, stop)
		}
	}
	return text
}

// pieces cuts a text behind its spaces; joined they are the text again.
func pieces(text string) []string {
	all := strings.SplitAfter(text, " ")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

func countWords(text string) int { return len(strings.Fields(text)) }
