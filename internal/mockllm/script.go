package mockllm

import (
	"fmt"
	"strings"

	"sluice/internal/jsonx"
)

// script is what will be said.
type script struct {
	Thought []string // pieces of the reasoning that comes first
	Text    []string // pieces; each is a token, and an event of a stream
	Calls   []call
	Finish  finish
	Stop    string // the stop sequence that ended the text
	Input   int    // tokens
	Cached  int    // of them read from the cache
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

// Output is how many tokens the script costs, its reasoning included.
func (s script) Output() int {
	n := len(s.Thought) + len(s.Text)
	for _, c := range s.Calls {
		n += 1 + len(pieces(c.Arguments))
	}
	return n
}

// write makes the script for a request.
func write(c cue, a ask) script {
	s := script{Input: a.Input}
	if c.Cached {
		s.Cached = max(a.Input-1, 0)
	}
	if c.Think {
		s.Thought = pieces("The user said: " + a.Words + " - I have to think about that.")
	}
	if s.Calls = calls(c, a); len(s.Calls) > 0 {
		s.Finish = finishCalls
		return s
	}
	var text string
	text, s.Stop = stopped(answerText(c, a), a.Stop)
	s.Text = pieces(text)
	if a.MaxTokens > 0 && len(s.Text) > a.MaxTokens {
		s.Text, s.Finish, s.Stop = s.Text[:a.MaxTokens], finishLength, ""
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
	case a.Words == "" && len(a.Media) == 0:
		return "Hello from the mock provider."
	}
	text := "You said: " + a.Words + " - and this is the mock provider answering."
	for _, m := range a.Media {
		text += " It sees " + m + "."
	}
	return text
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

// stopped is the text up to the first stop sequence in it, and that sequence.
func stopped(text string, stops []string) (before, hit string) {
	for _, stop := range stops {
		if i := strings.Index(text, stop); stop != "" && i >= 0 {
			text, hit = text[:i], stop
		}
	}
	return text, hit
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
