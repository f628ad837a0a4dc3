package openai

import (
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// TestPacked is the vector of the wire formats, golden examples.
func TestPacked(t *testing.T) {
	if got := string(dialect.Packed(jsonx.Value("[0.1,-0.5,1.0]"))); got != `"zczMPQAAAL8AAIA/"` {
		t.Errorf("got %s", got)
	}
}

func TestEmbeddingRoundTrip(t *testing.T) {
	for _, in := range []string{
		`{"model":"m","input":"a","encoding_format":"float","dimensions":3}`,
		`{"model":"m","input":["a","b"],"encoding_format":"float"}`,
	} {
		e, err := embedCodec{}.DecodeRequest([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		out, _, lost, err := embedCodec{}.EncodeRequest(e)
		if err != nil || len(lost) > 0 || string(out) != in {
			t.Errorf("%s became %s, lost %v, %v", in, out, lost, err)
		}
	}
}

func TestEmbeddingReply(t *testing.T) {
	v := &llm.Vectors{Values: []jsonx.Value{jsonx.Value("[0.1,-0.5,1.0]")}, Usage: &llm.Usage{Input: 4}}
	got := string(embedCodec{}.EncodeReply(v, &llm.Embedding{Model: "m", Base64: true}, "google"))
	if want := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"zczMPQAAAL8AAIA/"}],"model":"m","provider":"google","usage":{"prompt_tokens":4,"total_tokens":4}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEmbeddingOfTokenIDsIsRefused(t *testing.T) {
	if _, err := (embedCodec{}).DecodeRequest([]byte(`{"model":"m","input":[[1,2]]}`)); err == nil {
		t.Error("accepted")
	}
}
