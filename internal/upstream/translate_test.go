package upstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/openai"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// A Messages stream (Anthropic API, streaming messages).
const (
	claudeBegin = "event: message_start\ndata: " + `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}` + "\n\n" +
		"event: content_block_start\ndata: " + `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n"
	claudePing = "event: ping\ndata: {\"type\":\"ping\"}\n\n"
	claudeWord = "event: content_block_delta\ndata: " + `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"höi"}}` + "\n\n"
	claudeEnd  = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
		"event: message_delta\ndata: " + `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}` + "\n\n" +
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	claudeError = "event: error\ndata: " + `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}` + "\n\n"

	claudeReply = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"höi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}`
)

// throughTheWords sends a request of OpenAI's shape to a vendor of Anthropic's.
func throughTheWords(t *testing.T, f wire, body string) (*llm.Answer, error) {
	t.Helper()
	target := acme()
	target.Provider.Ops = map[llm.Op]provider.Endpoint{llm.Chat: {Dialect: "anthropic", Path: "/messages"}}
	c := clientOf(f)
	c.dialects = func(string) (*dialect.Dialect, bool) { return &anthropic.Dialect, true }
	return c.Do(t.Context(), chat(t, body), target, secret.New("k"))
}

const question = `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`

func TestTranslatedAnswer(t *testing.T) {
	var asked []byte
	answer, err := throughTheWords(t, func(r *http.Request) (*http.Response, error) {
		asked, _ = io.ReadAll(r.Body)
		return answering(200, strings.NewReader(claudeReply), "Content-Type", "application/json")(r)
	}, question)
	if err != nil {
		t.Fatal(err)
	}
	if jsonx.KindOf(jsonx.At(asked, "messages", "0", "content")) == jsonx.Absent || string(jsonx.At(asked, "max_tokens")) != "9" {
		t.Errorf("asked %s", asked)
	}
	if word, _ := jsonx.Text(jsonx.At(answer.Body, "choices", "0", "message", "content")); word != "höi" || answer.Usage == nil || answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s, usage %+v", answer.Body, answer.Usage)
	}
	_, err = throughTheWords(t, answering(200, strings.NewReader(`{"id":"msg_1","type":"message"}`), "Content-Type", "application/json"), question)
	if e := failed(t, err); e.Kind != llm.InvalidResponse || e.Status != 502 || e.Final {
		t.Errorf("an answer of another shape: %+v", e)
	}
	_, err = throughTheWords(t, answering(529, strings.NewReader(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), "Content-Type", "application/json"), question)
	if e := failed(t, err); e.Kind != llm.UpstreamStatus || e.Status != 529 || e.Message != "Overloaded" {
		t.Errorf("an error: %+v", e)
	}
}

func TestQuestionNobodyCanTranslate(t *testing.T) {
	_, err := throughTheWords(t, func(*http.Request) (*http.Response, error) {
		t.Error("it was sent")
		return nil, io.EOF
	}, `{"model":"m","messages":"hi"}`)
	if e := failed(t, err); e.Kind != llm.InvalidRequest || e.Status != 400 {
		t.Errorf("%+v", e)
	}
}

// readTranslated reads a translated stream as a client does.
func readTranslated(t *testing.T, body io.Reader) (data []string, done, failures int, begun bool, err error) {
	t.Helper()
	answer, err := throughTheWords(t, answering(200, body, "Content-Type", "text/event-stream"), strings.Replace(question, "{", `{"stream":true,`, 1))
	if err != nil {
		return nil, 0, 0, false, err
	}
	out, err := drain(answer)
	if err != nil {
		out = string(openai.Dialect.AppendErrorFrame([]byte(out), failed(t, err)))
	}
	data, done, failures = eventsOf(t, out)
	return data, done, failures, true, err
}

func content(data []string) (text, finish string) {
	for _, event := range data {
		part, _ := jsonx.Text(jsonx.At(jsonx.Value(event), "choices", "0", "delta", "content"))
		text += part
		if f, ok := jsonx.Text(jsonx.At(jsonx.Value(event), "choices", "0", "finish_reason")); ok {
			finish = f
		}
	}
	return text, finish
}

func TestTranslatedStream(t *testing.T) {
	for _, c := range []struct {
		name   string
		body   io.Reader
		begun  bool
		kind   llm.Kind // 0 (internal): it is complete
		text   string
		finish string
	}{
		{"complete", strings.NewReader(claudeBegin + claudePing + claudeWord + claudeWord + claudeEnd), true, 0, "höihöi", "stop"},
		{"an error first", strings.NewReader(claudePing + claudeError), false, llm.UpstreamStatus, "", ""},
		{"pings only", strings.NewReader(claudePing + claudePing), false, llm.InvalidResponse, "", ""},
		{"nothing", strings.NewReader(""), false, llm.InvalidResponse, "", ""},
		{"an error later", strings.NewReader(claudeBegin + claudeWord + claudeError), true, llm.UpstreamStatus, "höi", ""},
		{"no end", strings.NewReader(claudeBegin + claudeWord), true, llm.StreamInterrupted, "höi", ""},
		{"a reset", cutBy(claudeBegin+claudeWord, io.ErrUnexpectedEOF), true, llm.StreamInterrupted, "höi", ""},
		{"rubbish", strings.NewReader(claudeBegin + claudeWord + "data: {rubbish\n\n" + claudeEnd), true, llm.StreamInterrupted, "höi", ""},
		{"more behind the end", strings.NewReader(claudeBegin + claudeWord + claudeEnd + claudeWord), true, 0, "höi", "stop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, done, failures, begun, err := readTranslated(t, c.body)
			if begun != c.begun || (err == nil) != (c.kind == 0) {
				t.Fatalf("begun %v, error %v", begun, err)
			}
			if err != nil && failed(t, err).Kind != c.kind {
				t.Errorf("kind %d: %v", failed(t, err).Kind, err)
			}
			if text, finish := content(data); text != c.text || finish != c.finish {
				t.Errorf("the client reads %q, %q", text, finish)
			}
			if begun && (done+failures != 1 || done == 1 != (c.kind == 0)) {
				t.Errorf("%d end marks, %d errors", done, failures)
			}
		})
	}
}

// TestCutAnywhereTranslated: the same law as for bytes that pass.
func TestCutAnywhereTranslated(t *testing.T) {
	text := claudePing + claudeBegin + claudeWord + claudePing + claudeEnd
	for _, how := range []error{io.EOF, io.ErrUnexpectedEOF} {
		for at := range len(text) {
			name := fmt.Sprintf("cut at %d of %d with %v", at, len(text), how)
			data, done, failures, begun, err := readTranslated(t, cutBy(text[:at], how))
			if begun && done+failures != 1 || done == 1 != (begun && err == nil) {
				t.Errorf("%s: %d end marks, %d errors, %v", name, done, failures, err)
			}
			if said, finish := content(data); done == 1 && (said != "höi" || finish != "stop") {
				t.Errorf("%s: complete with %q, %q", name, said, finish)
			}
			var e *llm.Error
			if errors.As(err, &e) && begun && e.Kind != llm.StreamInterrupted {
				t.Errorf("%s: kind %d", name, e.Kind)
			}
		}
	}
}
