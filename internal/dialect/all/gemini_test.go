package all_test

import (
	"bytes"
	"strings"
	"testing"

	"sluice/internal/dialect"
)

// TestGeminiSealsStayHome sends signed texts, thoughts and calls to every other
// dialect, in a prompt and in an answer: nobody else may read the signatures
// (L6).
func TestGeminiSealsStayHome(t *testing.T) {
	const model = `{"role":"model","parts":[{"text":"h","thought":true,"thoughtSignature":"p01s0n"},{"text":"y","thoughtSignature":"p01s0n"},{"functionCall":{"name":"f","args":{}},"thoughtSignature":"p01s0n"}]}`
	home := find(t, "gemini")
	p, err := home.Chat.DecodeRequest([]byte(`{"contents":[{"role":"user","parts":[{"text":"x"}]},` + model + `,{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p.Model = "m"
	r, err := home.Chat.DecodeReply([]byte(`{"candidates":[{"content":` + model + `,"finishReason":"STOP"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name == home.Name {
			continue
		}
		abroad := find(t, name)
		request, lost, err := abroad.Chat.EncodeRequest(p)
		if err != nil || !strings.Contains(strings.Join(lost, ","), "thinking") {
			t.Errorf("to %s: %v, lost %q", name, err, lost)
		}
		reply, _, err := abroad.Chat.EncodeReply(r, dialect.Reply{Chat: p, Strict: true})
		if err != nil {
			t.Errorf("to %s: %v", name, err)
		}
		if bytes.Contains(request, []byte(poison)) || bytes.Contains(reply, []byte(poison)) {
			t.Errorf("to %s: a signature leaked: %s %s", name, request, reply)
		}
	}
}

// TestGeminiReplay: an answer is a legal next turn (L8), and its calls go back
// with their signatures, wherever the talk has been in between.
func TestGeminiReplay(t *testing.T) {
	home := find(t, "gemini")
	r, err := home.Chat.DecodeReply([]byte(`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"U0lH"},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}],"responseId":"r1"}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := find(t, "openai").Chat.DecodeRequest([]byte(`{"model":"gemini-3-pro-preview","messages":[{"role":"user","content":"x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p.Messages = append(p.Messages, r.Choices[0].Messages...)
	out, lost, err := home.Chat.EncodeRequest(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"U0lH"},{"functionCall":{"name":"f","args":{}}}]}`
	if !bytes.Contains(out, []byte(want)) {
		t.Errorf("%s is not in %s, lost %q", want, out, lost)
	}
}
