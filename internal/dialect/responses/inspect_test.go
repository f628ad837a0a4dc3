package responses_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/responses"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

// heard is what an answer or an event came to.
type heard struct {
	Mark   dialect.Mark
	Finish string
	Usage  *llm.Usage
	Kind   llm.Kind // of a failure
	Status int
	Text   string
}

func (h *heard) fail(err error) {
	if e := new(llm.Error); errors.As(err, &e) {
		h.Kind, h.Status, h.Text = e.Kind, e.Status, e.Message
	}
}

const cost = `{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":14}`

var costs = &llm.Usage{Input: 9, Output: 5, CacheRead: 4, CacheWrite: 2, Reasoning: 3}

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       heard
	}{
		{"complete", `{"status":"completed","error":null,"output":[],"usage":` + cost + `}`, heard{Finish: "completed", Usage: costs}},
		{"cut off", `{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}`, heard{Finish: "max_output_tokens"}},
		{"reasoning outside of the output", `{"status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":2,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":6}}`, heard{Finish: "completed", Usage: &llm.Usage{Input: 1, Output: 5, Reasoning: 3}}},
		{"failed", `{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow down"},"output":[]}`, heard{Kind: llm.UpstreamStatus, Status: 429, Text: "Slow down"}},
		{"failed without a reason", `{"status":"failed","error":null,"output":[]}`, heard{Kind: llm.UpstreamStatus, Status: 502, Text: "the provider reported a failure without a reason"}},
		{"an error in a text", `{"error":"no"}`, heard{Kind: llm.UpstreamStatus, Status: 502, Text: "no"}},
		{"something else", `{"foo":1}`, heard{Kind: llm.InvalidResponse, Status: 502, Text: "the provider's answer cannot be used: it has no list of output"}},
		{"a page", `<html>`, heard{Kind: llm.InvalidResponse, Status: 502, Text: "the provider's answer cannot be used: it is not a JSON object"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, err := responses.Dialect.Inspect(llm.Chat, []byte(c.body))
			got := heard{Finish: facts.Finish, Usage: facts.Usage}
			got.fail(err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

const delta = `{"type":"response.output_text.delta","sequence_number":8,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"Here","logprobs":[],"obfuscation":"ibL5UNoyJag2"}`

func TestTap(t *testing.T) {
	for _, c := range []struct {
		name, event, data string
		want              heard
	}{
		{"begin", "", `{"type":"response.created","response":{}}`, heard{Mark: dialect.Empty}},
		{"keepalive", "", `{"type":"keepalive"}`, heard{Mark: dialect.Empty}},
		{"comment", "", ``, heard{Mark: dialect.Empty}},
		{"a mark of another API", "", `[DONE]`, heard{Mark: dialect.Empty}},
		{"text", "", delta, heard{}},
		{"end", "", `{"type":"response.completed","response":{"status":"completed","output":[],"usage":` + cost + `}}`, heard{Mark: dialect.Done, Finish: "completed", Usage: costs}},
		{"cut off", "", `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}`, heard{Mark: dialect.Done, Finish: "content_filter"}},
		{"failed", "", `{"type":"response.failed","response":{"error":{"code":"server_error","message":"Boom"}}}`, heard{Kind: llm.UpstreamStatus, Status: 500, Text: "Boom"}},
		{"error", "error", `{"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null}`, heard{Kind: llm.UpstreamStatus, Status: 429, Text: "Slow down"}},
		{"error in an object", "", `{"type":"error","error":{"type":"overloaded","message":"Busy"}}`, heard{Kind: llm.UpstreamStatus, Status: 503, Text: "Busy"}},
		{"error without a type", "", `{"error":{"message":"no"}}`, heard{Kind: llm.UpstreamStatus, Status: 502, Text: "no"}},
		{"error that is a page", "error", `<b>gone</b>`, heard{Kind: llm.UpstreamStatus, Status: 502, Text: "gone"}},
		{"not JSON", "", `{broken`, heard{Kind: llm.StreamInterrupted, Status: 502, Text: "the provider's stream broke: an event in it is not a JSON object"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tap := responses.Dialect.NewTap(llm.Chat)
			mark, err := tap.Event(framing.Event{Name: c.event, Data: []byte(c.data)})
			got := heard{Mark: mark, Finish: tap.Facts().Finish, Usage: tap.Facts().Usage}
			got.fail(err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNobodyListensToARelay(t *testing.T) {
	if tap := responses.Dialect.NewTap(llm.Relay); tap != nil {
		t.Error("a relay has a tap")
	}
}

func TestTapAllocatesNothing(t *testing.T) {
	tap := responses.Dialect.NewTap(llm.Chat)
	ev := framing.Event{Name: "response.output_text.delta", Data: []byte(delta)}
	if n := testing.AllocsPerRun(100, func() { _, _ = tap.Event(ev) }); n != 0 {
		t.Errorf("%v allocations for an ordinary event, want 0", n)
	}
}

// mostAllocations is what translating an ordinary event may cost, reading and
// writing. It is pinned so that a change that makes it dearer is seen.
const mostAllocations = 25

func TestTranslationAllocations(t *testing.T) {
	dec := responses.Dialect.Chat.NewDecoder()
	enc := responses.Dialect.Chat.NewEncoder(dialect.Reply{})
	ev := framing.Event{Data: []byte(delta)}
	var out []byte
	step := func() {
		events, err := dec.Decode(ev)
		if err != nil {
			t.Fatal(err)
		}
		out = out[:0]
		for i := range events {
			out = enc.Encode(out, &events[i])
		}
	}
	step()
	if n := testing.AllocsPerRun(100, step); n > mostAllocations {
		t.Errorf("%v allocations for an ordinary event, want at most %d", n, mostAllocations)
	}
}
