package mockllm

import (
	"encoding/base64"
	"fmt"
	"strings"

	"sluice/internal/jsonx"
)

// ask is what a request wants, whatever its wire format.
type ask struct {
	Model     string
	Stream    bool
	Words     string   // of the last user message
	Media     []string // that came with it, described
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

// hear takes in what the user says. An answer to it begins anew: results of
// tools from before are part of the history.
func (a *ask) hear(text string, media []string) {
	a.Input += countWords(text)
	a.Words, a.Media, a.Results = text, media, nil
}

// learn takes in the result of a tool.
func (a *ask) learn(text string, media []string) {
	a.Input += countWords(text)
	for _, m := range media {
		text += " [" + m + "]"
	}
	a.Results = append(a.Results, strings.TrimSpace(text))
}

// recall takes in what is only context: system prompts and old answers.
func (a *ask) recall(text string) { a.Input += countWords(text) }

// describe names a medium in the answer, so that a test can see that the
// bytes arrived: base64 by its type and size, anything else by its address.
func describe(mediaType, data string) string {
	if rest, ok := strings.CutPrefix(data, "data:"); ok {
		head, body, _ := strings.Cut(rest, ",")
		mediaType, _, _ = strings.Cut(head, ";")
		data = body
	} else if mediaType == "" {
		return data
	}
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return "broken " + mediaType
	}
	return fmt.Sprintf("%s of %d bytes", mediaType, len(raw))
}
