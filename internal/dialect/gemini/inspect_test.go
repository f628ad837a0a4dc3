package gemini_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/gemini"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       dialect.Facts
		kind       llm.Kind
		status     int
	}{
		{
			"an answer", `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":11,"toolUsePromptTokenCount":2,"cachedContentTokenCount":1}}`,
			dialect.Facts{Finish: "STOP", Usage: &llm.Usage{Input: 9, Output: 14, Reasoning: 11, CacheRead: 1}},
			0, 0,
		},
		{"a blocked prompt", `{"promptFeedback":{"blockReason":"SAFETY"}}`, dialect.Facts{Finish: "SAFETY"}, 0, 0},
		{"no answer", `{"a":1}`, dialect.Facts{}, llm.InvalidResponse, 502},
		{"not JSON", `[`, dialect.Facts{}, llm.InvalidResponse, 502},
		{"a failure", `{"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}`, dialect.Facts{}, llm.UpstreamStatus, 503},
		{"a failure without a code", `{"error":{"message":"Who?","status":"UNAUTHENTICATED"}}`, dialect.Facts{}, llm.UpstreamStatus, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := gemini.Dialect.Inspect(llm.Chat, []byte(c.body))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			e := new(llm.Error)
			if errors.As(err, &e) != (c.status != 0) || e.Kind != c.kind || e.Status != c.status {
				t.Errorf("error %v, kind %d, status %d", err, e.Kind, e.Status)
			}
		})
	}
}

func TestTap(t *testing.T) {
	tap := gemini.Dialect.NewTap(llm.Chat)
	for _, c := range []struct {
		name, event, data string
		want              dialect.Mark
		status            int
	}{
		{"nothing", "", "", dialect.Empty, 0},
		{"cost alone", "", `{"usageMetadata":{"promptTokenCount":7}}`, dialect.Empty, 0},
		{"text", "", `{"candidates":[{"content":{"parts":[{"text":"\"finishReason\""}]}}]}`, dialect.Content, 0},
		{"the end", "", `{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"candidatesTokenCount":2}}`, dialect.Finished, 0},
		{"a blocked prompt", "", `{"promptFeedback":{"blockReason":"OTHER"}}`, dialect.Finished, 0},
		{"a failure", "", `{"error":{"code":429,"message":"Slow.","status":"RESOURCE_EXHAUSTED"}}`, dialect.Content, 429},
		{"a failure in an array", "", `[{"error":{"code":500,"message":"Oh.","status":"INTERNAL"}}]`, dialect.Content, 500},
		{"no JSON", "", `nope`, dialect.Content, 502},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark, err := tap.Event(framing.Event{Name: c.event, Data: []byte(c.data)})
			e := new(llm.Error)
			if errors.As(err, &e) != (c.status != 0) || e.Status != c.status || mark != c.want {
				t.Errorf("mark %d, want %d; error %v", mark, c.want, err)
			}
		})
	}
	want := dialect.Facts{Finish: "OTHER", Usage: &llm.Usage{Input: 7, Output: 2}}
	if diff := cmp.Diff(want, tap.Facts()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if gemini.Dialect.NewTap(llm.Embed) != nil {
		t.Error("a tap for what is never streamed")
	}
}

func TestTapAllocations(t *testing.T) {
	tap := gemini.Dialect.NewTap(llm.Chat)
	ev := framing.Event{Data: []byte(`{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":17,"candidatesTokenCount":3,"totalTokenCount":20,"promptTokensDetails":[{"modality":"TEXT","tokenCount":17}]},"modelVersion":"gemini-2.5-flash","responseId":"r1"}`)}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := tap.Event(ev); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for an ordinary event", n)
	}
}

// TestCodecAllocations pins what translating one ordinary event costs.
func TestCodecAllocations(t *testing.T) {
	const most = 64
	ev := framing.Event{Data: []byte(`{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":17,"candidatesTokenCount":3,"totalTokenCount":20},"modelVersion":"gemini-2.5-flash","responseId":"r1"}`)}
	dec, enc := gemini.Dialect.Chat.NewDecoder(), gemini.Dialect.Chat.NewEncoder(dialect.Reply{})
	var out []byte
	if n := testing.AllocsPerRun(100, func() {
		events, err := dec.Decode(ev)
		if err != nil {
			t.Fatal(err)
		}
		out = out[:0]
		for i := range events {
			out = enc.Encode(out, &events[i])
		}
	}); n > most {
		t.Errorf("%v allocations, want at most %d", n, most)
	}
	if len(out) == 0 {
		t.Error("nothing was written")
	}
}
