package gemini_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect/gemini"
	"sluice/internal/llm"
)

func TestPredict(t *testing.T) {
	d := int64(256)
	e := llm.Embedding{Model: "m", Texts: []string{"a", "b"}, Task: "RETRIEVAL_QUERY", Title: "T", Dimensions: &d, Batch: true}
	body, _, lost, err := gemini.Predict.Embed.EncodeRequest(&e)
	const want = `{"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY","title":"T"},{"content":"b","task_type":"RETRIEVAL_QUERY","title":"T"}],"parameters":{"outputDimensionality":256}}`
	if err != nil || len(lost) > 0 || string(body) != want {
		t.Fatalf("%s %v %v", body, lost, err)
	}
	back, err := gemini.Predict.Embed.DecodeRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	e.Model, e.Extra, back.Extra = "", llm.Extra{}, llm.Extra{}
	if diff := cmp.Diff(&e, back); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPredictions(t *testing.T) {
	v, err := gemini.Predict.Embed.DecodeReply([]byte(`{"predictions":[{"embeddings":{"values":[1,-0.5],"statistics":{"token_count":4,"truncated":false}}},{"embeddings":{"values":[2],"statistics":{"token_count":3}}}],"metadata":{}}`))
	if err != nil || len(v.Values) != 2 || string(v.Values[0]) != "[1,-0.5]" || v.Usage.Input != 7 {
		t.Fatalf("%+v %v", v, err)
	}
	for _, bad := range []string{`{}`, `{"predictions":[]}`, `{"predictions":[{"embeddings":{}}]}`} {
		if _, err := gemini.Predict.Embed.DecodeReply([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if batcher, ok := gemini.Predict.Embed.(interface{ BatchSize(string) int }); !ok || batcher.BatchSize("gemini-embedding-001") != 1 || batcher.BatchSize("text-embedding-005") != 250 {
		t.Error("how many texts a request holds")
	}
}
