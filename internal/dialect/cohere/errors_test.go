package cohere_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/cohere"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

func TestDecodeError(t *testing.T) {
	for _, c := range []struct {
		name, body, want string
	}{
		{"the vendor's", `{"id":"x","message":"invalid api token"}`, "invalid api token"},
		{"version 1", `{"message":"too many tokens","data":"x"}`, "too many tokens"},
		{"a gateway in front", `{"error":{"message":"no"}}`, "no"},
		{"string", `{"error":"no"}`, "no"},
		{"no message", `{"x":1}`, ""},
		{"not JSON", `<h1>x</h1>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: 429, Message: c.want}
			if diff := cmp.Diff(want, cohere.Dialect.DecodeError(429, []byte(c.body))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	for _, c := range []struct {
		name string
		e    llm.Error
		want string
	}{
		{"ours", llm.Error{Kind: llm.InvalidRequest, Status: 400, Message: "bad", Param: "model"}, `{"message":"bad","status":"failure","code":"invalid_request","param":"model"}`},
		{"no route", llm.Error{Kind: llm.NotFound, Status: 404, Message: "no"}, `{"message":"no","status":"failure","code":"not_found","ok":false}`},
		{"the provider's", llm.Error{Kind: llm.UpstreamStatus, Status: 429, Message: "slow", Origin: llm.Origin{Provider: "p"}}, `{"message":"p error: slow","provider":"p"}`},
		{"details", llm.Error{Kind: llm.InvalidConfig, Status: 400, Message: "bad", Details: []string{"a", "b"}}, `{"message":"bad","status":"failure","code":"invalid_config","errors":["a","b"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(cohere.Dialect.EncodeError(&c.e)); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
	frame := string(cohere.Dialect.AppendErrorFrame(nil, &llm.Error{Kind: llm.StreamInterrupted, Message: "broke"}))
	if want := "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"error\":\"broke\",\"finish_reason\":\"ERROR\"}}\n\n"; frame != want {
		t.Errorf("got %q", frame)
	}
}

// TestErrorFrame: what was written for a client is a failure for whoever reads it.
func TestErrorFrame(t *testing.T) {
	frame := cohere.Dialect.AppendErrorFrame(nil, &llm.Error{Kind: llm.StreamInterrupted, Message: "broke"})
	ev, err := framing.NewSSE(strings.NewReader(string(frame)), 1<<20).Next()
	if err != nil {
		t.Fatal(err)
	}
	_, err = cohere.Dialect.Chat.NewDecoder().Decode(ev)
	if e := new(llm.Error); !errors.As(err, &e) || e.Message != "broke" || e.Status != 500 {
		t.Errorf("got %v", err)
	}
	if _, err := cohere.Dialect.NewTap(llm.Chat).Event(ev); err == nil {
		t.Error("the tap heard no failure")
	}
}

func TestInspect(t *testing.T) {
	usage := `"usage":{"billed_units":{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":3.0,"output_tokens":4},"cached_tokens":2}`
	for _, c := range []struct {
		name   string
		d      *dialect.Dialect
		op     llm.Op
		body   string
		input  int64
		finish string
		status int // of the failure, 0 for none
	}{
		{"chat", &cohere.Dialect, llm.Chat, `{"message":{"role":"assistant"},"finish_reason":"COMPLETE",` + usage + `}`, 3, "COMPLETE", 0},
		{"failed", &cohere.Dialect, llm.Chat, `{"message":{"role":"assistant"},"finish_reason":"ERROR"}`, 0, "", 500},
		{"took too long", &cohere.Dialect, llm.Chat, `{"message":{"role":"assistant"},"finish_reason":"TIMEOUT"}`, 0, "", 504},
		{"an error", &cohere.Dialect, llm.Chat, `{"message":"rate limit exceeded"}`, 0, "", 429},
		{"something else", &cohere.Dialect, llm.Chat, `{"x":1}`, 0, "", 502},
		{"not JSON", &cohere.Dialect, llm.Chat, `x`, 0, "", 502},
		{"vectors", &cohere.Dialect, llm.Embed, `{"embeddings":{"float":[[1]]},"meta":{"billed_units":{"input_tokens":5}}}`, 5, "", 0},
		{"no vectors", &cohere.Dialect, llm.Embed, `{}`, 0, "", 502},
		{"version 1", &cohere.V1, llm.Chat, `{"text":"a","finish_reason":"MAX_TOKENS","meta":{"tokens":{"input_tokens":7}}}`, 7, "MAX_TOKENS", 0},
		{"version 1 failed", &cohere.V1, llm.Chat, `{"text":"a","finish_reason":"ERROR"}`, 0, "", 500},
		{"version 1, an error", &cohere.V1, llm.Chat, `{"message":"not found"}`, 0, "", 404},
		{"version 1, something else", &cohere.V1, llm.Chat, `{}`, 0, "", 502},
		{"generate", &cohere.Generate, llm.Chat, `{"generations":[{"finish_reason":"COMPLETE"}],"meta":{"billed_units":{"input_tokens":8}}}`, 8, "COMPLETE", 0},
		{"generate, an error", &cohere.Generate, llm.Chat, `{"message":"invalid api_key"}`, 0, "", 401},
		{"generate, something else", &cohere.Generate, llm.Chat, `[]`, 0, "", 502},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.d.Inspect(c.op, []byte(c.body))
			if e := new(llm.Error); c.status > 0 && (!errors.As(err, &e) || e.Status != c.status) {
				t.Errorf("failure %v, want status %d", err, c.status)
			}
			if c.status > 0 {
				return
			}
			if err != nil || f.Usage.Input != c.input || f.Finish != c.finish {
				t.Errorf("got %+v, %v", f, err)
			}
		})
	}
}

func TestTap(t *testing.T) {
	for _, c := range []struct {
		name string
		d    *dialect.Dialect
		in   []string
		want []dialect.Mark
	}{
		{
			"version 2", &cohere.Dialect,
			[]string{`{"type":"message-start","id":"m"}`, `{"type":"debug"}`, `{"type":"content-delta"}`, ``, `{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":9}}}}`},
			[]dialect.Mark{dialect.Empty, dialect.Empty, dialect.Content, dialect.Empty, dialect.Done},
		},
		{
			"version 1", &cohere.V1,
			[]string{`{"event_type":"stream-start","is_finished":false}`, `{"event_type":"text-generation","text":"a"}`, `{"event_type":"stream-end","is_finished":true,"finish_reason":"COMPLETE","response":{"meta":{"tokens":{"input_tokens":9}}}}`},
			[]dialect.Mark{dialect.Empty, dialect.Content, dialect.Done},
		},
		{
			"generate", &cohere.Generate,
			[]string{`{"text":"a","is_finished":false}`, `{"is_finished":true,"finish_reason":"COMPLETE","response":{"meta":{"billed_units":{"input_tokens":9}}}}`},
			[]dialect.Mark{dialect.Content, dialect.Done},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tap := c.d.NewTap(llm.Chat)
			for i, data := range c.in {
				mark, err := tap.Event(framing.Event{Data: []byte(data)})
				if err != nil || mark != c.want[i] {
					t.Errorf("%s is %v, %v", data, mark, err)
				}
			}
			if f := tap.Facts(); f.Finish != "COMPLETE" || f.Usage.Input != 9 {
				t.Errorf("facts %+v", f)
			}
			for _, bad := range []string{`{"message":"no"}`, `x`} {
				if _, err := tap.Event(framing.Event{Data: []byte(bad)}); err == nil {
					t.Errorf("%s is no failure", bad)
				}
			}
		})
	}
}
