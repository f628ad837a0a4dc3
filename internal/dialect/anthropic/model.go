package anthropic

import "strings"

// card is what a request must know about a model. The first entry whose name
// is part of the model's decides (wire formats, default max_tokens by model
// family and reasoning effort; read 2026-11-24).
type card struct {
	name      string
	output    int64 // tokens it can write at most
	thinking  thinking
	knobs     knobs
	schemas   bool // output_config.format
	midSystem bool // role system between the turns
}

// thinking is how a model is asked to think.
type thinking uint8

const (
	never thinking = iota
	budgeted
	adaptive
)

// knobs is which of temperature, top_p and top_k a model takes.
type knobs uint8

const (
	allKnobs knobs = iota
	oneOfTwo       // temperature or top_p
	noneOfKnobs
)

var cards = []card{
	{name: "opus-5", output: 128000, thinking: adaptive, knobs: noneOfKnobs, schemas: true},
	{name: "opus-4-8", output: 128000, thinking: adaptive, knobs: noneOfKnobs, schemas: true, midSystem: true},
	{name: "opus-4-7", output: 128000, thinking: adaptive, knobs: noneOfKnobs, schemas: true},
	{name: "fable-5", output: 128000, thinking: adaptive, knobs: noneOfKnobs, schemas: true, midSystem: true},
	{name: "sonnet-5", output: 128000, thinking: adaptive, knobs: noneOfKnobs, schemas: true},
	{name: "sonnet-4-6", output: 128000, thinking: adaptive, knobs: oneOfTwo, schemas: true},
	{name: "opus-4-6", output: 128000, thinking: adaptive, knobs: oneOfTwo, schemas: true},
	{name: "sonnet-4-5", output: 64000, thinking: budgeted, knobs: oneOfTwo, schemas: true},
	{name: "opus-4-5", output: 64000, thinking: budgeted, knobs: oneOfTwo, schemas: true},
	{name: "haiku-4-5", output: 64000, thinking: budgeted, knobs: oneOfTwo, schemas: true},
	{name: "opus-4-1", output: 32000, thinking: budgeted, knobs: oneOfTwo, schemas: true},
	{name: "opus-4", output: 32000, thinking: budgeted},
	{name: "sonnet-4", output: 64000, thinking: budgeted},
	{name: "claude-3-7", output: 64000, thinking: budgeted},
	{name: "claude-3-5", output: 8192},
	{name: "claude-3", output: 4096},
	{name: "claude-2", output: 4096},
	{name: "claude-instant", output: 4096},
	{name: "claude", output: 64000, thinking: adaptive, schemas: true},
	{output: 4096, thinking: budgeted, schemas: true}, // a name of somebody else's
}

func cardOf(model string) *card {
	for i := range cards {
		if strings.Contains(model, cards[i].name) {
			return &cards[i]
		}
	}
	return &cards[len(cards)-1]
}

// longestUnary is how many tokens fit into ten minutes, the limit of an answer
// that is not a stream; the vendor's own SDKs refuse more.
const longestUnary = 21333

func (c *card) maxTokens(stream bool) int64 {
	if stream {
		return c.output
	}
	return min(c.output, longestUnary)
}

// rejectsPrefill: models since opus-4-6 answer 400 to a prompt that ends with
// an assistant's turn.
func (c *card) rejectsPrefill() bool { return c.thinking == adaptive && c.name != "claude" }
