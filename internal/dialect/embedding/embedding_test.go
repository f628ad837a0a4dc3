package embedding_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/embedding"
	"sluice/internal/dialect/openai"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

const two = `{"model":"m","input":["a","b"],"dimensions":8,"input_type":"search_query","user":"u","x_own":1,"truncate":"END","encoding_format":"base64"}`

// TestVendors carries one request to every format and the vectors back.
func TestVendors(t *testing.T) {
	for _, c := range []struct {
		d             dialect.Dialect
		asks, answers string
		lost          []string
		tokens        int64
	}{
		{
			embedding.Nomic,
			`{"model":"m","texts":["a","b"],"dimensionality":8,"task_type":"search_query"}`,
			`{"embeddings":[[0.5,-1e-3],[1,2]],"model":"nomic-embed-text-v1.5","usage":{"prompt_tokens":4,"total_tokens":4}}`,
			[]string{"x_own", "truncate"},
			4,
		},
		{
			embedding.Jurassic,
			`{"texts":["a","b"],"type":"query"}`,
			`{"id":"x","results":[{"embedding":[0.5,-1e-3]},{"embedding":[1,2]}]}`,
			[]string{"x_own", "truncate", "dimensions"},
			0,
		},
		{
			embedding.PaLM,
			`{"text":"a"}`,
			`{"embedding":{"value":[0.5,-1e-3]}}`,
			[]string{"x_own", "truncate", "dimensions", "input_type"},
			0,
		},
		{
			embedding.AlephAlpha,
			`{"model":"m","prompt":"a","compress_to_size":8,"representation":"query"}`,
			`{"model_version":"2022-05","embedding":[0.5,-1e-3],"num_tokens_prompt_total":2}`,
			[]string{"x_own", "truncate"},
			2,
		},
		{
			embedding.NLPCloud,
			`{"sentences":["a","b"]}`,
			`{"embeddings":[[0.5,-1e-3],[1,2]]}`,
			[]string{"x_own", "truncate", "dimensions", "input_type"},
			0,
		},
		{
			embedding.Watsonx,
			`{"model_id":"m","inputs":["a","b"]}`,
			`{"model_id":"ibm/slate","created_at":"2024-02-21T17:32:28Z","results":[{"embedding":[0.5,-1e-3]},{"embedding":[1,2]}],"input_token_count":10}`,
			[]string{"x_own", "truncate", "dimensions", "input_type"},
			10,
		},
		{
			embedding.Oracle,
			`{"servingMode":{"servingType":"ON_DEMAND","modelId":"m"},"inputs":["a","b"],"outputDimensions":8,"inputType":"SEARCH_QUERY","truncate":"END"}`,
			`{"id":"x","modelId":"m","modelVersion":"3","embeddings":[[0.5,-1e-3],[1,2]],"usage":{"promptTokens":3,"totalTokens":3}}`,
			[]string{"x_own"},
			3,
		},
		{
			embedding.OracleDedicated,
			`{"servingMode":{"servingType":"DEDICATED","endpointId":"m"},"inputs":["a","b"],"outputDimensions":8,"inputType":"SEARCH_QUERY","truncate":"END"}`,
			`{"embeddings":[[0.5,-1e-3],[1,2]]}`,
			[]string{"x_own"},
			0,
		},
		{
			embedding.Cortex,
			`{"model":"m","text":["a","b"]}`,
			`{"object":"list","data":[{"object":"embedding","embedding":[[0.5,-1e-3]],"index":0},{"object":"embedding","embedding":[1,2],"index":1}],"model":"e5-base-v2","usage":{"total_tokens":5}}`,
			[]string{"x_own", "truncate", "dimensions", "input_type"},
			5,
		},
		{
			embedding.Ollama,
			`{"model":"m","input":["a","b"],"dimensions":8,"truncate":"END"}`,
			`{"model":"all-minilm","embeddings":[[0.5,-1e-3],[1,2]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}`,
			[]string{"x_own", "input_type"},
			8,
		},
		{
			embedding.HuggingFace,
			`{"inputs":["a","b"],"dimensions":8,"truncate":"END"}`,
			`[[0.5,-1e-3],[1,2]]`,
			[]string{"x_own", "input_type"},
			0,
		},
	} {
		t.Run(c.d.Name, func(t *testing.T) {
			ask, err := openai.Dialect.Embed.DecodeRequest([]byte(two))
			if err != nil {
				t.Fatal(err)
			}
			sized, _ := c.d.Embed.(dialect.Batcher)
			pieces := ask.Split(sized.BatchSize("m"))
			body, _, lost, err := c.d.Embed.EncodeRequest(&pieces[0])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.asks, string(body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.lost, []string(lost)); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
			facts, err := c.d.Inspect(llm.Embed, []byte(c.answers))
			if err != nil || (c.tokens > 0) != (facts.Usage != nil) || c.tokens > 0 && facts.Usage.Input != c.tokens {
				t.Errorf("%+v %v", facts.Usage, err)
			}
			v, err := c.d.Embed.DecodeReply([]byte(c.answers))
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Values) != len(pieces[0].Texts) || string(v.Values[0]) != `[0.5,-1e-3]` {
				t.Errorf("%s", v.Values)
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		d          dialect.Dialect
		ask        llm.Embedding
		want, lost string
	}{
		{embedding.Oracle, llm.Embedding{Texts: []string{"a"}}, `"inputType":"SEARCH_DOCUMENT"`, ""},
		{embedding.Oracle, llm.Embedding{Texts: []string{"a"}, Task: "CLUSTERING"}, `"inputType":"CLUSTERING"`, ""},
		{embedding.Oracle, llm.Embedding{Texts: []string{"a"}, Task: "SEMANTIC_SIMILARITY"}, `"inputType":"SEARCH_DOCUMENT"`, "input_type"},
		{embedding.AlephAlpha, llm.Embedding{Texts: []string{"a"}, Task: "symmetric"}, `"representation":"symmetric"`, ""},
		{embedding.Nomic, llm.Embedding{Texts: []string{"a"}, Title: "t"}, `"texts":["a"]}`, "title"},
		{
			embedding.Jurassic,
			llm.Embedding{Texts: []string{"a"}, Task: "query", Extra: llm.Extra{Family: "chat", Fields: []llm.Field{{Name: "type", Value: jsonx.Value(`"segment"`)}}}},
			`{"texts":["a"],"type":"segment"}`, "",
		},
	} {
		body, _, lost, err := c.d.Embed.EncodeRequest(&c.ask)
		if err != nil || !strings.Contains(string(body), c.want) || len(lost) > 0 != (c.lost != "") || len(lost) > 0 && lost[0] != c.lost {
			t.Errorf("%s: %s, lost %v, %v", c.d.Name, body, lost, err)
		}
	}
}

func TestTokenVectorsAreMadeOne(t *testing.T) {
	for body, want := range map[string]string{
		`[0.25,0.5]`:              `[0.25,0.5]`,
		`[[[1,2],[3,6]],[[5,5]]]`: `[2,4]`,
		`[[[1,2],[3]]]`:           "",
		`[[[1,2],[3,4,5]]]`:       "",
		`[[[1,"x"]]]`:             "",
		`[["x"]]`:                 "",
		`[]`:                      "",
		`{"error":"x"}`:           "",
		`x`:                       "",
	} {
		v, err := embedding.HuggingFace.Embed.DecodeReply([]byte(body))
		if (err != nil) != (want == "") || err == nil && string(v.Values[0]) != want {
			t.Errorf("%s: %+v, %v", body, v, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	picture := &llm.Media{Kind: llm.Image, Type: "image/png", Data: "aW1n"}
	for _, d := range []dialect.Dialect{embedding.Nomic, embedding.Jurassic, embedding.PaLM, embedding.Watsonx, embedding.Ollama} {
		for _, ask := range []llm.Embedding{{}, {Texts: []string{""}, Media: []*llm.Media{picture}}} {
			if _, _, _, err := d.Embed.EncodeRequest(&ask); err == nil {
				t.Errorf("%s asks for %+v", d.Name, ask)
			}
		}
		for _, body := range []string{`x`, `[]`, `{}`, `{"embeddings":[1],"results":[{}],"embedding":{}}`, `{"embeddings":[],"results":[],"embedding":[]}`} {
			if _, err := d.Embed.DecodeReply([]byte(body)); err == nil {
				t.Errorf("%s took %s", d.Name, body)
			}
		}
		if _, err := d.Embed.DecodeRequest([]byte(two)); err == nil || d.Embed.EncodeReply(nil, nil, "") != nil {
			t.Errorf("%s has clients", d.Name)
		}
	}
}

func FuzzDecodeReply(f *testing.F) {
	f.Add([]byte(`{"embeddings":[[1]],"results":[{"embedding":[1]}],"embedding":{"value":[1]},"usage":{}}`))
	f.Add([]byte(`[[[1,2],[3,4]]]`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		for _, d := range []dialect.Dialect{embedding.Nomic, embedding.Watsonx, embedding.PaLM, embedding.HuggingFace} {
			_, _ = d.Embed.DecodeReply(body)
		}
	})
}
