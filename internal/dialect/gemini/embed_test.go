package gemini_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect/gemini"
	"sluice/internal/llm"
)

var codec = gemini.Dialect.Embed

func TestEmbedding(t *testing.T) {
	dimensions := int64(768)
	for _, c := range []struct {
		name string
		in   llm.Embedding
		many bool
		want string
	}{
		{
			"one",
			llm.Embedding{Model: "m", Texts: []string{"a"}, Dimensions: &dimensions},
			false,
			`{"content":{"parts":[{"text":"a"}]},"outputDimensionality":768}`,
		},
		{
			"two",
			llm.Embedding{Model: "m", Texts: []string{"a", "b"}, Task: "RETRIEVAL_QUERY", TaskField: "taskType"},
			true,
			`{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY"},{"model":"models/m","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_QUERY"}]}`,
		},
		{"none", llm.Embedding{}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, many, _, err := codec.EncodeRequest(&c.in)
			if many != c.many || string(body) != c.want || (err != nil) != (c.want == "") {
				t.Fatalf("%v %s %v", many, body, err)
			}
			if e := new(llm.Error); err != nil {
				if !errors.As(err, &e) || e.Status != 400 {
					t.Errorf("%v is no 400", err)
				}
				return
			}
			back, err := codec.DecodeRequest(body)
			if err != nil {
				t.Fatal(err)
			}
			want := c.in
			if want.Batch = many; !want.Batch {
				want.Model = "" // it stands in the address
			}
			if diff := cmp.Diff(&want, back); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if _, err := codec.DecodeRequest([]byte(`{"requests":[{}]}`)); err == nil {
		t.Error("a request without content was accepted")
	}
}

func TestVectors(t *testing.T) {
	for _, c := range []struct {
		body  string
		batch bool
		n     int
	}{
		{`{"embedding":{"values":[0.1,-2]},"usageMetadata":{"promptTokenCount":3}}`, false, 1},
		{`{"embeddings":[{"values":[0.1]},{"values":[0.2]}]}`, true, 2},
		{`{"embeddings":[{"values":[0.1]}]}`, true, 1},
		{`{"embeddings":[]}`, true, 0},
		{`{"embeddings":[{}]}`, true, 0},
	} {
		v, err := codec.DecodeReply([]byte(c.body))
		if (err != nil) != (c.n == 0) {
			t.Fatalf("%s: %v", c.body, err)
		}
		if err != nil {
			continue
		}
		if got := string(codec.EncodeReply(v, &llm.Embedding{Batch: c.batch}, "")); got != c.body || len(v.Values) != c.n {
			t.Errorf("%s, want %s", got, c.body)
		}
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		name, in string
		wrapped  bool
		want     string
	}{
		{
			"contents alone", `{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"topK":1}}`, true,
			`{"contents":[{"role":"user","parts":[{"text":"a"}]}]}`,
		},
		{
			"wrapped", `{"generateContentRequest":{"model":"models/m","systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"a"}]}]}}`, true,
			`{"generateContentRequest":{"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"a"}]}],"model":"models/m"}}`,
		},
		{
			"as it is", `{"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"a"}]}]}`, false,
			`{"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"a"}]}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := gemini.DecodeCount([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			body, _, err := gemini.EncodeCount(p, c.wrapped)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if n, err := gemini.DecodeTotal(gemini.EncodeTotal(12)); n != 12 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := gemini.DecodeTotal([]byte(`{}`)); err == nil {
		t.Error("an answer without a number was accepted")
	}
	if _, err := gemini.DecodeCount([]byte(`[`)); err == nil {
		t.Error("a body that is no JSON was accepted")
	}
}
