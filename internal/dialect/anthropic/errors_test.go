package anthropic_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/anthropic"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

func TestDecodeError(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       llm.Error
	}{
		{"the vendor's", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}`, llm.Error{Message: "Overloaded", Type: "overloaded_error"}},
		{"top level", `{"message":"no"}`, llm.Error{Message: "no"}},
		{"string", `{"error":"no"}`, llm.Error{Message: "no"}},
		{"detail", `{"detail":"no"}`, llm.Error{Message: "no"}},
		{"no message", `{"x":1}`, llm.Error{}},
		{"not JSON", `<h1>x</h1>`, llm.Error{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Kind, c.want.Class, c.want.Status = llm.UpstreamStatus, llm.ClassStatus, 529
			if diff := cmp.Diff(&c.want, anthropic.Dialect.DecodeError(529, []byte(c.body))); diff != "" {
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
		{
			"ours",
			llm.Error{Kind: llm.InvalidRequest, Status: 400, Message: "bad", Param: "model"},
			`{"type":"error","error":{"type":"invalid_request_error","message":"bad","code":"invalid_request","param":"model"},"status":"failure","message":"bad"}`,
		},
		{
			"no route",
			llm.Error{Kind: llm.NotFound, Status: 404, Message: "no"},
			`{"type":"error","error":{"type":"not_found_error","message":"no","code":"not_found","param":null},"status":"failure","message":"no","ok":false}`,
		},
		{
			"unreachable",
			llm.Error{Kind: llm.Unreachable, Status: 502, Message: "refused", Origin: llm.Origin{Provider: "p"}},
			`{"type":"error","error":{"type":"api_error","message":"refused","code":"upstream_unreachable","param":null},"status":"failure","message":"refused","provider":"p"}`,
		},
		{
			"the provider's",
			llm.Error{Kind: llm.UpstreamStatus, Status: 429, Message: "slow", Type: "tokens", Origin: llm.Origin{Provider: "p"}},
			`{"type":"error","error":{"type":"rate_limit_error","message":"slow"},"provider":"p"}`,
		},
		{
			"a page",
			llm.Error{Kind: llm.UpstreamStatus, Status: 502, Body: []byte("<h1>bad</h1>"), Origin: llm.Origin{Provider: "p"}},
			`{"type":"error","error":{"type":"api_error","message":"p answered with status 502: bad","code":"upstream_error","param":null},"provider":"p"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, string(anthropic.Dialect.EncodeError(&c.e))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestErrorFrame(t *testing.T) {
	e := &llm.Error{Kind: llm.StreamInterrupted, Status: 502, Message: "cut"}
	want := "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"cut\",\"code\":\"upstream_stream_interrupted\",\"param\":null}}\n\n"
	if diff := cmp.Diff(want, string(anthropic.Dialect.AppendErrorFrame(nil, e))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// said is what an inspection or a tap found.
type said struct {
	Mark   dialect.Mark
	Finish string
	Usage  [4]int64 // input, output, cache read, cache write
	Kind   llm.Kind
	Status int
	Text   string
}

func saying(mark dialect.Mark, f dialect.Facts, err error) said {
	s := said{Mark: mark, Finish: f.Finish}
	if u := f.Usage; u != nil {
		s.Usage = [4]int64{u.Input, u.Output, u.CacheRead, u.CacheWrite}
	}
	if e := new(llm.Error); errors.As(err, &e) {
		s.Kind, s.Status, s.Text = e.Kind, e.Status, e.Message
	}
	return s
}

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		name string
		op   llm.Op
		body string
		want said
	}{
		{
			"answer", llm.Chat, `{"type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,"output_tokens":20}}`,
			said{Finish: "end_turn", Usage: [4]int64{115, 20, 100, 5}},
		},
		{
			"inner passes", llm.Chat, `{"content":[],"usage":{"input_tokens":682,"output_tokens":1320,"iterations":[{"type":"compaction","input_tokens":60385,"output_tokens":592},{"type":"message","input_tokens":682,"output_tokens":1320},{"type":"advisor_message","input_tokens":9,"output_tokens":9}]}}`,
			said{Usage: [4]int64{61067, 1912, 0, 0}},
		},
		{
			"a fallback", llm.Chat, `{"content":[],"usage":{"input_tokens":1,"output_tokens":2,"iterations":[{"type":"message","input_tokens":8,"output_tokens":8},{"type":"fallback_message","input_tokens":1,"output_tokens":2}]}}`,
			said{Usage: [4]int64{1, 2, 0, 0}},
		},
		{"another operation", llm.Relay, `{"input_tokens":5}`, said{}},
		{"weird", llm.Chat, `{"weird":1}`, said{Kind: llm.InvalidResponse, Status: 502, Text: "the provider's answer cannot be used: it has no list of content"}},
		{"not JSON", llm.Chat, `x`, said{Kind: llm.InvalidResponse, Status: 502, Text: "the provider's answer cannot be used: it is not a JSON object"}},
		{"error", llm.Chat, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, said{Kind: llm.UpstreamStatus, Status: 529, Text: "Overloaded"}},
		{"error beside an answer", llm.Chat, `{"type":"message","content":[],"error":{"type":"api_error","message":"gone"}}`, said{Kind: llm.UpstreamStatus, Status: 500, Text: "gone"}},
		{"error in name only", llm.Chat, `{"type":"error","content":[]}`, said{Kind: llm.UpstreamStatus, Status: 502, Text: "the provider reported a failure without a reason"}},
		{"no error", llm.Chat, `{"type":"message","content":[],"error":null}`, said{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := anthropic.Dialect.Inspect(c.op, []byte(c.body))
			if _, wrong := anthropic.Dialect.Chat.DecodeReply([]byte(c.body)); c.op == llm.Chat && err != nil && wrong == nil { // Decides says that it does
				t.Error("it was decoded")
			}
			if diff := cmp.Diff(c.want, saying(0, f, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTap(t *testing.T) {
	tap := anthropic.Dialect.NewTap(llm.Chat)
	for _, c := range []struct {
		name, data string
		want       said
	}{
		{"message_start", `{"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1}}}`, said{Mark: dialect.Empty, Usage: [4]int64{10, 1}}},
		{"ping", `{"type":"ping"}`, said{Mark: dialect.Empty, Usage: [4]int64{10, 1}}},
		{"", ``, said{Mark: dialect.Empty, Usage: [4]int64{10, 1}}},
		{"", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`, said{Usage: [4]int64{10, 1}}},
		{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":12,"output_tokens":7}}`, said{Finish: "end_turn", Usage: [4]int64{12, 7}}},
		{"error", `{"type":"error","error":{"type":"api_error","message":"gone"}}`, said{Finish: "end_turn", Usage: [4]int64{12, 7}, Kind: llm.UpstreamStatus, Status: 500, Text: "gone"}},
		{"error", `<b>gone</b>`, said{Finish: "end_turn", Usage: [4]int64{12, 7}, Kind: llm.UpstreamStatus, Status: 502, Text: "gone"}},
		{"content_block_delta", `{broken`, said{Finish: "end_turn", Usage: [4]int64{12, 7}, Kind: llm.StreamInterrupted, Status: 502, Text: "the provider's stream broke: an event in it is not a JSON object"}},
		{"message_stop", `{"type":"message_stop"}`, said{Mark: dialect.Done, Finish: "end_turn", Usage: [4]int64{12, 7}}},
	} {
		mark, err := tap.Event(framing.Event{Name: c.name, Data: []byte(c.data)})
		if diff := cmp.Diff(c.want, saying(mark, tap.Facts(), err)); diff != "" {
			t.Errorf("%s %s (-want +got)\n%s", c.name, c.data, diff)
		}
	}
}

func TestTapAllocatesNothing(t *testing.T) {
	tap := anthropic.Dialect.NewTap(llm.Chat)
	ev := framing.Event{Name: "content_block_delta", Data: []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word and another one"}}`)}
	if n := testing.AllocsPerRun(100, func() { _, _ = tap.Event(ev) }); n != 0 {
		t.Errorf("%v allocations for an ordinary event, want 0", n)
	}
}
