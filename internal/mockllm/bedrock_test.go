package mockllm_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"sluice/internal/framing"
	"sluice/internal/mockllm"
)

const (
	converseURL  = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
	conversation = `{"messages":[{"role":"user","content":[{"text":"WORDS"}]}],"inferenceConfig":{"maxTokens":400},
		"toolConfig":{"tools":[{"toolSpec":{"name":"get_weather","inputSchema":{"json":` + argsSchema + `}}}]}}`
)

// frames reads a stream as name and payload.
func frames(t *testing.T, body []byte) (names, data []string) {
	t.Helper()
	for r := framing.Amazon.NewReader(bytes.NewReader(body), 1<<20); ; {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, data
		}
		if err != nil {
			return append(names, err.Error()), data
		}
		names, data = append(names, ev.Name), append(data, string(ev.Data))
	}
}

func TestConverse(t *testing.T) {
	m := start(t, mockllm.Options{})
	for words, want := range map[string]string{
		"hi":      `You said: hi - and this is the mock provider answering.`,
		"think":   `"signature":"`,
		"weather": `"toolUse":{"input":{"city":"example city","unit":"celsius"},"name":"get_weather","toolUseId":"tooluse_mock_`,
	} {
		body := strings.Replace(conversation, "WORDS", words, 1)
		a := m.send("POST", converseURL, body)
		if a.status() != 200 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", words, a.status(), a.body)
		}
		a = m.send("POST", converseURL+"-stream", body)
		names, data := frames(t, a.body)
		n := len(names)
		if a.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" || names[0] != "messageStart" || names[n-2] != "messageStop" || names[n-1] != "metadata" || !strings.Contains(data[n-1], `"totalTokens"`) {
			t.Errorf("%s: %s %q", words, a.Header.Get("Content-Type"), names)
		}
	}
}

func TestConverseFaults(t *testing.T) {
	m := start(t, mockllm.Options{})
	ask := func(words, path string) answer {
		return m.send("POST", path, strings.Replace(conversation, "WORDS", words, 1))
	}
	if a := ask("error 429", converseURL); a.status() != 429 || !strings.HasPrefix(a.at("message"), "Too many requests") {
		t.Errorf("%d %s", a.status(), a.body)
	}
	if names, _ := frames(t, ask("error in stream", converseURL+"-stream").body); names[len(names)-1] != "internalServerException" {
		t.Errorf("%q", names)
	}
	if names, _ := frames(t, ask("garbage", converseURL+"-stream").body); names[0] != framing.ErrDamaged.Error() {
		t.Errorf("%q", names)
	}
	if a := ask("hi", "/model/no-such-model/converse"); a.status() != 400 || a.at("message") != "The provided model identifier is invalid." {
		t.Errorf("%d %s", a.status(), a.body)
	}
	user := func(content string) string { return `{"role":"user","content":[` + content + `]}` }
	const call = `{"role":"assistant","content":[{"toolUse":{"toolUseId":"a","name":"f","input":{}}}]}`
	for messages, want := range map[string]string{
		``: "'messages' failed",
		user(`{"text":"a"}`) + "," + user(`{"text":"b"}`): "must alternate",
		user(`{"text":""}`): "is blank",
		user(`{"toolResult":{"toolUseId":"a","content":[]}}`):                                           "exceeds the number of toolUse blocks",
		user(`{"text":"a"}`) + "," + call + "," + user(`{"text":"b"}`):                                  "Expected toolResult blocks at messages.2.content for the following Ids: a",
		user(`{"text":"a"}`) + "," + call + "," + user(`{"toolResult":{"toolUseId":"a","content":[]}}`): "toolConfig field must be defined",
	} {
		a := m.send("POST", converseURL, `{"messages":[`+messages+`]}`)
		if a.status() != 400 || !strings.Contains(a.at("message"), want) {
			t.Errorf("%d %s, want %s", a.status(), a.body, want)
		}
	}
}

func TestConverseBeside(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct{ path, body, want string }{
		{"/model/anthropic.claude/count-tokens", `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"one two"}]}]}}}`, `{"inputTokens":2}`},
		{"/model/amazon.titan-embed-text-v2%3A0/invoke", `{"inputText":"one","dimensions":256}`, `"inputTextTokenCount":1`},
		{"/model/cohere.embed-v4%3A0/invoke", `{"texts":["one","two"],"input_type":"clustering"}`, `"embeddings":{"float":[[`},
		{"/model/amazon.nova-2-multimodal-embeddings-v1%3A0/invoke", `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"text":{"value":"x"}}}`, `"embeddingType":"TEXT"`},
		{"/model/x/invoke", `{}`, `Malformed input request`},
	} {
		if a := m.send("POST", c.path, c.body); !strings.Contains(string(a.body), c.want) {
			t.Errorf("%s: %d %s", c.path, a.status(), a.body)
		}
	}
}
