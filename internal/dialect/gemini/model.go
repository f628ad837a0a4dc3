package gemini

import (
	"strconv"
	"strings"

	"sluice/internal/llm"
)

// card is what a request must know about a model. The first entry whose name
// is part of the model's decides (wire formats, Gemini thinking; Gemini API,
// thinking; read 2026-11-24).
type card struct {
	name     string
	thinking thinking
	levels   []string // of thinking, from least to most
	least    int64    // budget; 0: can be switched off
	most     int64
	proofs   bool // calls must come back with their signature
	media    bool // results may hold media
	subset   bool // schemas in the API's own language only
	noSystem bool // no place for instructions
}

// thinking is how a model is asked to think.
type thinking uint8

const (
	never thinking = iota
	budgeted
	leveled
)

var (
	allLevels = []string{"minimal", "low", "medium", "high"}
	proLevels = []string{"low", "medium", "high"}
)

var cards = []card{
	{name: "gemma", noSystem: true},
	{name: "gemini-1.0", subset: true, noSystem: true},
	{name: "gemini-1.5", subset: true},
	{name: "gemini-2.0"},
	{name: "gemini-2.5-pro", thinking: budgeted, least: 128, most: 32768},
	{name: "gemini-2.5-flash-lite", thinking: budgeted, most: 24576},
	{name: "gemini-2.5", thinking: budgeted, most: 24576},
	{name: "gemini-3-pro", thinking: leveled, levels: []string{"low", "high"}, proofs: true, media: true},
	{name: "gemini-pro-latest", thinking: leveled, levels: proLevels, proofs: true, media: true},
	{name: "gemini-flash", thinking: leveled, levels: allLevels, proofs: true, media: true},
}

// cardOf takes a model that no entry names for one of a newer generation.
func cardOf(model string) *card {
	for i := range cards {
		if strings.Contains(model, cards[i].name) {
			return &cards[i]
		}
	}
	c := &card{name: model, thinking: leveled, levels: allLevels, proofs: true, media: true}
	if strings.Contains(model, "-pro") {
		c.levels = proLevels
	}
	if !newer(model) {
		c.proofs = false
	}
	return c
}

// newer reports whether the model's name tells a generation from the third on.
func newer(model string) bool {
	_, rest, ok := strings.Cut(model, "gemini-")
	if !ok {
		return false
	}
	digits, _, _ := strings.Cut(strings.SplitN(rest, "-", 2)[0], ".")
	n, err := strconv.Atoi(digits)
	return err == nil && n >= 3
}

// budgets are how many tokens an effort may think (Gemini API, OpenAI
// compatibility).
var budgets = map[string]int64{"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}

// ranks order the efforts of all dialects.
var ranks = map[string]int{"none": 0, "minimal": 1, "low": 2, "medium": 3, "high": 4, "xhigh": 5, "max": 6}

// level is the step of the model next to an effort, upwards if there is one,
// and whether it is the very same.
func (c *card) level(effort string) (word string, same bool) {
	for _, l := range c.levels {
		if ranks[l] >= ranks[effort] {
			return l, l == effort
		}
	}
	return c.levels[len(c.levels)-1], false
}

// The budgets up to which an effort is low and medium (wire formats, Messages
// API as the client surface).
const (
	lowBudget    = 2048
	mediumBudget = 8192
)

// effortOf is the effort that a budget stands for.
func effortOf(r *llm.Reasoning) string {
	switch {
	case r.Mode == llm.ThinkOff:
		return "none"
	case r.Budget == nil:
		return r.Effort
	case *r.Budget <= lowBudget:
		return "low"
	case *r.Budget <= mediumBudget:
		return "medium"
	}
	return "high"
}
