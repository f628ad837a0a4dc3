package mockllm_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

const streamed = `,"stream":true`

// TestFaults holds one case or more for every word that makes an answer fail.
func TestFaults(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct {
		words, more string
		status      int    // 0: no answer
		broken      bool   // reading the body fails
		body        string // is in it
	}{
		{"error 429", "", 429, false, `"code":"rate_limit_exceeded"`},
		{"error 429", streamed, 429, false, `"type":"requests"`},
		{"error 503", "", 503, false, `"type":"server_error"`},
		{"error 529", "", 529, false, `"type":"server_error"`},
		{"error 418", "", 418, false, `"message":"I'm a teapot."`},
		{"cut", "", 200, true, `"object":"chat.completion"`},
		{"cut", streamed, 200, true, `{"content":"You "}`},
		{"half", "", 200, false, `"object":"chat.completion"`},
		{"half", streamed, 200, false, `"object":"chat.completion.chunk"`},
		{"garbage", "", 200, false, "this is not JSON <<<"},
		{"garbage", streamed, 200, false, `data: <"id"`},
		{"html", "", 502, false, "<h1>502 Bad Gateway</h1>"},
		{"html", streamed, 502, false, "<h1>502 Bad Gateway</h1>"},
		{"hangup", "", 0, true, ""},
		{"hangup", streamed, 0, true, ""},
		{"error in stream", "", 500, false, `"type":"server_error"`},
		{"error in stream", streamed, 200, false, `data: {"error":{"message"`},
	} {
		t.Run(c.words+c.more, func(t *testing.T) {
			a := m.chat("please "+c.words+" now", c.more)
			if a.status() != c.status || (a.err != nil) != c.broken || !strings.Contains(string(a.body), c.body) {
				t.Errorf("status %d, error %v, body %s\nwant status %d, broken %v, body with %s", a.status(), a.err, a.body, c.status, c.broken, c.body)
			}
			if strings.Contains(string(a.body), "[DONE]") && c.words != "garbage" {
				t.Errorf("a broken stream must not end with [DONE]: %s", a.body)
			}
			if c.status == 429 && a.Header.Get("Retry-After-Ms") != "50" {
				t.Errorf("retry-after-ms is %q", a.Header.Get("Retry-After-Ms"))
			}
		})
	}
}

// TestWordsAreTold holds the package comment to the table.
func TestWordsAreTold(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	told := strings.ReplaceAll(string(doc), "\n//\t                  ", " ")
	for _, w := range mockllm.Words {
		if !strings.Contains(told, w.Say) || w.Does == "" {
			t.Errorf("%q is not in doc.go, or does not say what it does", w.Say)
		}
	}
}

func TestHalfIsHalf(t *testing.T) {
	m := start(t, mockllm.Options{})
	if a := m.chat("half", ""); jsonx.Check(a.body) == nil || len(a.body) == 0 {
		t.Errorf("a whole JSON value: %s", a.body)
	}
}

func TestFailsOnlySoOften(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct {
		words string
		want  []int
	}{
		{"error 503 once", []int{503, 200, 200}},
		{"error 429 twice", []int{429, 429, 200}},
		{"error 500 3 times", []int{500, 500, 500, 200}},
		{"error 500", []int{500, 500}},
	} {
		for i, want := range c.want {
			if got := m.chat(c.words, "").status(); got != want {
				t.Errorf("%s: answer %d has status %d, want %d", c.words, i+1, got, want)
			}
		}
	}
}

func TestModelNameAsWords(t *testing.T) {
	m := start(t, mockllm.Options{})
	for model, want := range map[string]int{"mock-error-503": 503, "mock-html": 502, "error-503": 200, "mock-gpt": 200} {
		a := m.send("POST", "/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"hi"}]}`)
		if a.status() != want {
			t.Errorf("model %s: status %d, want %d", model, a.status(), want)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Run("status", func(t *testing.T) {
		m := start(t, mockllm.Options{ErrorStatus: 503})
		for _, path := range []string{"/v1/chat/completions", "/v1/anything"} {
			if a := m.send("POST", path, chatBody("hi", "")); a.status() != 503 || a.at("error", "type") != "server_error" {
				t.Errorf("%s: %d %s", path, a.status(), a.body)
			}
		}
	})
	t.Run("cut", func(t *testing.T) {
		m := start(t, mockllm.Options{CutAfter: 2})
		if a := m.chat("hi", streamed); a.err == nil || len(a.events()) != 2 {
			t.Errorf("error %v after %q", a.err, a.body)
		}
		if a := m.chat("hi", ""); a.err != nil || a.status() != 200 {
			t.Errorf("without a stream: %d %v", a.status(), a.err)
		}
	})
	t.Run("now", func(t *testing.T) {
		m := start(t, mockllm.Options{Now: func() time.Time { return time.Unix(1234, 0) }})
		if got := m.chat("hi", "").at("created"); got != "1234" {
			t.Errorf("created %s, want 1234", got)
		}
	})
}

func TestDelays(t *testing.T) {
	for _, c := range []struct {
		name  string
		opts  mockllm.Options
		words string
	}{
		{"slow", mockllm.Options{}, "slow 60ms"},
		{"latency", mockllm.Options{Latency: 60 * time.Millisecond}, "hi"},
		{"drip", mockllm.Options{}, "long 2 drip 15ms"}, // five events, four pauses
		{"chunk delay", mockllm.Options{ChunkDelay: 15 * time.Millisecond}, "long 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, c.opts)
			begin := time.Now()
			a := m.chat(c.words, streamed)
			if took := time.Since(begin); took < 60*time.Millisecond || a.events()[len(a.events())-1] != "[DONE]" {
				t.Errorf("took %s, want 60ms or more and a whole stream: %s", took, a.body)
			}
		})
	}
}

// TestClientLeaves is the rule that tests of cancellation rely on.
func TestClientLeaves(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct {
		words, more string
		begins      bool // the answer begins before the client leaves
	}{
		{"hang", "", false},
		{"hang", streamed, false},
		{"slow 30s", "", false},
		{"stall", "", true},
		{"stall", streamed, true},
		{"long 9 drip 30s", streamed, true},
	} {
		t.Run(c.words+c.more, func(t *testing.T) {
			before := len(m.Requests())
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			req, err := http.NewRequestWithContext(ctx, "POST", m.url+"/v1/chat/completions", strings.NewReader(chatBody(c.words, c.more)))
			if err != nil {
				t.Fatal(err)
			}
			if c.begins {
				beginReading(t, m.client, req)
			} else {
				go func() {
					eventually(t, "the request arrives", func() bool { return len(m.Requests()) > before })
					leave()
				}()
				if res, err := m.client.Do(req); !errors.Is(err, context.Canceled) {
					t.Errorf("answer %v, error %v, want none until we leave", res, err)
				}
			}
			if c.begins {
				if got := m.Requests()[before].Outcome; got != mockllm.Open {
					t.Errorf("outcome %s while we read, want open", got)
				}
			}
			leave()
			eventually(t, "the mock notices", func() bool { return m.Requests()[before].Outcome == mockllm.Canceled })
			if r := m.Requests()[before]; r.End.Before(r.Start) {
				t.Errorf("ended %s before it started %s", r.End, r.Start)
			}
		})
	}
}

func beginReading(t *testing.T, client *http.Client, req *http.Request) {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if _, err := io.ReadFull(res.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
}

func TestCloseEndsHanging(t *testing.T) {
	m := start(t, mockllm.Options{})
	go func() {
		eventually(t, "the request arrives", func() bool { return len(m.Requests()) == 1 })
		m.Close()
	}()
	m.chat("hang", "")
	if got := m.Requests()[0].Outcome; got != mockllm.Canceled {
		t.Errorf("outcome %s, want canceled", got)
	}
}
