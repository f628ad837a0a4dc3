package mockllm_test

import (
	"strings"
	"testing"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

// history is a tool conversation: what to send again after the first answer,
// with the answer changed as a careless client would.
type history struct {
	tongue, question, extra string
	// next is the second request; said is what the provider said.
	next func(question, said string) string
	said func(a answer) string
}

// asked is how the second request begins: with the words of the first.
var histories = map[string]history{
	"anthropic": {
		tongue: "anthropic", question: "think tool", extra: tongues["anthropic"].tools,
		said: func(a answer) string { return a.at("content") },
		next: func(q, said string) string {
			id := str(jsonx.Value(said), idAt(said), "id")
			return `{"model":"claude","max_tokens":100,"messages":[{"role":"user","content":"` + q + `"},{"role":"assistant","content":` + said + `},
				{"role":"user","content":[{"type":"tool_result","tool_use_id":"` + id + `","content":[{"type":"text","text":"21 degrees"},
				{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]}]}]}`
		},
	},
	"gemini": {
		tongue: "gemini", question: "think tool", extra: tongues["gemini"].tools,
		said: func(a answer) string { return a.at("candidates", "0", "content") },
		next: func(q, said string) string {
			return `{"contents":[{"role":"user","parts":[{"text":"` + q + `"}]},` + said + `,
				{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"output":"21 degrees"},
				"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}]}]}`
		},
	},
	"responses": {
		tongue: "responses", question: "think tool", extra: tongues["responses"].tools + `,"include":["reasoning.encrypted_content"],"store":false`,
		said: func(a answer) string { return strings.Trim(a.at("output"), "[]") },
		next: func(q, said string) string {
			id := said[strings.Index(said, `"call_id":"`)+len(`"call_id":"`):]
			id = id[:strings.IndexByte(id, '"')]
			return `{"model":"gpt","input":[{"role":"user","content":"` + q + `"},` + said + `,{"type":"function_call_output","call_id":"` + id + `","output":[
				{"type":"input_text","text":"21 degrees"},{"type":"input_image","image_url":"data:image/png;base64,aGk="}]}]}`
		},
	},
}

// idAt is the place of the call among content blocks.
func idAt(said string) string {
	if strings.Contains(said, `"thinking"`) {
		return "1"
	}
	return "0"
}

// lose takes the first JSON object with a member of that value out of a list.
func lose(list, member string) string {
	var kept []string
	for e := range jsonx.Elements(jsonx.Value(list)) {
		if !strings.Contains(string(e), member) {
			kept = append(kept, string(e))
		}
	}
	return "[" + strings.Join(kept, ",") + "]"
}

const toolSays = "The tool says: 21 degrees [image/png of 2 bytes]"

func TestReasoningComesBack(t *testing.T) {
	strict := start(t, mockllm.Options{VerifySignatures: true})
	lax := start(t, mockllm.Options{})
	other := start(t, mockllm.Options{VerifySignatures: true, Secret: "of another provider"})
	alter := func(from, to string) func(string) string {
		return func(said string) string { return strings.Replace(said, from, to, 1) }
	}
	without := func(member string) func(string) string {
		return func(said string) string { return lose(said, member) }
	}
	for _, c := range []struct {
		name, history string
		change        func(string) string
		on            mock
		refusal       string // of strict; lax never refuses
	}{
		{"unchanged", "anthropic", nil, strict, ""},
		{"no thinking", "anthropic", without(`"thinking"`), strict, "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."},
		{"other text", "anthropic", alter("The user said", "I said"), strict, "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified."},
		{"no signature", "anthropic", alter(`"signature":"`, `"signature":"x`), strict, "messages.1.content.0.type: Expected `thinking`"},
		{"other secret", "anthropic", nil, other, "messages.1.content.0: Invalid `signature` in `thinking` block"},
		{"calls from elsewhere", "anthropic", func(said string) string {
			return strings.Replace(lose(said, `"thinking"`), "toolu_mock_think", "toolu_01", 1)
		}, strict, ""},
		{"unchanged", "gemini", nil, strict, ""},
		{"arguments written anew", "gemini", alter(`"args":{"city":"example city","unit":"celsius"}`, `"args": {"unit": "celsius", "city": "example city"}`), strict, ""},
		{"no signature", "gemini", alter("thoughtSignature", "unknownMember"), strict, "Function call is missing a thought_signature in functionCall parts."},
		{"other arguments", "gemini", alter("celsius", "kelvin"), strict, "Corrupted thought signature."},
		{"other signature", "gemini", alter(`"thoughtSignature":"`, `"thoughtSignature":"x`), strict, "Corrupted thought signature."},
		{"other secret", "gemini", nil, other, "Corrupted thought signature."},
		{"the documented skip", "gemini", func(said string) string {
			from := strings.Index(said, `"thoughtSignature":"`) + len(`"thoughtSignature":"`)
			return said[:from] + "skip_thought_signature_validator" + said[from+strings.IndexByte(said[from:], '"'):]
		}, strict, ""},
		{"calls from elsewhere", "gemini", func(said string) string {
			return strings.Replace(strings.Replace(said, "gem_mock_think", "fc", 1), "thoughtSignature", "x", 1)
		}, strict, ""},
		{"unchanged", "responses", nil, strict, ""},
		{"altered", "responses", alter(`"encrypted_content":"`, `"encrypted_content":"x`), strict, "could not be verified. Reason: Encrypted content could not be decrypted or parsed."},
		{"other secret", "responses", nil, other, "could not be verified."},
		{"no reasoning", "responses", func(said string) string { return strings.Trim(lose("["+said+"]", `"reasoning"`), "[]") }, strict, "of type 'function_call' was provided without its required 'reasoning' item: 'rs_mock_think_"},
	} {
		t.Run(c.history+"/"+c.name, func(t *testing.T) {
			h := histories[c.history]
			g := tongues[h.tongue]
			said := h.said(strict.send("POST", g.path, g.body(h.question, h.extra, false), g.header...))
			if c.change != nil {
				changed := c.change(said)
				if changed == said {
					t.Fatalf("nothing to change in %s", said)
				}
				said = changed
			}
			body := h.next(h.question, said)
			if a := lax.send("POST", g.path, body, g.header...); a.status() != 200 || g.whole(a).Text != toolSays {
				t.Errorf("lax: %d %s to %s", a.status(), a.body, body)
			}
			a := c.on.send("POST", g.path, body, g.header...)
			if c.refusal == "" && (a.status() != 200 || g.whole(a).Text != toolSays) {
				t.Errorf("refused: %d %s to %s", a.status(), a.body, body)
			}
			if c.refusal != "" && (a.status() != 400 || !strings.Contains(a.at("error", "message"), c.refusal)) {
				t.Errorf("%d %s, want %s", a.status(), a.body, c.refusal)
			}
		})
	}
}

// TestThinkingSwitchedOff: nothing has to come back then.
func TestThinkingSwitchedOff(t *testing.T) {
	m := start(t, mockllm.Options{VerifySignatures: true})
	h, g := histories["anthropic"], tongues["anthropic"]
	said := lose(h.said(m.send("POST", g.path, g.body(h.question, h.extra, false), g.header...)), `"thinking"`)
	body := strings.Replace(h.next(h.question, said), `"max_tokens"`, `"thinking":{"type":"disabled"},"max_tokens"`, 1)
	if a := m.send("POST", g.path, body, g.header...); a.status() != 200 {
		t.Errorf("%d %s", a.status(), a.body)
	}
}

// TestOldTurnsAreFree: reasoning is asked back only in the running tool loop.
func TestOldTurnsAreFree(t *testing.T) {
	m := start(t, mockllm.Options{VerifySignatures: true})
	for name, question := range map[string]string{
		"anthropic": `{"role":"user","content":"and now?"}]}`, "gemini": `{"role":"user","parts":[{"text":"and now?"}]}]}`,
	} {
		h, g := histories[name], tongues[name]
		said := h.said(m.send("POST", g.path, g.body(h.question, h.extra, false), g.header...))
		if name == "anthropic" {
			said = lose(said, `"thinking"`)
		} else {
			said = strings.Replace(said, "thoughtSignature", "x", 1)
		}
		body := strings.TrimSuffix(h.next(h.question, said), "]}") + "," + question
		if a := m.send("POST", g.path, body, g.header...); a.status() != 200 || !strings.HasPrefix(g.whole(a).Text, "You said: and now?") {
			t.Errorf("%s: %d %s", name, a.status(), a.body)
		}
	}
}

// TestSignatureOfStream: it is the one of the whole answer.
func TestSignatureOfStream(t *testing.T) {
	m := start(t, mockllm.Options{})
	for name, member := range map[string]string{"anthropic": `"signature_delta"`, "gemini": `"thoughtSignature"`, "responses": `"encrypted_content"`} {
		g := tongues[name]
		extra := ""
		if name == "responses" {
			extra = `,"include":["reasoning.encrypted_content"]`
		}
		if a := m.send("POST", g.streamPath, g.body(askThink, extra, true), g.header...); !strings.Contains(string(a.body), member) {
			t.Errorf("%s has no %s: %s", name, member, a.body)
		}
		if a := m.send("POST", g.streamPath, g.body("hi", extra, true), g.header...); strings.Contains(string(a.body), member) {
			t.Errorf("%s has %s without a thought: %s", name, member, a.body)
		}
	}
}
