package bedrock

import "strings"

// card is what a request must know about a model: which words its family takes
// in additionalModelRequestFields, and what of Converse it does not know. The
// first entry whose name is part of the model's id decides; regional prefixes
// and the parts of an ARN do not matter to that (wire formats, Converse
// request; Amazon Bedrock user guide, inference request parameters and supported
// models and features; read 2026-11-24).
type card struct {
	name     string
	thinking thinking
	effort   []string          // path of the word for how much to think, in the family's fields
	words    map[string]string // what it calls our efforts; missing: cannot be said
	output   int64             // tokens it can write at most, where it thinks with a budget
	proofs   bool              // it wants its thinking back with the proof
	force    force
	marks    marks
	topK     []string // path of the knob in the family's fields; nil: has none
	others   bool     // it takes the penalties and a seed there too
	knobs    knobs
	schemas  bool // outputConfig.textFormat, and strict tools
	shortIDs bool // ids of calls have exactly nine letters and digits
	single   bool // can be told to make one call at a time
	noEcho   bool // refuses a last turn that is its own
	begins   bool // takes a talk that begins with its own turn (recorded: bedrock-converse-d4ae77eb2bff)
}

// thinking is how a model is asked to think.
type thinking uint8

const (
	never    thinking = iota
	budgeted          // thinking.budget_tokens
	adaptive          // thinking.type adaptive, and an effort
	worded            // an effort alone
	switched          // an effort, and a switch (Nova)
)

// force is what kinds of tool choice a model can be held to.
type force uint8

const (
	anyOrTool force = iota
	anyOnly
	noForce
)

// marks is where a model takes cache marks.
type marks uint8

const (
	noMarks marks = iota
	turnMarks
	allMarks // on tools too
)

// knobs is which of temperature, top_p and top_k a model takes.
type knobs uint8

const (
	allKnobs knobs = iota
	oneOfTwo       // temperature or top_p
	noneOfKnobs
)

var (
	topK     = []string{"top_k"}
	efforts  = map[string]string{"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
	noXhigh  = map[string]string{"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "max", "max": "max"}
	three    = map[string]string{"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
	inOutput = []string{"output_config", "effort"}
)

// newClaude is a model that chooses its thinking itself.
func newClaude(name string, k knobs, words map[string]string) card {
	return card{
		name: name, thinking: adaptive, effort: inOutput, words: words, output: 128000, proofs: true, marks: allMarks,
		topK: topK, knobs: k, schemas: true, single: true, noEcho: true, begins: true,
	}
}

// oldClaude is one that thinks with a budget; an output of 0 never thinks.
func oldClaude(name string, output int64, k knobs, schemas bool) card {
	c := card{name: name, output: output, proofs: true, marks: allMarks, topK: topK, knobs: k, schemas: schemas, single: true, begins: true}
	if output > 0 {
		c.thinking = budgeted
	}
	return c
}

var cards = []card{
	newClaude("opus-5", noneOfKnobs, efforts),
	newClaude("opus-4-8", noneOfKnobs, efforts),
	newClaude("opus-4-7", noneOfKnobs, efforts),
	newClaude("fable-5", noneOfKnobs, efforts),
	newClaude("sonnet-5", noneOfKnobs, efforts),
	newClaude("sonnet-4-6", oneOfTwo, noXhigh),
	newClaude("opus-4-6", oneOfTwo, noXhigh),
	oldClaude("sonnet-4-5", 64000, oneOfTwo, true),
	oldClaude("opus-4-5", 64000, oneOfTwo, true),
	oldClaude("haiku-4-5", 64000, oneOfTwo, true),
	oldClaude("opus-4-1", 32000, oneOfTwo, false),
	oldClaude("opus-4", 32000, allKnobs, false),
	oldClaude("sonnet-4", 64000, allKnobs, false),
	oldClaude("claude-3-7", 64000, allKnobs, false),
	oldClaude("claude-3", 0, allKnobs, false),
	oldClaude("claude-v2", 0, allKnobs, false),
	oldClaude("claude-instant", 0, allKnobs, false),
	newClaude("claude", allKnobs, efforts),
	// What is behind a profile of the customer's own cannot be seen: it may be
	// Claude, whose thinking must come back as it was.
	newClaude("application-inference-profile/", allKnobs, efforts),
	{name: "nova-2-sonic", force: noForce},
	{
		name: "nova-2", thinking: switched, effort: []string{"reasoningConfig", "maxReasoningEffort"}, words: three,
		marks: turnMarks, topK: []string{"inferenceConfig", "topK"},
	},
	{name: "nova", marks: turnMarks, topK: []string{"inferenceConfig", "topK"}},
	{name: "titan", force: noForce},
	{name: "llama", force: noForce},
	{name: "mistral", force: anyOnly, topK: topK, shortIDs: true},
	{name: "pixtral", force: anyOnly, topK: topK, shortIDs: true},
	{name: "ministral", force: anyOnly, topK: topK, shortIDs: true, schemas: true},
	{name: "magistral", force: anyOnly, topK: topK, shortIDs: true, schemas: true},
	{name: "voxtral", force: anyOnly, topK: topK, shortIDs: true, schemas: true},
	{name: "cohere", force: noForce, topK: []string{"k"}, others: true},
	{name: "ai21", force: noForce, others: true},
	{name: "jamba", force: noForce, others: true},
	{name: "gpt-oss", thinking: worded, effort: []string{"reasoning_effort"}, words: three, schemas: true},
	{name: "qwen3-vl", schemas: true},
	{name: "qwen3-coder", schemas: true},
	{name: "qwen", thinking: worded, effort: []string{"reasoning_config"}, words: three, schemas: true},
	{name: "deepseek.r1", force: noForce},
	{name: "deepseek", thinking: worded, effort: []string{"reasoning_config"}, words: three, schemas: true},
	{schemas: true}, // somebody newer
}

func cardOf(model string) *card {
	for i := range cards {
		if strings.Contains(model, cards[i].name) {
			return &cards[i]
		}
	}
	return &cards[len(cards)-1]
}
