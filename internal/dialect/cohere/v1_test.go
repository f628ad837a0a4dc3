package cohere_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/cohere"
	"sluice/internal/llm"
)

// TestV1Fold: a stream of version 1 folds to what the whole answer says (L2);
// cut short it is a failure (L9).
func TestV1Fold(t *testing.T) {
	for _, c := range []struct {
		name         string
		d            *dialect.Dialect
		whole, lines string
	}{
		{
			"calls", &cohere.V1,
			`{"text":"I will look.","generation_id":"g1","finish_reason":"COMPLETE","tool_calls":[{"name":"w","parameters":{"city": "Paris"}},{"name":"v"}],"meta":{"tokens":{"input_tokens":50,"output_tokens":60}}}`,
			`{"is_finished":false,"event_type":"stream-start","generation_id":"g1"}
{"event_type":"tool-calls-chunk","text":"I will"}
{"event_type":"tool-calls-chunk","text":" look."}
{"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"name":"w","parameters":"{"}}
{"event_type":"tool-calls-generation","tool_calls":[{"name":"w","parameters":{"city": "Paris"}},{"name":"v"}]}
{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"tool_calls":[{"name":"w","parameters":{}}],"meta":{"tokens":{"input_tokens":50,"output_tokens":60}}}}
`,
		},
		{
			"text with citations", &cohere.V1,
			`{"text":"É yes.","generation_id":"g1","finish_reason":"STOP_SEQUENCE","citations":[{"start":2,"end":5,"text":"yes","document_ids":["d"]}]}`,
			`{"event_type":"stream-start","generation_id":"g1"}
{"event_type":"text-generation","text":"É y"}
{"event_type":"text-generation","text":"es."}
{"event_type":"citation-generation","citations":[{"start":2,"end":5,"text":"yes","document_ids":["d"]}]}
{"is_finished":true,"event_type":"stream-end","finish_reason":"STOP_SEQUENCE","response":{"text":"É yes."}}
`,
		},
		{
			"all at once", &cohere.V1,
			`{"text":"Yes.","generation_id":"g1","finish_reason":"ERROR_TOXIC"}`,
			`{"event_type":"stream-start","generation_id":"g1"}
{"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR_TOXIC","response":{"text":"Yes."}}
`,
		},
		{
			"continuations", &cohere.Generate,
			`{"id":"","generations":[{"text":" a time","finish_reason":"MAX_TOKENS"},{"text":" two","finish_reason":"COMPLETE"}],"meta":{"billed_units":{"input_tokens":2,"output_tokens":4}}}`,
			`{"text":" a","is_finished":false,"index":0}
{"text":" time","is_finished":false,"index":0}
{"text":" two","is_finished":false,"index":1}
{"is_finished":true,"finish_reason":"MAX_TOKENS","response":{"id":"g1","generations":[{"text":" a time","finish_reason":"MAX_TOKENS"},{"text":" two","finish_reason":"COMPLETE"}],"meta":{"billed_units":{"input_tokens":2,"output_tokens":4}}}}
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := c.d.Chat.DecodeReply([]byte(c.whole))
			if err != nil {
				t.Fatal(err)
			}
			got, err := fold(c.d, c.lines)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-whole +stream)\n%s", err, diff)
			}
			cut := c.lines[:strings.LastIndex(strings.TrimSpace(c.lines), "\n")+1]
			if _, err := fold(c.d, cut); err == nil {
				t.Error("a stream without its end is no failure")
			}
		})
	}
}

func fold(d *dialect.Dialect, lines string) (*llm.Reply, error) {
	frames, dec := d.Streams().NewReader(strings.NewReader(lines), 1<<20), d.Chat.NewDecoder()
	var f llm.Fold
	add := func(list []llm.Event, err error) error {
		for i := range list {
			if err := f.Add(&list[i]); err != nil {
				return err
			}
		}
		return err
	}
	for {
		ev, err := frames.Next()
		if err != nil {
			break
		}
		if err := add(dec.Decode(ev)); err != nil {
			return nil, err
		}
	}
	err := add(dec.End())
	return &f.Reply, err
}

// TestV1IsForProvidersOnly: no client is promised what it would not get.
func TestV1IsForProvidersOnly(t *testing.T) {
	for _, d := range []*dialect.Dialect{&cohere.V1, &cohere.Generate} {
		_, err := d.Chat.DecodeRequest([]byte(`{}`))
		if e := new(llm.Error); !d.NoClients || !errors.As(err, &e) || e.Kind != llm.NotSupported {
			t.Errorf("%s: %v", d.Name, err)
		}
		if _, _, err := d.Chat.EncodeReply(&llm.Reply{}, dialect.Reply{}); err == nil {
			t.Errorf("%s writes answers", d.Name)
		}
	}
}

// FuzzV1Decoder feeds the older decoders with anything: whatever comes, they do
// not panic, and their events fold.
func FuzzV1Decoder(f *testing.F) {
	f.Add(`{"event_type":"stream-start","generation_id":"g1"}` + "\n" + `{"event_type":"tool-calls-generation","tool_calls":[{"name":"w"}]}` + "\n" + `{"event_type":"stream-end","is_finished":true}`)
	f.Add(`{"text":" a","is_finished":false,"index":1}` + "\n" + `{"is_finished":true,"response":{}}`)
	f.Fuzz(func(t *testing.T, lines string) {
		for _, d := range []*dialect.Dialect{&cohere.V1, &cohere.Generate} {
			if _, err := fold(d, lines); err != nil {
				if e := new(llm.Error); !errors.As(err, &e) {
					t.Fatalf("%s: %v", d.Name, err)
				}
			}
		}
	})
}
