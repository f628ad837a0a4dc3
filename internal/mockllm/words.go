package mockllm

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Word is something to say to the mock, and what happens then.
type Word struct {
	Say, Does string

	match *regexp.Regexp
	apply func(*cue, []string)
}

// Words lists all of them, for the help of `sluice mock` and the guides.
var Words = []Word{
	{
		"error 429", "answers with that status, from 400 to 599; a 429 carries retry-after-ms",
		regexp.MustCompile(`\berror ([45]\d\d)\b`),
		func(c *cue, m []string) { c.Status = number(m[1]) },
	},
	{
		"error 503 once", "fails once (twice, 4 times) and then answers the same request",
		regexp.MustCompile(`\berror [45]\d\d (once|twice|(\d{1,3}) times)\b`),
		func(c *cue, m []string) { c.Times = map[string]int{"once": 1, "twice": 2}[m[1]] + number(m[2]) },
	},
	{
		"slow", "waits 2 s before it answers; or as long as it says: slow 500ms",
		regexp.MustCompile(`\bslow\b(?: (\d{1,6}(?:\.\d{1,3})?(?:ms|s)))?`),
		func(c *cue, m []string) { c.Latency = duration(m[1], 2*time.Second) },
	},
	{
		"drip", "waits 100 ms between the events of a stream; or as long as it says: drip 50ms",
		regexp.MustCompile(`\bdrip\b(?: (\d{1,6}(?:\.\d{1,3})?(?:ms|s)))?`),
		func(c *cue, m []string) { c.Pause = duration(m[1], 100*time.Millisecond) },
	},
	{
		"long 50", "answers with 50 words, each an event of its own in a stream",
		regexp.MustCompile(`\blong (\d{1,5})\b`),
		func(c *cue, m []string) { c.Chunks = number(m[1]) },
	},
	fault("cut", "breaks the connection in the middle of the answer", cut, 3),
	fault("half", "sends half an answer and ends it cleanly", half, 2),
	fault("garbage", "sends a body, or events, that are not JSON", garbage, 0),
	fault("html", "answers 502 with an HTML page", html, 0),
	fault("hang", "never answers, until the client goes away", hang, 0),
	fault("stall", "begins an answer and falls silent, until the client goes away", stall, 2),
	fault("hangup", "closes the connection without an answer", hangup, 0),
	fault("error in stream", "sends an error event after two events; without a stream, status 500", late, 2),
	{
		"tool", "calls the first offered tool; the word weather does the same",
		regexp.MustCompile(`\b(?:tool|weather)\b`),
		func(c *cue, _ []string) { c.Calls = max(c.Calls, 1) },
	},
	{
		"tools", "calls every offered tool, in parallel",
		regexp.MustCompile(`\btools\b`),
		func(c *cue, _ []string) { c.Calls = maxCalls },
	},
	{
		"json", "answers with a JSON object as text",
		regexp.MustCompile(`\bjson\b`),
		func(c *cue, _ []string) { c.JSON = true },
	},
	{
		"think", "shows its reasoning first, with the proof the wire format has for it",
		regexp.MustCompile(`\bthink\b`),
		func(c *cue, _ []string) { c.Think = true },
	},
	{
		"cached", "counts the prompt, but for one token, as read from the cache",
		regexp.MustCompile(`\bcached\b`),
		func(c *cue, _ []string) { c.Cached = true },
	},
}

// maxCalls bounds the tool calls of one answer.
const maxCalls = 128

// fault is the word for an answer that goes wrong, in a stream after so many
// good events.
func fault(say, does string, f faultKind, after int) Word {
	return Word{say, does, regexp.MustCompile(`\b` + say + `\b`), func(c *cue, _ []string) {
		c.Fault, c.After = f, after
	}}
}

// faultKind is a way for an answer to go wrong.
type faultKind int

const (
	none faultKind = iota
	cut
	half
	garbage
	html
	hang
	stall
	hangup
	late
)

// cue is what the options and the words of a request ask for.
type cue struct {
	Latency, Pause time.Duration
	Status         int // fail with it; 0: do not
	Times          int // only the first so many times; 0: always
	Fault          faultKind
	After          int // good events before the fault
	Chunks         int // words of the answer; 0: as it comes
	Calls          int // tools to call
	JSON           bool
	Think          bool
	Cached         bool
}

// cue reads the words of a request that came same times.
func (s *Server) cue(a ask, same int) cue {
	c := cue{Latency: s.opts.Latency, Pause: s.opts.ChunkDelay, Status: s.opts.ErrorStatus, Chunks: s.opts.Chunks}
	if s.opts.CutAfter > 0 && a.Stream {
		c.Fault, c.After = cut, s.opts.CutAfter
	}
	text := strings.ToLower(a.Words)
	if rest, ok := strings.CutPrefix(a.Model, "mock-"); ok {
		text += "\n" + strings.ReplaceAll(strings.ToLower(rest), "-", " ")
	}
	for _, w := range Words {
		if m := w.match.FindStringSubmatch(text); m != nil {
			w.apply(&c, m)
		}
	}
	if c.Times > 0 && same > c.Times {
		c.Status = 0
	}
	return c
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the patterns let only short numbers through, or nothing
	return n
}

func duration(text string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return otherwise
}
