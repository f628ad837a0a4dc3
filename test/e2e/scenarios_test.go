package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

// goSDK is an SDK for Go, told as the scenarios need it.
type goSDK interface {
	name() string
	chat(ctx context.Context, body request) (answer, error)
	// toolResult asks, sends result for the first call and returns what follows.
	toolResult(ctx context.Context, body request, result string) (answer, error)
	// stream calls each with the chunks until it says no.
	stream(ctx context.Context, body request, each func(chunk) bool) error
	embed(ctx context.Context, texts []string, dimensions int) ([][]float64, error)
}

const (
	toolName       = "get_weather"
	toolParameters = `{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`
)

// request is one question.
type request struct {
	words, model, key, base, config string
	tool                            bool
}

// answer is what an SDK made of an answer; usage is prompt, completion, total.
type answer struct {
	text, finish string
	calls        []toolCall
	usage        [3]int
	header       http.Header
}

type toolCall struct{ id, name, arguments string }

type chunk struct {
	choices      int
	text, finish string
	usage        [3]int
}

// sdkError is the typed error of an SDK; any other error stays what it is.
type sdkError struct {
	status  int
	message string
	code    any
}

func (e *sdkError) Error() string { return fmt.Sprintf("status %d: %s", e.status, e.message) }

func sentence(words string) string {
	return "You said: " + words + " - and this is the mock provider answering."
}

// goScenarios are those of scenarios.md.
var goScenarios = map[string]func(*testing.T, goSDK){
	"chat": chats, "stream": streams, "tools": callsTools, "embeddings": embeds,
	"error_401": failing(401, "Incorrect API key provided", func(r *request) { r.key = "bad-key" }),
	"error_404": failing(404, "`no-such-model` does not exist", func(r *request) { r.model = "no-such-model" }),
	"error_429": failing(429, "Rate limit reached", func(r *request) { r.words = "error 429 for " + r.words }),
	"fallback":  fallsBack, "base_without_v1": withoutVersion,
	"abort_stream": abortsStream, "abort_waiting": abortsWaiting,
}

func runGo(t *testing.T, sdk goSDK) {
	forget(t)
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			scenario, ok := goScenarios[name]
			if !ok {
				t.Fatalf("scenarios.md has %s, goScenarios has not", name)
			}
			scenario(t, sdk)
		})
	}
}

func ask(words string) request {
	return request{words: words, model: "gpt-4o-mini", key: "sk-e2e", base: running.gateway + "/v1"}
}

func chats(t *testing.T, sdk goSDK) {
	words := "hi from " + sdk.name()
	a, err := sdk.chat(t.Context(), ask(words))
	if err != nil {
		t.Fatal(err)
	}
	if a.text != sentence(words) || a.finish != "stop" {
		t.Errorf("answer %q, finish reason %q", a.text, a.finish)
	}
	if a.usage[0] <= 0 || a.usage[1] <= 0 || a.usage[2] != a.usage[0]+a.usage[1] {
		t.Errorf("usage %v does not add up", a.usage)
	}
	requests := seen(t, words)
	if len(requests) != 1 {
		t.Fatalf("one question made %d calls", len(requests))
	}
	if got := requests[0].Headers.Get("Authorization"); got != "Bearer sk-e2e" {
		t.Errorf("the provider got Authorization: %s", got)
	}
	for name := range requests[0].Headers {
		if strings.HasPrefix(name, "X-Portkey-") {
			t.Errorf("the provider got %s", name)
		}
	}
}

func streams(t *testing.T, sdk goSDK) {
	words := "hi again from " + sdk.name()
	var text, finish string
	var chunks []chunk
	err := sdk.stream(t.Context(), ask(words), func(c chunk) bool {
		text, finish, chunks = text+c.text, finish+c.finish, append(chunks, c)
		return true
	})
	if err != nil || text != sentence(words) || finish != "stop" || len(chunks) <= 5 {
		t.Fatalf("error %v, %d chunks, text %q, finish reason %q", err, len(chunks), text, finish)
	}
	last := chunks[len(chunks)-1]
	if last.choices != 0 || last.usage[2] == 0 || last.usage[2] != last.usage[0]+last.usage[1] {
		t.Errorf("the last chunk is %+v, want usage and no choices", last)
	}
}

func callsTools(t *testing.T, sdk goSDK) {
	body := ask("what is the weather, " + sdk.name() + "?")
	body.tool = true
	a, err := sdk.chat(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	if a.finish != "tool_calls" || len(a.calls) != 1 || a.calls[0].id == "" {
		t.Fatalf("finish reason %q, calls %+v", a.finish, a.calls)
	}
	var arguments struct{ City string }
	err = json.Unmarshal([]byte(a.calls[0].arguments), &arguments)
	if err != nil || a.calls[0].name != toolName || arguments.City != "example city" {
		t.Errorf("call %+v, %v", a.calls[0], err)
	}
	a, err = sdk.toolResult(t.Context(), body, "21 degrees")
	if err != nil || a.text != "The tool says: 21 degrees" {
		t.Errorf("after the result: %q, %v", a.text, err)
	}
}

func embeds(t *testing.T, sdk goSDK) {
	vectors, err := sdk.embed(t.Context(), []string{"one text of " + sdk.name(), "another"}, 8)
	if err != nil || len(vectors) != 2 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for i, vector := range vectors {
		square := 0.0
		for _, x := range vector {
			square += x * x
		}
		if len(vector) != 8 || math.Abs(square-1) > 1e-5 {
			t.Errorf("vector %d has %d numbers, square of length %f", i, len(vector), square)
		}
	}
	if vectors[0][0] == vectors[1][0] {
		t.Errorf("both texts have the vector %v", vectors[0])
	}
}

func failing(status int, words string, change func(*request)) func(*testing.T, goSDK) {
	return func(t *testing.T, sdk goSDK) {
		body := ask(sdk.name())
		change(&body)
		a, err := sdk.chat(t.Context(), body)
		var typed *sdkError
		if !errors.As(err, &typed) {
			t.Fatalf("answer %+v, error %v, want the SDK's typed error", a, err)
		}
		if typed.status != status || !strings.Contains(typed.message, words) {
			t.Errorf("status %d, %q, want %d and %q", typed.status, typed.message, status, words)
		}
	}
}

func fallsBack(t *testing.T, sdk goSDK) {
	words := "please fall back for " + sdk.name()
	body := ask(words)
	body.config = fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[
		{"provider":"openai","api_key":"sk-first","custom_host":"%[1]s/v1","override_params":{"model":"mock-error-500"}},
		{"provider":"openai","api_key":"sk-second","custom_host":"%[1]s/v1"}]}`, running.mock)
	body.config = strings.Join(strings.Fields(body.config), "") // a header is one line
	a, err := sdk.chat(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	if a.text != sentence(words) || a.header.Get("x-portkey-last-used-option-index") != "config.targets[1]" {
		t.Errorf("answer %q, header %v", a.text, a.header)
	}
	var calls []string
	for _, r := range seen(t, words) {
		var sent struct{ Model string }
		if err := json.Unmarshal([]byte(r.Body), &sent); err != nil {
			t.Errorf("the provider got %s", r.Body)
		}
		calls = append(calls, sent.Model+" "+r.Headers.Get("Authorization"))
	}
	if got, want := strings.Join(calls, ", "), "mock-error-500 Bearer sk-first, gpt-4o-mini Bearer sk-second"; got != want {
		t.Errorf("calls %s, want %s", got, want)
	}
}

func withoutVersion(t *testing.T, sdk goSDK) {
	body := ask("hi without a version from " + sdk.name())
	body.base = running.gateway
	a, err := sdk.chat(t.Context(), body)
	if err != nil || a.text != sentence(body.words) {
		t.Errorf("answer %q, error %v", a.text, err)
	}
}

func abortsStream(t *testing.T, sdk goSDK) {
	body := ask("long 500 drip 50ms for " + sdk.name())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	chunks := 0
	var left time.Time
	err := sdk.stream(ctx, body, func(chunk) bool {
		chunks++
		if chunks == 2 {
			left = time.Now()
			cancel()
		}
		return chunks < 2
	})
	if err != nil || chunks != 2 {
		t.Fatalf("%d chunks, error %v", chunks, err)
	}
	canceledSoon(t, body.words, left)
}

func abortsWaiting(t *testing.T, sdk goSDK) {
	body := ask("hang for " + sdk.name())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := sdk.chat(ctx, body)
		failed <- err
	}()
	for end := time.Now().Add(5 * time.Second); len(seen(t, body.words)) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the question never reached the provider")
		}
	}
	left := time.Now()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
	canceledSoon(t, body.words, left)
}

// canceledSoon waits until the provider has seen the client leave.
func canceledSoon(t *testing.T, words string, left time.Time) {
	t.Helper()
	for time.Since(left) < 3*time.Second {
		if requests := seen(t, words); len(requests) == 1 && requests[0].Outcome == "canceled" {
			if took := requests[0].End.Sub(left); took > time.Second {
				t.Errorf("the provider saw it after %s", took)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the provider never saw the client leave: %+v", seen(t, words))
}

// received is a request as the mock's log shows it.
type received struct {
	Body, Outcome string
	Headers       http.Header
	End           time.Time
}

// seen is what the provider received with these words in the body.
func seen(t *testing.T, words string) (out []received) {
	t.Helper()
	res, err := http.Get(running.mock + "/_mock/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all []received
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if strings.Contains(r.Body, words) {
			out = append(out, r)
		}
	}
	return out
}
