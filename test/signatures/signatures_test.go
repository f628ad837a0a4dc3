// Package signatures_test is a plain OpenAI client with tools: it knows nothing
// of thinking, signatures or other dialects, and sends back what it was given.
// The providers behind the gateway sign their turns and refuse a turn of their
// own that comes back without its proof, as the vendors do.
package signatures_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

const turns = 5

func TestFiveToolTurnsWithASwitch(t *testing.T) {
	for _, pair := range [][2]string{{"anthropic", "google"}, {"google", "anthropic"}, {"anthropic", "anthropic"}, {"google", "google"}, {"anthropic", "openai"}, {"google", "openai"}} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s then %s, stream %v", pair[0], pair[1], stream), func(t *testing.T) {
				c := newClient(t, stream)
				for turn := range turns {
					provider := pair[0]
					if turn >= 2 {
						provider = pair[1]
					}
					c.turn(provider)
				}
				c.verified()
			})
		}
	}
}

// TestProvidersVerify shows that the providers really check: a proof that was
// lost is refused, or left out with what it proves.
func TestProvidersVerify(t *testing.T) {
	fake := httptest.NewServer(mockllm.New(mockllm.Options{VerifySignatures: true}))
	defer fake.Close()
	first := post(t, fake.URL+"/v1/messages", map[string]string{"anthropic-version": "2023-06-01", "x-api-key": "k"}, `{"model":"claude-opus-4-6","max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"think and use the tool"}],"tools":[{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]}`)
	id := ""
	for block := range jsonx.Elements(jsonx.At(first.body, "content")) {
		if kind, _ := jsonx.Text(jsonx.At(block, "type")); kind == "tool_use" {
			id, _ = jsonx.Text(jsonx.At(block, "id"))
		}
	}
	if id == "" {
		t.Fatalf("no call in %s", first.body)
	}
	second := post(t, fake.URL+"/v1/messages", map[string]string{"anthropic-version": "2023-06-01", "x-api-key": "k"}, `{"model":"claude-opus-4-6","max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"think and use the tool"},{"role":"assistant","content":[{"type":"tool_use","id":"`+id+`","name":"weather","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"`+id+`","content":"sun"}]}],"tools":[{"name":"weather","input_schema":{"type":"object"}}]}`)
	if second.status != http.StatusBadRequest {
		t.Errorf("a turn without its thinking was taken: %d %s", second.status, second.body)
	}
}

type client struct {
	t        *testing.T
	gateway  string
	fakes    map[string]*mockllm.Server
	hosts    map[string]string
	stream   bool
	messages []jsonx.Value
}

func newClient(t *testing.T, stream bool) *client {
	t.Helper()
	c := &client{t: t, stream: stream, fakes: map[string]*mockllm.Server{}, hosts: map[string]string{}}
	for name, base := range map[string]string{"anthropic": "/v1", "google": "", "openai": "/v1"} {
		c.fakes[name] = mockllm.New(mockllm.Options{VerifySignatures: true, Secret: "of " + name})
		srv := httptest.NewServer(c.fakes[name])
		t.Cleanup(func() { c.fakes[name].Close(); srv.Close() })
		c.hosts[name] = srv.URL + base
	}
	conf := config.Defaults()
	conf.TrustedHosts, conf.TrustedSet = "127.0.0.1", true
	a, err := app.New(conf, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	a.Egress.Own(netip.MustParseAddrPort(srv.Listener.Addr().String()))
	t.Cleanup(func() { srv.Close(); a.Close() })
	c.gateway = srv.URL
	return c
}

const tool = `[{"type":"function","function":{"name":"weather","description":"the weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]`

var models = map[string]string{"anthropic": "claude-opus-4-6", "google": "gemini-3-pro", "openai": "gpt-4o"}

// turn asks for a tool, runs it, and reads the answer: two requests.
func (c *client) turn(provider string) {
	c.t.Helper()
	c.say(`{"role":"user","content":"think, and use the tool"}`)
	message := c.ask(provider)
	calls := jsonx.At(message, "tool_calls")
	if jsonx.At(calls, "0") == nil {
		c.t.Fatalf("%s: no call in %s", provider, message)
	}
	c.messages = append(c.messages, message)
	for call := range jsonx.Elements(calls) {
		id, _ := jsonx.Text(jsonx.At(call, "id"))
		c.say(fmt.Sprintf(`{"role":"tool","tool_call_id":%q,"content":"sunny"}`, id))
	}
	c.messages = append(c.messages, c.ask(provider))
}

func (c *client) say(message string) { c.messages = append(c.messages, jsonx.Value(message)) }

func (c *client) ask(provider string) jsonx.Value {
	c.t.Helper()
	body := fmt.Sprintf(`{"model":%q,"stream":%v,"reasoning_effort":"medium","max_completion_tokens":4000,"tools":%s,"messages":[%s]}`,
		models[provider], c.stream, tool, bytes.Join(raw(c.messages), []byte(",")))
	a := post(c.t, c.gateway+"/v1/chat/completions", map[string]string{
		"x-portkey-provider": provider, "x-portkey-custom-host": c.hosts[provider], "authorization": "Bearer key",
	}, body)
	if a.status != http.StatusOK {
		c.t.Fatalf("%s answered %d: %s\nto %s", provider, a.status, a.body, body)
	}
	if c.stream {
		return joined(c.t, string(a.body))
	}
	message := jsonx.At(a.body, "choices", "0", "message")
	if message == nil {
		c.t.Fatalf("%s: no message in %s", provider, a.body)
	}
	return message
}

// verified makes sure that proofs came back at all, so that the test does not
// pass because nothing was ever signed.
func (c *client) verified() {
	c.t.Helper()
	for name, fake := range c.fakes {
		requests := fake.Requests()
		if len(requests) < 2 || name == "openai" {
			continue
		}
		if last := requests[len(requests)-1].Body; !strings.Contains(strings.ToLower(last), "signature") {
			c.t.Errorf("%s got no signature back: %.2000s", name, last)
		}
	}
}

func raw(values []jsonx.Value) (out [][]byte) {
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

// joined makes the message of a stream as a plain client would: text and calls.
func joined(t *testing.T, stream string) jsonx.Value {
	t.Helper()
	var text strings.Builder
	var ids, names []string
	var args []*strings.Builder
	for line := range strings.Lines(stream) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		delta := jsonx.At(jsonx.Value(data), "choices", "0", "delta")
		piece, _ := jsonx.Text(jsonx.At(delta, "content"))
		text.WriteString(piece)
		for call := range jsonx.Elements(jsonx.At(delta, "tool_calls")) {
			index, _ := jsonx.Int(jsonx.At(call, "index"))
			for int(index) >= len(ids) {
				ids, names, args = append(ids, ""), append(names, ""), append(args, &strings.Builder{})
			}
			if id, ok := jsonx.Text(jsonx.At(call, "id")); ok && id != "" {
				ids[index] = id
			}
			if name, ok := jsonx.Text(jsonx.At(call, "function", "name")); ok && name != "" {
				names[index] = name
			}
			more, _ := jsonx.Text(jsonx.At(call, "function", "arguments"))
			args[index].WriteString(more)
		}
	}
	calls := []string{}
	for i := range ids {
		calls = append(calls, fmt.Sprintf(`{"id":%s,"type":"function","function":{"name":%s,"arguments":%s}}`, jsonx.Quote(ids[i]), jsonx.Quote(names[i]), jsonx.Quote(args[i].String())))
	}
	message := fmt.Sprintf(`{"role":"assistant","content":%s`, jsonx.Quote(text.String()))
	if len(calls) > 0 {
		message += `,"tool_calls":[` + strings.Join(calls, ",") + `]`
	}
	return jsonx.Value(message + "}")
}

type answer struct {
	status int
	body   jsonx.Value
}

func post(t *testing.T, url string, headers map[string]string, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, text}
}
