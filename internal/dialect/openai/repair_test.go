package openai

import (
	"strings"
	"testing"

	"sluice/internal/llm"
)

func TestRepair(t *testing.T) {
	const head = `{"id":"c","object":"chat.completion","created":1,"model":"m",`
	for _, c := range []struct{ name, in, want string }{
		{"nothing to mend", head + `"choices":[ {"index":0,"message":{"role":"assistant","content":"\"tool_calls\""},"finish_reason":"stop"} ]}`, ""},
		{
			"content left out", head + `"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`,
			head + `"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}],"content":null},"finish_reason":"tool_calls"}]}`,
		},
		{
			"stop with calls, arguments as an object, no type", head + `"choices":[{"index":0,"message":{"role":"assistant","content":"","tool_calls":[{"id":"1","function":{"name":"f","arguments":{"a": 1}}}]},"finish_reason":"stop"}]}`,
			head + `"choices":[{"index":0,"message":{"role":"assistant","content":"","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"a\": 1}"},"type":"function"}]},"finish_reason":"tool_calls"}]}`,
		},
		{
			"nulls where lists and objects belong", head + `"choices":[{"index":0,"message":{"role":"assistant","content":"x","annotations":null,"tool_calls":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"prompt_tokens_details":null}}`,
			head + `"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}`,
		},
		{"what looks like a fault is none", head + `"choices":[{"index":0,"message":{"role":"assistant","content":"\"tool_calls\":null, \"finish_reason\":\"\"","annotations":[],"tool_calls":[],"audio":null},"finish_reason":"stop"}]}`, ""},
		{
			"reasoning alone", head + `"choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"x"},"finish_reason":"stop"}]}`,
			head + `"choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"x","content":null},"finish_reason":"stop"}]}`,
		},
		{
			"far from its name", head + `"choices":[],"usage":{"completion_tokens":1,"completion_tokens_details" :` + "\n\t" + `null}}`,
			head + `"choices":[],"usage":{"completion_tokens":1}}`,
		},
		{
			"object left out", strings.Replace(head, `"object":"chat.completion",`, "", 1) + `"choices":[]}`,
			`{"id":"c","created":1,"model":"m","choices":[],"object":"chat.completion"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want == "" {
				want = c.in
			}
			got := string(repair(llm.Chat, []byte(c.in)))
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if again := string(repair(llm.Chat, []byte(got))); again != got {
				t.Errorf("a second time changes it again: %s", again)
			}
		})
	}
}

func TestRepairChunk(t *testing.T) {
	for in, want := range map[string]string{
		`{"id":"c","choices":[]}`:                                  `{"id":"c","choices":[],"object":"chat.completion.chunk"}`,
		`{"id":"c","object":"chat.completion.chunk","choices":[]}`: "",
		`{"error":{"message":"x"}}`:                                "",
		`[DONE]`:                                                   "",
	} {
		if got := string(repairEvents(llm.Chat)([]byte(in))); got != want {
			t.Errorf("%s became %q, want %q", in, got, want)
		}
	}
}

// TestRepairEnd tells the reason that a vendor never told: its own end mark says
// that the stream is whole.
func TestRepairEnd(t *testing.T) {
	const (
		word  = `{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{"content":"x","tool_calls":null},"index":0}]}`
		plain = `{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{"content":"x"},"index":0}]}`
		call  = `{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{"tool_calls":[{"index":0}]},"index":0}]}`
		told  = `{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{},"index":0,"finish_reason":"length"}]}`
		blank = `{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{},"index":0,"finish_reason":""}]}`
		empty = `{"id":"c","object":"chat.completion.chunk","choices":[{"delta":{},"index":0,"finish_reason":null}]}`
		cost  = `{"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"total_tokens":1}}`
		done  = `{"id":"c","object":"chat.completion.done","choices":[{"delta":{},"index":0,"finish_reason":"stop"}]}`
		end   = `{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: "
	)
	for _, c := range []struct {
		name     string
		in, want []string
	}{
		{"with its cost", []string{word, cost, "[DONE]"}, []string{plain, end + cost, ""}},
		{"without", []string{word, "[DONE]"}, []string{plain, `{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]"}},
		{"of calls", []string{call, cost}, []string{"", strings.Replace(end, "stop", "tool_calls", 1) + cost}},
		{"told", []string{told, cost, "[DONE]"}, []string{"", "", ""}},
		{"told as nothing", []string{blank, cost}, []string{empty, end + cost}},
		{"another object", []string{done, "[DONE]"}, []string{strings.Replace(done, "done", "chunk", 1), ""}},
		{"nothing at all", []string{"[DONE]"}, []string{""}},
	} {
		mend := repairEvents(llm.Chat)
		for i, in := range c.in {
			if got := string(mend([]byte(in))); got != c.want[i] {
				t.Errorf("%s: %s became\n%s, want\n%s", c.name, in, got, c.want[i])
			}
		}
	}
}

func TestRepairLeavesOtherAnswersAlone(t *testing.T) {
	const in = `{"anything": [1, 2]}`
	if got := string(repair(llm.Relay, []byte(in))); got != in {
		t.Errorf("got %s", got)
	}
	if got := string(repair(llm.Embed, []byte(`{"data":[]}`))); got != `{"data":[],"object":"list"}` {
		t.Errorf("got %s", got)
	}
}

func TestRepairOfCost(t *testing.T) {
	if got := string(repair(llm.Embed, []byte(`{"object":"list","data":[],"usage":{"total_tokens":3}}`))); got != `{"object":"list","data":[],"usage":{"total_tokens":3,"prompt_tokens":3}}` {
		t.Errorf("got %s", got)
	}
}

// TestRepairOfNothing takes out what stands for nothing.
func TestRepairOfNothing(t *testing.T) {
	const head = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"`
	const in = head + `,"audio":{"data":"","id":""},"function_call":{"arguments":"","name":""}},"finish_reason":"stop"}]}`
	if got := string(repair(llm.Chat, []byte(in))); got != head+`},"finish_reason":"stop"}]}` {
		t.Errorf("got %s", got)
	}
}

// TestRepairSecondDetails: only the second of two is null.
func TestRepairSecondDetails(t *testing.T) {
	const in, want = `"usage":{"prompt_tokens_details":{},"completion_tokens_details":null}}`, `"usage":{"prompt_tokens_details":{}}}`
	const chunk = `{"object":"chat.completion.chunk","choices":[{"delta":{},"finish_reason":"stop"}],`
	if got := string(repairEvents(llm.Chat)([]byte(chunk + in))); got != chunk+want {
		t.Errorf("%s", got)
	}
	const whole = `{"id":"c","object":"chat.completion","created":1,"choices":[],`
	if got := string(repair(llm.Chat, []byte(whole+in))); got != whole+want {
		t.Errorf("%s", got)
	}
}

// kilobyte is an answer as most are: nothing is to be mended.
var kilobyte = []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"` +
	strings.Repeat(`Paris is the capital of France.\nAsk \"why\" if you like. `, 12) + `","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
	`"usage":{"prompt_tokens":60,"completion_tokens":120,"total_tokens":180,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}},"service_tier":"default","system_fingerprint":"fp"}`)

func BenchmarkAnswer(b *testing.B) {
	b.Run("inspect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := inspect(llm.Chat, kilobyte); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("repair", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			repair(llm.Chat, kilobyte)
		}
	})
}
