package watsonx_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
	"sluice/internal/dialect/watsonx"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func TestLaws(t *testing.T) { dialecttest.RunVariant(t, watsonx.Of(&openai.Dialect)) }

func TestAdapt(t *testing.T) {
	const head, tail = `{"messages":[]`, `}`
	for in, want := range map[string]string{
		`,"stream":true,"stream_options":{"include_usage":true}`: ``,
		`,"model":"m"`:              `,"model_id":"m"`,
		`,"stream":false`:           ``,
		`,"tool_choice":"required"`: `,"tool_choice_option":"required"`,
		`,"tool_choice":{"type":"function","function":{"name":"f"}}`:   `,"tool_choice":{"type":"function","function":{"name":"f"}}`,
		`,"tool_choice_option":"none","project_id":"p","time_limit":1`: `,"tool_choice_option":"none","project_id":"p","time_limit":1`,
	} {
		o, err := jsonx.Parse([]byte(head + in + tail))
		if err != nil {
			t.Fatal(err)
		}
		lost := watsonx.Of(&openai.Dialect).Adapt(llm.Chat, &o)
		if string(o.Bytes()) != head+want+tail || len(lost) > 0 {
			t.Errorf("%s became %s, lost %v", in, o.Bytes(), lost)
		}
	}
}

func TestFailures(t *testing.T) {
	d := watsonx.Of(&openai.Dialect)
	if _, err := d.Inspect(llm.Chat, []byte(`{"choices":[{"index":0,"finish_reason":"error","message":{"role":"assistant","content":""}}]}`)); err == nil {
		t.Error("a failure was taken for an answer")
	}
	e := d.DecodeError(404, []byte(`{"errors":[{"code":"model_not_supported","message":"Model 'x' is not supported for this environment.","more_info":"https://example.com"}],"trace":"abc","status_code":404}`))
	if e.Message != "Error model_not_supported:Model 'x' is not supported for this environment." {
		t.Errorf("%+v", e)
	}
}

// FuzzMend feeds the repairs and the adapter with anything: what comes out of
// JSON is JSON, and nothing panics.
func FuzzMend(f *testing.F) {
	f.Add([]byte(`{"choices":[{"finish_reason":"time_limit"}],"tool_choice":"auto","stream":true}`))
	d := watsonx.Of(&openai.Dialect)
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := jsonx.Parse(in)
		if err != nil {
			return
		}
		d.Adapt(llm.Chat, &o)
		for _, out := range [][]byte{o.Bytes(), d.Repair(llm.Chat, in), d.RepairEvents(llm.Chat)(in)} {
			if out != nil && jsonx.Check(out) != nil {
				t.Fatalf("%s became %s", in, out)
			}
		}
	})
}
