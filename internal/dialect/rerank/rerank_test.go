package rerank_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/rerank"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

const question = `{"model":"m","query":"Where?","documents":["Here.",{"text":"There."}],"top_n":1,"return_documents":true,"x_own":1}`

// TestVendors carries one question to every format and its answer back.
func TestVendors(t *testing.T) {
	for _, c := range []struct {
		d             dialect.Dialect
		asks, answers string
		score         string
		tokens        int64
	}{
		{
			rerank.Voyage,
			`{"model":"m","query":"Where?","documents":["Here.","There."],"top_k":1}`,
			`{"object":"list","data":[{"relevance_score":0.5703125,"index":1},{"relevance_score":0.25,"index":0}],"model":"rerank-2.5","usage":{"total_tokens":12}}`,
			"0.5703125", 12,
		},
		{
			rerank.Mixedbread,
			`{"model":"m","query":"Where?","input":["Here.","There."],"top_k":1}`,
			`{"model":"mxbai","data":[{"index":1,"score":0.9}],"usage":{"prompt_tokens":7,"total_tokens":7}}`,
			"0.9", 7,
		},
		{
			rerank.NVIDIA,
			`{"model":"m","query":{"text":"Where?"},"passages":[{"text":"Here."},{"text":"There."}]}`,
			`{"rankings":[{"index":1,"logit":0},{"index":0,"logit":-9.5}]}`,
			"0.5", 0,
		},
		{
			rerank.TEI,
			`{"query":"Where?","texts":["Here.","There."]}`,
			`[{"index":1,"score":0.99},{"index":0,"score":0.1}]`,
			"0.99", 0,
		},
		{
			rerank.Watsonx,
			`{"model_id":"m","query":"Where?","inputs":[{"text":"Here."},{"text":"There."}],"parameters":{"return_options":{"top_n":1}}}`,
			`{"model_id":"m","results":[{"index":1,"score":0.7}],"input_token_count":5}`,
			"0.7", 5,
		},
		{
			rerank.Bedrock,
			`{"query":"Where?","documents":["Here.","There."],"top_n":1}`,
			`{"results":[{"index":1,"relevance_score":0.8}]}`,
			"0.8", 0,
		},
	} {
		t.Run(c.d.Name, func(t *testing.T) {
			ask, err := rerank.Dialect.Rerank.DecodeRequest([]byte(question))
			if err != nil {
				t.Fatal(err)
			}
			body, lost, err := c.d.Rerank.EncodeRequest(ask)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.asks, string(body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff([]string{"x_own"}, lost); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
			again, err := c.d.Rerank.DecodeRequest(body)
			if err != nil || again.Query != "Where?" || len(again.Documents) != 2 || again.Documents[1].Text != "There." {
				t.Errorf("its own request was read as %+v, %v", again, err)
			}
			facts, err := c.d.Inspect(llm.Rerank, []byte(c.answers))
			if err != nil || c.tokens > 0 && (facts.Usage == nil || facts.Usage.Input != c.tokens) {
				t.Errorf("%+v %v", facts.Usage, err)
			}
			ranks, err := c.d.Rerank.DecodeReply([]byte(c.answers), ask)
			if err != nil {
				t.Fatal(err)
			}
			answer := jsonx.Value(rerank.Dialect.Rerank.EncodeReply(ranks, ask, "acme"))
			want := `[{"index":1,"relevance_score":` + c.score + `,"document":{"text":"There."}}]`
			if got := string(jsonx.At(answer, "results")); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, body := range []string{`[]`, `{}`, `{"query":"q"}`, `{"query":"q","documents":[]}`, `{"query":"q","documents":[{"title":"x"}]}`, `{"query":1,"documents":["a"]}`, `{"query":"q","documents":["a"],"top_n":"x"}`} {
		if _, err := rerank.Dialect.Rerank.DecodeRequest([]byte(body)); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
	for _, body := range []string{`{}`, `x`, `{"results":{}}`, `{"results":[{"index":0}]}`, `{"results":[{"relevance_score":1}]}`} {
		if _, err := rerank.Dialect.Rerank.DecodeReply([]byte(body), &llm.Ranking{}); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
	if _, err := rerank.TEI.Rerank.DecodeReply([]byte(`{"error":"x"}`), nil); err == nil {
		t.Error("an object was taken for a list")
	}
}

// TestRecordings gives every recorded ranking to a client: the same indexes and
// scores in the same order.
func TestRecordings(t *testing.T) {
	for api, d := range map[string]dialect.Dialect{"cohere.rerank": rerank.Dialect, "together.rerank": rerank.Dialect, "voyage.rerank": rerank.Voyage} {
		dialecttest.Recordings(t, func(t *testing.T, r *dialecttest.Recording) {
			if r.API != api || r.Response.Status != 200 {
				return
			}
			ranks, err := d.Rerank.DecodeReply(r.Response.Body, &llm.Ranking{})
			if err != nil {
				t.Fatal(err)
			}
			got := jsonx.At(rerank.Dialect.Rerank.EncodeReply(ranks, &llm.Ranking{}, "acme"), "results")
			sent := jsonx.At(r.Response.Body, "results")
			if sent == nil {
				sent = jsonx.At(r.Response.Body, "data")
			}
			n := 0
			for v := range jsonx.Elements(sent) {
				at := jsonx.At(got, string('0'+rune(n)))
				for _, name := range []string{"index", "relevance_score"} {
					if string(jsonx.At(v, name)) != string(jsonx.At(at, name)) {
						t.Errorf("%s differs: %s, sent %s", name, at, v)
					}
				}
				n++
			}
			if n == 0 || ranks.Usage == nil || ranks.Usage.Input == 0 {
				t.Errorf("%d ranks, usage %+v", n, ranks.Usage)
			}
		})
	}
}
