package mockllm

import (
	"slices"
	"strings"

	"sluice/internal/jsonx"
)

// echoed are the members of a response that repeat the request, with what they
// are where the request has nothing (OpenAI API, response object).
var echoed = map[string]jsonx.Value{
	"background": jsonx.Value("false"), "instructions": null, "max_output_tokens": null, "max_tool_calls": null, "metadata": jsonx.Value("{}"),
	"parallel_tool_calls": jsonx.Value("true"), "previous_response_id": null, "prompt_cache_key": null, "reasoning": jsonx.Value(`{"effort":null,"summary":null}`),
	"safety_identifier": null, "service_tier": jsonx.Value(`"default"`), "store": jsonx.Value("true"), "temperature": jsonx.Value("1"),
	"text": jsonx.Value(`{"format":{"type":"text"}}`), "tool_choice": jsonx.Value(`"auto"`), "top_logprobs": jsonx.Value("0"), "top_p": jsonx.Value("1"),
	"truncation": jsonx.Value(`"disabled"`), "user": null,
}

// object is the response with its output so far.
func (p *response) object(t turn, status string, output []object) object {
	o := object{
		"id": t.id(responseID), "object": "response", "created_at": t.Created, "model": p.asked.Model, "status": status,
		"error": nil, "incomplete_details": nil, "output": output, "usage": nil, "tools": p.tools(),
	}
	for name, otherwise := range echoed {
		if o[name] = p.Get(name); p.Get(name) == nil {
			o[name] = otherwise
		}
	}
	if status == "in_progress" {
		return o
	}
	if status == "incomplete" {
		o["incomplete_details"] = object{"reason": "max_output_tokens"}
	}
	o["usage"] = object{
		"input_tokens": t.Input, "input_tokens_details": object{"cached_tokens": t.Cached, "cache_write_tokens": 0},
		"output_tokens": t.Output(), "output_tokens_details": object{"reasoning_tokens": len(t.Thought)},
		"total_tokens": t.Input + t.Output(),
	}
	return o
}

// tools are those of the request with the defaults of a function filled in.
func (p *response) tools() []jsonx.Value {
	out := []jsonx.Value{}
	for t := range jsonx.Elements(p.Get("tools")) {
		o, err := jsonx.Parse(t)
		if err != nil {
			continue // not an object: nobody's tool
		}
		if kind, _ := jsonx.Text(o.Get("type")); kind == "function" {
			for name, value := range map[string]string{"strict": "true", "parameters": "null"} {
				if o.Get(name) == nil {
					o.Set(name, jsonx.Value(value))
				}
			}
		}
		out = append(out, o.Bytes())
	}
	return out
}

func status(t turn) string {
	if t.Finish == finishLength {
		return "incomplete"
	}
	return "completed"
}

func (p *response) wantsProof() bool {
	return slices.Contains(textsOf(p.Get("include")), "reasoning.encrypted_content")
}

// output are the items of the whole answer.
func (p *response) output(t turn) (out []object) {
	if len(t.Thought) > 0 {
		out = append(out, p.reasoning(t, []object{{"type": "summary_text", "text": strings.Join(t.Thought, "")}}))
	}
	if len(t.Calls) == 0 {
		out = append(out, outputMessage(t, status(t), []object{outputText(strings.Join(t.Text, ""))}))
	}
	for i, c := range t.Calls {
		out = append(out, callItem(t, i, "completed", c.Arguments))
	}
	return out
}

func (p *response) reasoning(t turn, summary []object) object {
	item := object{"type": "reasoning", "id": t.id(reasoningID), "summary": summary}
	if p.wantsProof() {
		item["encrypted_content"] = t.proof(markResponses, "")
	}
	return item
}

func outputMessage(t turn, status string, content []object) object {
	return object{"type": "message", "id": t.id(outputID), "status": status, "role": "assistant", "content": content}
}

func outputText(text string) object {
	return object{"type": "output_text", "text": text, "annotations": []string{}, "logprobs": []string{}}
}

func callItem(t turn, i int, status, arguments string) object {
	return object{
		"type": "function_call", "id": t.part(itemID, i), "call_id": t.part(callItemID, i), "name": t.Calls[i].Name,
		"arguments": arguments, "status": status,
	}
}

func (p *response) answer(t turn) (string, []byte) {
	body := encode(p.object(t, status(t), p.output(t)))
	p.keep(t, body)
	return typeJSON, body
}

func (p *response) keep(t turn, body jsonx.Value) {
	if string(p.Get("store")) == "false" {
		return
	}
	t.back.kept.put(t.id(responseID), stored{body: body, items: p.items, input: p.input})
}
