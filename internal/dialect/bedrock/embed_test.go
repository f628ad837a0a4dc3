package bedrock_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var vectors = bedrock.Invoke.Embed

func TestEmbedding(t *testing.T) {
	dimensions := int64(256)
	for _, c := range []struct {
		model string
		in    llm.Embedding
		want  string
		lost  []string
	}{
		{"amazon.titan-embed-text-v1", llm.Embedding{Texts: []string{"a"}, Dimensions: &dimensions}, `{"inputText":"a"}`, []string{"dimensions"}},
		{"amazon.titan-embed-text-v2:0", llm.Embedding{Texts: []string{"a"}, Dimensions: &dimensions}, `{"inputText":"a","dimensions":256}`, nil},
		{"amazon.titan-embed-image-v1", llm.Embedding{Texts: []string{"a"}, Dimensions: &dimensions}, `{"inputText":"a","embeddingConfig":{"outputEmbeddingLength":256}}`, nil},
		{"cohere.embed-english-v3", llm.Embedding{Texts: []string{"a", "b"}, Dimensions: &dimensions, Task: "RETRIEVAL_QUERY"}, `{"texts":["a","b"],"input_type":"search_query"}`, []string{"dimensions"}},
		{"us.cohere.embed-v4:0", llm.Embedding{Texts: []string{"a"}, Dimensions: &dimensions}, `{"texts":["a"],"input_type":"search_document","output_dimension":256}`, nil},
		{
			"amazon.nova-2-multimodal-embeddings-v1:0",
			llm.Embedding{Texts: []string{"a"}, Dimensions: &dimensions, Task: "RETRIEVAL_QUERY"},
			`{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"TEXT_RETRIEVAL","embeddingDimension":256,"text":{"truncationMode":"END","value":"a"}}}`, nil,
		},
		{"amazon.titan-embed-text-v2:0", llm.Embedding{Texts: []string{"a"}, Dimensions: &dimensions, Task: "search_query"}, `{"inputText":"a","dimensions":256}`, []string{"input_type"}},
		{"amazon.titan-embed-text-v2:0", llm.Embedding{Texts: []string{"a", "b"}}, "", nil},
		{"amazon.titan-embed-text-v2:0", llm.Embedding{Texts: []string{""}, Media: []*llm.Media{{Type: "image/png", Data: "aW1n"}}}, "", nil},
		{"cohere.embed-v4:0", llm.Embedding{Texts: []string{"", "a"}, Media: []*llm.Media{{Type: "image/png", Data: "aW1n"}, nil}}, "", nil},
		{"cohere.embed-v4:0", llm.Embedding{Texts: []string{""}, Media: []*llm.Media{{URL: "https://x/y.png"}}}, "", nil},
		{"cohere.embed-v4:0", llm.Embedding{Texts: slices.Repeat([]string{"a"}, 97)}, "", nil},
		{"cohere.embed-v4:0", llm.Embedding{}, "", nil},
		{"amazon.titan-text-express-v1", llm.Embedding{Texts: []string{"a"}}, "", nil},
	} {
		c.in.Model = c.model
		body, many, lost, err := vectors.EncodeRequest(&c.in)
		if many || string(body) != c.want || (err != nil) != (c.want == "") || !slices.Equal(lost, c.lost) {
			t.Errorf("%s: %v %s %q %v", c.model, many, body, lost, err)
		}
		if e := new(llm.Error); err != nil {
			if !errors.As(err, &e) || e.Status != 400 || e.Param == "" {
				t.Errorf("%s: %v is no 400", c.model, err)
			}
			continue
		}
		back, err := vectors.DecodeRequest(body)
		if err != nil || !slices.Equal(back.Texts, c.in.Texts) || c.lost == nil && *back.Dimensions != dimensions {
			t.Errorf("%s: %+v %v", c.model, back, err)
		}
	}
	for _, body := range []string{`{}`, `{"singleEmbeddingParams":{}}`, `{"texts":"a"}`, `[]`} {
		if _, err := vectors.DecodeRequest([]byte(body)); err == nil {
			t.Errorf("%s was accepted", body)
		}
	}
}

// TestPictures: what the families that look at pictures are shown.
func TestPictures(t *testing.T) {
	for model, want := range map[string]string{
		"amazon.titan-embed-image-v1":              `{"inputImage":"aW1n"}`,
		"cohere.embed-v4:0":                        `{"images":["data:image/png;base64,aW1n"],"input_type":"image"}`,
		"amazon.nova-2-multimodal-embeddings-v1:0": `{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX","image":{"format":"png","source":{"bytes":"aW1n"}}}}`,
	} {
		e := llm.Embedding{Model: model}
		e.Add("", &llm.Media{Kind: llm.Image, Type: "image/png", Data: "aW1n"})
		if body, _, _, err := vectors.EncodeRequest(&e); string(body) != want {
			t.Errorf("%s: %s %v", model, body, err)
		}
	}
}

func TestBatchSize(t *testing.T) {
	b, ok := vectors.(dialect.Batcher)
	if !ok || b.BatchSize("amazon.titan-embed-text-v2:0") != 1 || b.BatchSize("cohere.embed-v4:0") != 96 {
		t.Error("the bounds are not known")
	}
}

func TestVectors(t *testing.T) {
	for _, c := range []struct {
		ask, body, want string
		n               int
	}{
		{`{"inputText":"a"}`, `{"embedding":[0.1,-2],"inputTextTokenCount":3}`, `{"embedding":[0.1,-2],"inputTextTokenCount":3}`, 1},
		{`{"inputText":"a"}`, `{"embeddingsByType":{"float":[0.1]}}`, `{"embedding":[0.1]}`, 1},
		{`{"texts":["a","b"]}`, `{"embeddings":[[0.1],[0.2]],"id":"x"}`, `{"embeddings":[[0.1],[0.2]],"texts":["a","b"],"response_type":"embeddings_floats"}`, 2},
		{`{"texts":["a"]}`, `{"embeddings":{"float":[[0.1]]},"texts":["a"]}`, `{"embeddings":[[0.1]],"texts":["a"],"response_type":"embeddings_floats"}`, 1},
		{
			`{"taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"text":{"value":"a"}}}`, `{"embeddings":[{"embedding":[0.1],"embeddingType":"TEXT"}]}`,
			`{"embeddings":[{"embeddingType":"TEXT","embedding":[0.1]}]}`, 1,
		},
		{"", `{"embeddings":[]}`, "", 0},
		{"", `{"embeddings":[{}]}`, "", 0},
		{"", `{"message":"x"}`, "", 0},
	} {
		v, err := vectors.DecodeReply([]byte(c.body))
		if (err != nil) != (c.n == 0) {
			t.Errorf("%s: %v", c.body, err)
		}
		if err != nil {
			continue
		}
		ask, err := vectors.DecodeRequest([]byte(c.ask))
		if err != nil || len(v.Values) != c.n {
			t.Errorf("%s: %d vectors, %v", c.body, len(v.Values), err)
			continue
		}
		if diff := cmp.Diff(c.want, string(vectors.EncodeReply(v, ask, "bedrock"))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.body, diff)
		}
	}
}

// TestVectorsRecorded reads every recorded request and answer.
func TestVectorsRecorded(t *testing.T) {
	dialecttest.Corpus(t, &bedrock.Invoke, func(t *testing.T, r *dialecttest.Recording) {
		if jsonx.KindOf(r.Request.Body) == jsonx.Composite {
			if _, err := vectors.DecodeRequest(r.Request.Body); err != nil {
				t.Error(err)
			}
		}
		v, err := vectors.DecodeReply(r.Response.Body)
		if err != nil || len(v.Values) != 1 {
			t.Errorf("%v", err)
		}
	})
}
