package mockllm

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/jsonx"
)

// pairs holds the messages to the rules that the API refuses to bend (Claude
// API, tool use; the sentences are its own).
func pairs(messages jsonx.Value) *failure {
	var open []string
	at, asked := 0, 0 // asked is where the calls stand
	for m := range jsonx.Elements(messages) {
		role, _ := jsonx.Text(jsonx.At(m, "role"))
		if role == "assistant" && len(open) > 0 {
			break
		}
		var failed *failure
		if open, failed = pairsOf(m, role, at, open); failed != nil {
			return failed
		}
		if role == "assistant" {
			asked = at
		}
		at++
	}
	if len(open) > 0 {
		return refused(fmt.Sprintf("messages.%d", asked), "`tool_use` ids were found without `tool_result` blocks immediately after: %s."+
			" Each `tool_use` block must have a corresponding `tool_result` block in the next message.", strings.Join(open, ", "))
	}
	return nil
}

// pairsOf follows one message; open are the calls without a result so far.
func pairsOf(message jsonx.Value, role string, at int, open []string) ([]string, *failure) {
	n := 0
	for block := range jsonx.Elements(jsonx.At(message, "content")) {
		kind, _ := jsonx.Text(jsonx.At(block, "type"))
		place := fmt.Sprintf("messages.%d.content.%d", at, n)
		switch {
		case kind == "tool_use" && role == "assistant":
			id, _ := jsonx.Text(jsonx.At(block, "id"))
			if jsonx.KindOf(jsonx.At(block, "input")) != jsonx.Composite {
				return nil, refused(place+".tool_use.input", "Input should be a valid dictionary")
			}
			open = append(open, id)
		case kind == "tool_result":
			id, _ := jsonx.Text(jsonx.At(block, "tool_use_id"))
			i := slices.Index(open, id)
			if i < 0 {
				return nil, refused(place, "unexpected `tool_use_id` found in `tool_result` blocks: %s."+
					" Each `tool_result` block must have a corresponding `tool_use` block in the previous message.", id)
			}
			open = slices.Delete(open, i, i+1)
		case kind == "text":
			if text, _ := jsonx.Text(jsonx.At(block, "text")); strings.TrimSpace(text) == "" {
				return nil, invalid(place, "messages: text content blocks must be non-empty")
			}
		}
		n++
	}
	return open, nil
}

// returned checks the reasoning that comes back (Claude API, extended
// thinking, preserving thinking blocks): what this provider signed must be
// unchanged, and within a running tool loop it must be there.
func returned(seals sealer, messages jsonx.Value) *failure {
	running := lastWords(messages)
	at := 0
	for m := range jsonx.Elements(messages) {
		if role, _ := jsonx.Text(jsonx.At(m, "role")); role == "assistant" {
			if failed := returnedIn(seals, m, at, at > running); failed != nil {
				return failed
			}
		}
		at++
	}
	return nil
}

// lastWords is the place of the last message in which the user speaks.
func lastWords(messages jsonx.Value) (last int) {
	at := 0
	for m := range jsonx.Elements(messages) {
		role, _ := jsonx.Text(jsonx.At(m, "role"))
		if text, media := anthropicContent(jsonx.At(m, "content")); role == "user" && (text != "" || len(media) > 0) {
			last = at
		}
		at++
	}
	return last
}

func returnedIn(seals sealer, message jsonx.Value, at int, running bool) *failure {
	proven := map[int]bool{} // turns
	n := 0
	first := ""
	for block := range jsonx.Elements(jsonx.At(message, "content")) {
		kind, _ := jsonx.Text(jsonx.At(block, "type"))
		if n == 0 {
			first = kind
		}
		switch kind {
		case "thinking":
			turn, failed := provenThought(seals, block, fmt.Sprintf("messages.%d.content.%d", at, n))
			if failed != nil {
				return failed
			}
			proven[turn] = true
		case "tool_use":
			id, _ := jsonx.Text(jsonx.At(block, "id"))
			if turn, _, ok := thoughtful(anthropicCallID, id); ok && running && !proven[turn] {
				return refused(fmt.Sprintf("messages.%d.content.0.type", at), "Expected `thinking` or `redacted_thinking`, but found `%s`."+
					" When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."+ //nolint:misspell // the API's own words
					" We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`."+
					" Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking", first)
			}
		}
		n++
	}
	return nil
}

// provenThought returns the turn of a thinking block; -1 where the signature
// is from elsewhere, about which this provider cannot judge.
func provenThought(seals sealer, block jsonx.Value, place string) (int, *failure) {
	thought, _ := jsonx.Text(jsonx.At(block, "thinking"))
	signature, _ := jsonx.Text(jsonx.At(block, "signature"))
	se, ours := seals.read(signature)
	if !ours {
		return -1, nil
	}
	if _, ok := seals.genuine(signature, markAnthropic, ""); !ok {
		return 0, refused(place, "Invalid `signature` in `thinking` block")
	}
	if se.thought != digest(thought) {
		return 0, refused(place, "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified."+
			" These blocks must remain as they were in the original response.")
	}
	return se.turn, nil
}
