package mockllm_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mock is a running fake provider and a client for it.
type mock struct {
	*mockllm.Server
	t      *testing.T
	url    string
	client *http.Client
}

func start(t *testing.T, opts mockllm.Options) mock {
	t.Helper()
	server := mockllm.New(opts)
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		server.Close()
		web.Close()
	})
	return mock{server, t, web.URL, web.Client()}
}

// answer is what came back, read to its end.
type answer struct {
	*http.Response
	body []byte
	err  error // of reading the body
}

func (m mock) send(method, path, body string, headers ...string) answer {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := m.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res, b, err}
}

// chat sends one user message, with more members of the body.
func (m mock) chat(words, more string) answer {
	m.t.Helper()
	return m.send("POST", "/v1/chat/completions", chatBody(words, more))
}

func chatBody(words, more string) string {
	return `{"model":"gpt-4o-mini","messages":[{"role":"user","content":` + string(jsonx.Quote(words)) + `}]` + more + `}`
}

func (a answer) status() int {
	if a.Response == nil {
		return 0
	}
	return a.StatusCode
}

// at is the text of a string, or the text of any other value.
func (a answer) at(path ...string) string {
	if jsonx.Check(a.body) != nil {
		return "not JSON"
	}
	return show(jsonx.At(a.body, path...))
}

func show(v jsonx.Value) string {
	if s, ok := jsonx.Text(v); ok {
		return s
	}
	return string(v)
}

// events are the data of a stream's events, as far as they came.
func (a answer) events() (out []string) {
	sse := framing.NewSSE(bytes.NewReader(a.body), 1<<20)
	for {
		e, err := sse.Next()
		if err != nil {
			return out
		}
		out = append(out, string(e.Data))
	}
}

// said joins the pieces of the first choice.
func said(events []string, path ...string) string {
	var b strings.Builder
	for _, e := range events {
		if jsonx.At(jsonx.Value(e), "choices", "0", "index") != nil && show(jsonx.At(jsonx.Value(e), "choices", "0", "index")) == "0" {
			b.WriteString(show(jsonx.At(jsonx.Value(e), append([]string{"choices", "0"}, path...)...)))
		}
	}
	return b.String()
}

// eventually waits until ok, or fails.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
