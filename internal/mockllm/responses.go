package mockllm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sluice/internal/jsonx"
)

// Ids of the Responses API begin with these.
const (
	responseID  = "resp_mock_"
	reasoningID = "rs_mock_"
	outputID    = "msg_mock_"
	itemID      = "fc_mock_"
	callItemID  = "call_mock_"
)

// response answers one request of the Responses API. Its errors are those of
// the rest of OpenAI's API.
type response struct {
	openAIBody
	asked    ask
	items    []jsonx.Value // of the whole conversation
	input    []jsonx.Value // of this request
	sequence int           // of the next event
}

func (p *response) ask() ask { return p.asked }

func readResponse(r *http.Request, body []byte) (speaker, *failure) {
	b, failed := readOpenAI(r, body)
	if failed != nil {
		return nil, failed
	}
	p := &response{openAIBody: b, asked: ask{Model: b.model, Stream: jsonx.IsTrue(b.Get("stream"))}}
	if p.input = inputItems(b.Get("input")); len(p.input) == 0 {
		return nil, missing("input")
	}
	if n, ok := jsonx.Int(b.Get("max_output_tokens")); ok && n > 0 {
		p.asked.MaxTokens = int(min(n, 1<<20))
	}
	for t := range jsonx.Elements(b.Get("tools")) {
		kind, _ := jsonx.Text(jsonx.At(t, "type"))
		if name, ok := jsonx.Text(jsonx.At(t, "name")); ok && kind == "function" {
			p.asked.Tools = append(p.asked.Tools, tool{name, jsonx.At(t, "parameters")})
		}
	}
	p.asked.Choice, p.asked.Tool = choiceOf(b.Get("tool_choice"))
	if name, ok := jsonx.Text(jsonx.At(b.Get("tool_choice"), "name")); ok {
		p.asked.Choice, p.asked.Tool = required, name
	}
	kind, _ := jsonx.Text(jsonx.At(b.Get("text"), "format", "type"))
	p.asked.JSON = kind == "json_object" || kind == "json_schema"
	p.asked.Schema = jsonx.At(b.Get("text"), "format", "schema")
	return p, nil
}

// inputItems makes one message of a string, and items of a list.
func inputItems(input jsonx.Value) (items []jsonx.Value) {
	if _, ok := jsonx.Text(input); ok {
		return []jsonx.Value{encode(object{"type": "message", "role": "user", "content": []object{{"type": "input_text", "text": input}}})}
	}
	for item := range jsonx.Elements(input) {
		items = append(items, item)
	}
	return items
}

// check puts the conversation together, which may be stored here.
func (p *response) check(b *backstage) *failure {
	if id, ok := jsonx.Text(p.Get("previous_response_id")); ok {
		before, found := b.kept.get(id)
		if !found {
			return &failure{
				Status: http.StatusBadRequest, Param: "previous_response_id", Code: "previous_response_not_found",
				Message: fmt.Sprintf("Previous response with id '%s' not found.", id),
			}
		}
		p.items = before.conversation()
	}
	p.items = append(p.items, p.input...)
	if text, ok := jsonx.Text(p.Get("instructions")); ok {
		p.asked.recall(text)
	}
	for _, item := range p.items {
		hearItem(&p.asked, item)
	}
	if failed := paired(p.items); failed != nil || !b.verify {
		return failed
	}
	return decrypted(b.seals, p.items)
}

func kindOf(item jsonx.Value) string {
	kind, ok := jsonx.Text(jsonx.At(item, "type"))
	if !ok && jsonx.At(item, "role") != nil {
		return "message" // the one type that may be left out
	}
	return kind
}

// hearItem takes in one item of the input.
func hearItem(a *ask, item jsonx.Value) {
	switch kindOf(item) {
	case "message":
		text, media := itemContent(jsonx.At(item, "content"))
		if role, _ := jsonx.Text(jsonx.At(item, "role")); role == "user" {
			a.hear(text, media)
		} else {
			a.recall(text)
		}
	case "function_call_output", "custom_tool_call_output":
		a.learn(itemContent(jsonx.At(item, "output")))
	}
}

func itemContent(content jsonx.Value) (text string, media []string) {
	if s, ok := jsonx.Text(content); ok {
		return s, nil
	}
	var texts []string
	for part := range jsonx.Elements(content) {
		if s, ok := jsonx.Text(jsonx.At(part, "text")); ok {
			texts = append(texts, s)
		}
		for _, name := range []string{"image_url", "file_data", "file_url", "file_id"} {
			if s, ok := jsonx.Text(jsonx.At(part, name)); ok {
				media = append(media, describe("", s))
				break
			}
		}
	}
	return strings.Join(texts, "\n"), media
}

// paired holds items to the rule that calls and outputs belong together (the
// sentences are the API's own).
func paired(items []jsonx.Value) *failure {
	var open []string
	for _, item := range items {
		id, _ := jsonx.Text(jsonx.At(item, "call_id"))
		switch kindOf(item) {
		case "function_call":
			open = append(open, id)
		case "function_call_output":
			i := slices.Index(open, id)
			if i < 0 {
				return invalid("input", fmt.Sprintf("No tool call found for function call output with call_id %s.", id))
			}
			open = slices.Delete(open, i, i+1)
		}
	}
	if len(open) > 0 {
		return invalid("input", fmt.Sprintf("No tool output found for function call %s.", open[0]))
	}
	return nil
}

// decrypted checks the reasoning that comes back: unchanged, and with the call
// it led to, where the items have the ids they were given here.
func decrypted(seals sealer, items []jsonx.Value) *failure {
	reasoned := map[string]bool{}
	for i, item := range items {
		id, _ := jsonx.Text(jsonx.At(item, "id"))
		switch kindOf(item) {
		case "reasoning":
			proof, given := jsonx.Text(jsonx.At(item, "encrypted_content"))
			_, genuine := seals.genuine(proof, markResponses, "")
			if _, ours := seals.read(proof); given && !genuine && (ours || strings.HasPrefix(id, reasoningID)) {
				return &failure{
					Status: http.StatusBadRequest, Code: "invalid_encrypted_content",
					Message: fmt.Sprintf("The encrypted content for item %s could not be verified. Reason: Encrypted content could not be decrypted or parsed.", id),
				}
			}
			if strings.HasPrefix(id, reasoningID) && (i == len(items)-1 || !followsReasoning(items[i+1])) {
				return invalid("input", fmt.Sprintf("Item '%s' of type 'reasoning' was provided without its required following item.", id))
			}
			reasoned[id] = true
		case "function_call":
			turn, _, ok := thoughtful(itemID, id)
			if needs := fmt.Sprintf("%s%s%06d", reasoningID, thinkMark, turn); ok && !reasoned[needs] {
				return invalid("input", fmt.Sprintf("Item '%s' of type 'function_call' was provided without its required 'reasoning' item: '%s'.", id, needs))
			}
		}
	}
	return nil
}

// followsReasoning: the assistant went on by itself.
func followsReasoning(item jsonx.Value) bool {
	role, _ := jsonx.Text(jsonx.At(item, "role"))
	kind := kindOf(item)
	return kind == "message" && role == "assistant" || kind == "function_call" || kind == "reasoning"
}
