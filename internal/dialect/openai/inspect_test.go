package openai_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/openai"
	"sluice/internal/llm"
)

const answer = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hello world","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
	`"usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2}}}`

func TestInspect(t *testing.T) {
	type want struct {
		Facts  dialect.Facts
		Kind   llm.Kind
		Status int
		Text   string
		Type   string
		Code   string
	}
	const cannot = "the provider's answer cannot be used: "
	for _, c := range []struct {
		name string
		op   llm.Op
		body string
		want want
	}{
		{"chat", llm.Chat, answer, want{Facts: dialect.Facts{Finish: "stop", Usage: &llm.Usage{Input: 10, Output: 7, CacheRead: 4, Reasoning: 2}}}},
		{"no usage", llm.Chat, `{"choices":[{"finish_reason":"length"}]}`, want{Facts: dialect.Facts{Finish: "length"}}},
		{
			"xAI's reasoning", llm.Chat, `{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":334,"completion_tokens_details":{"reasoning_tokens":320}}}`,
			want{Facts: dialect.Facts{Usage: &llm.Usage{Input: 12, Output: 322, Reasoning: 320}}},
		},
		{
			"DeepSeek's cache", llm.Chat, `{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":2,"prompt_cache_hit_tokens":8}}`,
			want{Facts: dialect.Facts{Usage: &llm.Usage{Input: 12, Output: 2, CacheRead: 8}}},
		},
		{"embeddings", llm.Embed, `{"data":[],"usage":{"prompt_tokens":5,"total_tokens":5}}`, want{Facts: dialect.Facts{Usage: &llm.Usage{Input: 5}}}},
		{"models", llm.Models, `{"data":1}`, want{}},
		{"relay", llm.Relay, `{"weird":1}`, want{}},
		{"error beside an answer", llm.Chat, `{"choices":[{"finish_reason":"stop"}],"error":{"message":"late"}}`, want{Facts: dialect.Facts{Finish: "stop"}}},
		{"not JSON", llm.Chat, `not json`, want{Kind: llm.InvalidResponse, Status: 502, Text: cannot + "it is not a JSON object"}},
		{"array", llm.Chat, `[]`, want{Kind: llm.InvalidResponse, Status: 502, Text: cannot + "it is not a JSON object"}},
		{"weird", llm.Chat, `{"weird":1}`, want{Kind: llm.InvalidResponse, Status: 502, Text: cannot + "it has no list of choices"}},
		{"choices of another kind", llm.Complete, `{"choices":{}}`, want{Kind: llm.InvalidResponse, Status: 502, Text: cannot + "it has no list of choices"}},
		{"embeddings without data", llm.Embed, `{}`, want{Kind: llm.InvalidResponse, Status: 502, Text: cannot + "it has no list of data"}},
		{"error", llm.Chat, `{"error":{"message":"slow","type":"rate_limit_error","code":"x"},"choices":[]}`, want{Kind: llm.UpstreamStatus, Status: 429, Text: "slow", Type: "rate_limit_error", Code: "x"}},
		{"error with its own status", llm.Chat, `{"error":{"message":"no","code":403}}`, want{Kind: llm.UpstreamStatus, Status: 403, Text: "no", Code: "403"}},
		{"overloaded", llm.Chat, `{"error":{"message":"no","type":"overloaded_error"}}`, want{Kind: llm.UpstreamStatus, Status: 503, Text: "no", Type: "overloaded_error"}},
		{"unknown type", llm.Chat, `{"error":"no"}`, want{Kind: llm.UpstreamStatus, Status: 502, Text: "no"}},
		{"success false", llm.Chat, `{"success":false,"errors":[{"code":7,"message":"no"}]}`, want{Kind: llm.UpstreamStatus, Status: 502, Text: "Error 7:no"}},
		{"MiniMax", llm.Chat, `{"choices":null,"base_resp":{"status_code":1002,"status_msg":"rate limit"}}`, want{Kind: llm.UpstreamStatus, Status: 502, Text: "rate limit", Code: "1002"}},
		{"MiniMax in order", llm.Chat, `{"choices":[{"finish_reason":"stop"}],"base_resp":{"status_code":0}}`, want{Facts: dialect.Facts{Finish: "stop"}}},
		{"failure without a reason", llm.Chat, `{"success":false}`, want{Kind: llm.UpstreamStatus, Status: 502, Text: "the provider reported a failure without a reason"}},
		{
			"error in a choice", llm.Chat, `{"choices":[{"finish_reason":"error","error":{"code":502,"message":"gone"}}]}`,
			want{Facts: dialect.Facts{Finish: "error"}, Kind: llm.UpstreamStatus, Status: 502, Text: "gone", Code: "502"},
		},
		{"relayed error", llm.Relay, `{"error":{"message":"no"}}`, want{Kind: llm.UpstreamStatus, Status: 502, Text: "no"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := openai.Dialect.Inspect(c.op, []byte(c.body))
			got := want{Facts: facts}
			if e := new(llm.Error); errors.As(err, &e) {
				got.Kind, got.Status, got.Text, got.Type, got.Code = e.Kind, e.Status, e.Message, e.Type, e.Code
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func BenchmarkInspect(b *testing.B) {
	body := []byte(answer)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := openai.Dialect.Inspect(llm.Chat, body); err != nil {
			b.Fatal(err)
		}
	}
}
