package mockllm

import (
	"fmt"
	"strings"

	"sluice/internal/jsonx"
)

// geminiCallID begins the ids of this voice's function calls.
const geminiCallID = "gem_mock_"

// unchecked are the values the API takes in place of a signature, for
// histories from elsewhere (Gemini API, thought signatures).
var unchecked = map[string]bool{"skip_thought_signature_validator": true, "context_engineering_is_the_way_to_go": true}

// answered holds contents to the rule that each call has its response in the
// next turn (the sentences are the API's own).
func answered(contents jsonx.Value) *failure {
	calls, responses := 0, 0
	for c := range jsonx.Elements(contents) {
		role, _ := jsonx.Text(jsonx.At(c, "role"))
		n := count(jsonx.At(c, "parts"), "functionCall")
		got := count(jsonx.At(c, "parts"), "functionResponse")
		switch {
		case got > 0 && calls == 0:
			return invalid("contents", "Please ensure that function response turn comes immediately after a function call turn.")
		case got == 0 && responses != calls:
			return unequal()
		}
		if responses += got; role == "model" {
			calls, responses = n, 0
		} else if got == 0 {
			calls, responses = 0, 0
		}
	}
	if responses != calls {
		return unequal()
	}
	return nil
}

func unequal() *failure {
	return invalid("contents", "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.")
}

func count(parts jsonx.Value, name string) (n int) {
	for part := range jsonx.Elements(parts) {
		if member(part, name) != nil {
			n++
		}
	}
	return n
}

// signed checks the signatures that come back. Those this provider made must
// be unchanged; within the running turn its first function call must have one.
func signed(seals sealer, contents jsonx.Value) *failure {
	running, at := lastSaid(contents), 0
	for c := range jsonx.Elements(contents) {
		for part := range jsonx.Elements(jsonx.At(c, "parts")) {
			if failed := signedPart(seals, part, at, at > running); failed != nil {
				return failed
			}
		}
		at++
	}
	return nil
}

// lastSaid is the place of the last content in which the user speaks.
func lastSaid(contents jsonx.Value) (last int) {
	at := 0
	for c := range jsonx.Elements(contents) {
		role, _ := jsonx.Text(jsonx.At(c, "role"))
		if text, media, _ := geminiParts(jsonx.At(c, "parts")); role != "model" && (text != "" || len(media) > 0) {
			last = at
		}
		at++
	}
	return last
}

func signedPart(seals sealer, part jsonx.Value, at int, running bool) *failure {
	corrupted := invalid("contents", "Corrupted thought signature.")
	signature, _ := jsonx.Text(member(part, "thoughtSignature"))
	call := member(part, "functionCall")
	se, genuine := seals.genuine(signature, markGemini, signedCall(call))
	if _, ours := seals.read(signature); ours && !genuine {
		return corrupted
	}
	id, _ := jsonx.Text(jsonx.At(call, "id"))
	turn, position, ok := thoughtful(geminiCallID, id)
	switch {
	case !ok || position > 0 || !running || unchecked[signature]:
		return nil
	case signature == "":
		name, _ := jsonx.Text(jsonx.At(call, "name"))
		return invalid("contents", fmt.Sprintf("Function call is missing a thought_signature in functionCall parts."+
			" This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance."+
			" Additional data, function call `default_api:%s` , position %d."+
			" Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.", name, at+1))
	case !genuine || se.turn != turn:
		return corrupted
	}
	return nil
}

// signedCall is what a signature on a function call covers, but for the
// reasoning; args are compared by value, as SDKs write them anew.
func signedCall(call jsonx.Value) string {
	if call == nil {
		return ""
	}
	var args any
	if v := jsonx.At(call, "args"); v != nil {
		if err := jsonx.Unmarshal(v, &args); err != nil {
			return "not JSON"
		}
	}
	name, _ := jsonx.Text(jsonx.At(call, "name"))
	return strings.Join([]string{name, string(encode(args))}, "\n")
}
