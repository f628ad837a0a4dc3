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
		{
			"what is empty stands for nothing", head + `"choices":[{"index":0,"message":{"role":"assistant","content":"x","audio":{"data":"","id":""},"function_call":{"arguments":"","name":""}},"finish_reason":""}]}`,
			head + `"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}`,
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

// TestRepairStreamWithoutEnd tells the end of an answer whose provider does not.
func TestRepairStreamWithoutEnd(t *testing.T) {
	play := func(want []string, in ...string) {
		t.Helper()
		mend := repairEvents(llm.Chat)
		for i, data := range in {
			if got := string(mend([]byte(data))); got != want[i] {
				t.Errorf("%s became %s", data, got)
			}
		}
	}
	const head, tail = `{"object":"chat.completion.chunk","choices":[`, `],"usage":{"prompt_tokens":1}}`
	play([]string{head + `{"index":0,"delta":{"content":"a"}}]}`, head + `{"index":0,"delta":{},"finish_reason":"stop"}` + tail, ""},
		head+`{"index":0,"delta":{"content":"a","tool_calls":null}}]}`, head+tail, head+tail)
	play([]string{"", head + `{"index":0,"delta":{},"finish_reason":"tool_calls"}` + tail},
		head+`{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}`, head+tail)
	play([]string{"", "", ""}, head+`{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`, head+`{"index":0,"delta":{},"finish_reason":"stop"}]}`, head+tail)
}

func TestRepairLeavesOtherAnswersAlone(t *testing.T) {
	const in = `{"anything": [1, 2]}`
	if got := string(repair(llm.Relay, []byte(in))); got != in {
		t.Errorf("got %s", got)
	}
	if got := string(repair(llm.Embed, []byte(`{"data":[]}`))); got != `{"data":[],"object":"list"}` {
		t.Errorf("got %s", got)
	}
	if got := string(repair(llm.Embed, []byte(`{"object":"list","data":[],"usage":{"total_tokens":3}}`))); got != `{"object":"list","data":[],"usage":{"total_tokens":3,"prompt_tokens":3}}` {
		t.Errorf("got %s", got)
	}
}
