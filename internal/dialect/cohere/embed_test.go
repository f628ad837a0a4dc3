package cohere_test

import (
	"strings"
	"testing"

	"sluice/internal/dialect/cohere"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func TestEmbedRequest(t *testing.T) {
	three := int64(3)
	picture := &llm.Media{Kind: llm.Image, Type: "image/png", Data: "aW1n"}
	for _, c := range []struct {
		name string
		e    llm.Embedding
		want string
		lost string
	}{
		{
			"as OpenAI's clients ask",
			llm.Embedding{Model: "embed-v4.0", Texts: []string{"a", "b"}, Dimensions: &three, Base64: true},
			`{"model":"embed-v4.0","texts":["a","b"],"input_type":"search_document","embedding_types":["float"],"output_dimension":3}`, "",
		},
		{
			"with Gemini's task",
			llm.Embedding{Model: "m", Texts: []string{"a"}, Task: "RETRIEVAL_QUERY", Title: "t"},
			`{"model":"m","texts":["a"],"input_type":"search_query","embedding_types":["float"]}`, "title",
		},
		{
			"with a task that is none here",
			llm.Embedding{Model: "m", Texts: []string{"a"}, Task: "SEMANTIC_SIMILARITY", TaskField: "taskType"},
			`{"model":"m","texts":["a"],"input_type":"search_document","embedding_types":["float"]}`, "taskType",
		},
		{
			"a text and a picture",
			llm.Embedding{Model: "m", Texts: []string{"a", ""}, Media: []*llm.Media{nil, picture}},
			`{"model":"m","inputs":[{"content":[{"type":"text","text":"a"}]},{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aW1n"}}]}],"input_type":"search_document","embedding_types":["float"]}`, "",
		},
		{
			"a picture",
			llm.Embedding{Model: "m", Texts: []string{""}, Media: []*llm.Media{picture}},
			`{"model":"m","inputs":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aW1n"}}]}],"input_type":"image","embedding_types":["float"]}`, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, lost, err := cohere.Dialect.Embed.EncodeRequest(&c.e)
			if err != nil || string(got) != c.want || strings.Join(lost, ",") != c.lost {
				t.Errorf("got %s, lost %q, %v", got, lost, err)
			}
		})
	}
	for _, n := range []int{0, 97} {
		if _, _, _, err := cohere.Dialect.Embed.EncodeRequest(&llm.Embedding{Texts: make([]string, n)}); err == nil {
			t.Errorf("%d texts were not refused", n)
		}
	}
	if sized, ok := cohere.Dialect.Embed.(interface{ BatchSize(string) int }); !ok || sized.BatchSize("m") != 96 {
		t.Error("the size of a batch is not said")
	}
}

// TestEmbedRoundTrip reads what a client of this dialect asks.
func TestEmbedRoundTrip(t *testing.T) {
	for _, in := range []string{
		`{"model":"m","texts":["a"],"input_type":"search_query","embedding_types":["float"],"output_dimension":3,"truncate":"END"}`,
		`{"model":"m","inputs":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aW1n"}}]}],"input_type":"image","embedding_types":["float"]}`,
	} {
		e, err := cohere.Dialect.Embed.DecodeRequest([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		out, _, lost, err := cohere.Dialect.Embed.EncodeRequest(e)
		if err != nil || len(lost) > 0 || string(out) != in {
			t.Errorf("%s became %s, lost %v, %v", in, out, lost, err)
		}
	}
	if _, err := cohere.Dialect.Embed.DecodeRequest([]byte(`{"texts":["a"],"embedding_types":["int8"]}`)); err == nil {
		t.Error("numbers nobody makes here were promised")
	}
}

func TestEmbedReply(t *testing.T) {
	for _, c := range []struct {
		body   string
		values int
		input  int64
	}{
		{`{"id":"x","embeddings":{"float":[[0.1,-0.5],[1,2]]},"texts":["a","b"],"meta":{"billed_units":{"input_tokens":4}},"response_type":"embeddings_by_type"}`, 2, 4},
		{`{"id":"x","embeddings":[[0.1]],"meta":{"billed_units":{"input_tokens":2},"tokens":{"input_tokens":3}}}`, 1, 3},
		{`{"embeddings":{"int8":[[1]]}}`, 0, 0},
		{`{"embeddings":{"float":[1]}}`, 0, 0},
	} {
		v, err := cohere.Dialect.Embed.DecodeReply([]byte(c.body))
		if c.values == 0 {
			if err == nil {
				t.Errorf("%s is an answer", c.body)
			}
			continue
		}
		if err != nil || len(v.Values) != c.values || v.Usage.Input != c.input {
			t.Errorf("%s: %+v, %v", c.body, v, err)
		}
	}
	v := &llm.Vectors{Values: []jsonx.Value{jsonx.Value("[0.1,-0.5,1.0]")}, Usage: &llm.Usage{Input: 3}}
	got := string(cohere.Dialect.Embed.EncodeReply(v, &llm.Embedding{Texts: []string{"a"}, Base64: true}, "p"))
	if want := `{"id":"","embeddings":{"base64":["zczMPQAAAL8AAIA/"]},"texts":["a"],"meta":{"billed_units":{"input_tokens":3}},"response_type":"embeddings_by_type"}`; got != want {
		t.Errorf("got %s", got)
	}
}
