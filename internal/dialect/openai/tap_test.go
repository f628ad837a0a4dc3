package openai_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/openai"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

const chunk = `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}`

// heard is what a tap said of one event.
type heard struct {
	Mark   dialect.Mark
	Kind   llm.Kind
	Status int
	Text   string
}

func listen(op llm.Op, events ...framing.Event) (all []heard, f dialect.Facts) {
	tap := openai.Dialect.NewTap(op)
	for _, ev := range events {
		mark, err := tap.Event(ev)
		h := heard{Mark: mark}
		if e := new(llm.Error); errors.As(err, &e) {
			h.Kind, h.Status, h.Text = e.Kind, e.Status, e.Message
		}
		all = append(all, h)
	}
	return all, tap.Facts()
}

func data(s string) framing.Event { return framing.Event{Data: []byte(s)} }

func TestTap(t *testing.T) {
	const unreadable = "the provider's stream broke: an event in it is not a JSON object"
	for _, c := range []struct {
		name  string
		event framing.Event
		want  heard
		facts dialect.Facts
	}{
		{"ordinary", data(chunk), heard{}, dialect.Facts{}},
		{"comment", framing.Event{Raw: []byte(": hi\n\n")}, heard{Mark: dialect.Empty}, dialect.Facts{}},
		{"done", data(" [DONE] "), heard{Mark: dialect.Done}, dialect.Facts{}},
		{"finish", data(`{"choices":[{"delta":{},"finish_reason" : "stop"}]}`), heard{Mark: dialect.Finished}, dialect.Facts{Finish: "stop"}},
		{"empty finish", data(`{"choices":[{"delta":{},"finish_reason":""}]}`), heard{}, dialect.Facts{}},
		{"finish of the second choice", data(`{"choices":[{"finish_reason":null},{"finish_reason":"length"}]}`), heard{Mark: dialect.Finished}, dialect.Facts{Finish: "length"}},
		{"the words in a text", data(`{"choices":[{"delta":{"content":"\"finish_reason\":\"stop\""},"finish_reason":null}]}`), heard{}, dialect.Facts{}},
		{"the words as a member of the delta", data(`{"choices":[{"delta":{"finish_reason":"stop"}}]}`), heard{}, dialect.Facts{}},
		{"usage chunk", data(`{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}`), heard{}, dialect.Facts{Usage: &llm.Usage{Input: 3, Output: 4}}},
		{"Groq's usage", data(`{"choices":[],"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":4}}}`), heard{}, dialect.Facts{Usage: &llm.Usage{Input: 3, Output: 4}}},
		{"Moonshot's usage", data(`{"choices":[{"finish_reason":"stop","usage":{"prompt_tokens":3,"completion_tokens":4,"cached_tokens":2}}]}`), heard{Mark: dialect.Finished}, dialect.Facts{Finish: "stop", Usage: &llm.Usage{Input: 3, Output: 4, CacheRead: 2}}},
		{"not JSON", data(`{broken`), heard{Kind: llm.StreamInterrupted, Status: 502, Text: unreadable}, dialect.Facts{}},
		{"not an object", data(`[1]`), heard{Kind: llm.StreamInterrupted, Status: 502, Text: unreadable}, dialect.Facts{}},
		{"error", data(`{"error":{"message":"slow down","type":"rate_limit_error"}}`), heard{Kind: llm.UpstreamStatus, Status: 429, Text: "slow down"}, dialect.Facts{}},
		{"error with a number", data(`{"error":{"message":"no","code":529}}`), heard{Kind: llm.UpstreamStatus, Status: 529, Text: "no"}, dialect.Facts{}},
		{"error event", framing.Event{Name: "error", Data: []byte(`{"message":"gone","type":"x"}`)}, heard{Kind: llm.UpstreamStatus, Status: 502, Text: "gone"}, dialect.Facts{}},
		{"error event that is not JSON", framing.Event{Name: "error", Data: []byte(`<b>gone</b>`)}, heard{Kind: llm.UpstreamStatus, Status: 502, Text: "gone"}, dialect.Facts{}},
		{"error null", data(`{"error":null,"choices":[]}`), heard{}, dialect.Facts{}},
		{"error beside a finish", data(`{"error":{"message":"cut","code":"server_error"},"choices":[{"finish_reason":"length"}]}`), heard{Mark: dialect.Finished, Kind: llm.UpstreamStatus, Status: 500, Text: "cut"}, dialect.Facts{Finish: "length"}},
		{"error in a choice", data(`{"choices":[{"finish_reason":"error","error":{"code":502,"message":"gone"}}]}`), heard{Mark: dialect.Finished, Kind: llm.UpstreamStatus, Status: 502, Text: "gone"}, dialect.Facts{Finish: "error"}},
		{"MiniMax's failure", data(`{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`), heard{Kind: llm.UpstreamStatus, Status: 502, Text: "login fail"}, dialect.Facts{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, facts := listen(llm.Chat, c.event)
			if diff := cmp.Diff([]heard{c.want}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.facts, facts); diff != "" {
				t.Errorf("facts (-want +got)\n%s", diff)
			}
		})
	}
}

func TestNobodyListensToARelay(t *testing.T) {
	for _, op := range []llm.Op{llm.Relay, llm.Embed, llm.Models} {
		if tap := openai.Dialect.NewTap(op); tap != nil {
			t.Errorf("%s has a tap", op)
		}
	}
}

func TestTapKeepsTheFirstFinishAndTheLastUsage(t *testing.T) {
	_, facts := listen(llm.Chat,
		data(`{"choices":[{"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`),
		data(`{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`))
	want := dialect.Facts{Finish: "tool_calls", Usage: &llm.Usage{Input: 5, Output: 2}}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTapAllocatesNothing(t *testing.T) {
	tap := openai.Dialect.NewTap(llm.Chat)
	ev := data(chunk)
	if n := testing.AllocsPerRun(100, func() { _, _ = tap.Event(ev) }); n != 0 {
		t.Errorf("%v allocations for an ordinary chunk, want 0", n)
	}
}

func BenchmarkTap(b *testing.B) {
	for _, size := range []int{0, 2000} {
		ev := data(strings.Replace(chunk, " word", " word"+strings.Repeat("x", size), 1))
		b.Run(map[bool]string{true: "ordinary", false: "2KB"}[size == 0], func(b *testing.B) {
			tap := openai.Dialect.NewTap(llm.Chat)
			b.SetBytes(int64(len(ev.Data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tap.Event(ev); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
