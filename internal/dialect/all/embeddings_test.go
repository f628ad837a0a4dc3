package all_test

import (
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// vectors names the dialects of recorded requests for vectors.
var vectors = map[string]string{
	"openai.embeddings": "openai", "voyage.embeddings": "openai", "cohere.embed": "cohere", "gemini.embedContent": "gemini",
	"gemini.batchEmbedContents": "gemini", "gemini.predict": "vertex", "bedrock.invoke_embeddings": "bedrock-invoke",
}

// TestRecordedVectors gives every recorded answer to a client of OpenAI's API:
// the same numbers, in their order, at the same cost.
func TestRecordedVectors(t *testing.T) {
	dialecttest.Recordings(t, func(t *testing.T, r *dialecttest.Recording) {
		name, ok := vectors[r.API]
		if !ok || r.Response.Status != 200 {
			return
		}
		d, known := all.Find(name)
		if !known || d.Embed == nil {
			t.Skipf("%s makes no vectors yet", name)
		}
		facts, err := d.Inspect(llm.Embed, r.Response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if name == "openai" {
			passed(t, d, r)
			return
		}
		v, err := d.Embed.DecodeReply(r.Response.Body)
		if err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(v.Values))
		out := jsonx.Value(find(t, "openai").Embed.EncodeReply(v, &llm.Embedding{Model: "m", Texts: texts, Batch: true}, name))
		if data := jsonx.At(out, "data"); jsonx.At(data, "0") == nil || !contained(data, r.Response.Body) {
			t.Error("other vectors arrived")
		}
		if n, _ := jsonx.Int(jsonx.At(out, "usage", "prompt_tokens")); facts.Usage != nil && n != facts.Usage.Input {
			t.Errorf("%d tokens, not %d", n, facts.Usage.Input)
		}
		if told := tokensIn(r.Response.Body); told != nil && (facts.Usage == nil || facts.Usage.Input != *told) {
			t.Errorf("%+v, and the provider told %d", facts.Usage, *told)
		}
	})
}

// passed judges an answer whose bytes pass.
func passed(t *testing.T, d *dialect.Dialect, r *dialecttest.Recording) {
	t.Helper()
	out := jsonx.Value(d.Repair(llm.Embed, r.Response.Body))
	if string(jsonx.At(out, "data")) != string(jsonx.At(r.Response.Body, "data")) {
		t.Error("the vectors were edited")
	}
	read, _ := jsonx.Int(jsonx.At(out, "usage", "prompt_tokens"))
	if all, ok := jsonx.Int(jsonx.At(r.Response.Body, "usage", "total_tokens")); ok && read != all {
		t.Errorf("%d tokens, not %d", read, all)
	}
	if jsonx.KindOf(jsonx.At(r.Response.Body, "data", "0", "embedding")) != jsonx.Array {
		return
	}
	v, err := d.Embed.DecodeReply(r.Response.Body)
	if err != nil || !contained(jsonx.At(find(t, "openai").Embed.EncodeReply(v, &llm.Embedding{}, "p"), "data"), r.Response.Body) {
		t.Errorf("read and written again, the vectors are others; %v", err)
	}
}

// tokensIn is what the provider counted, by any of its names.
func tokensIn(body jsonx.Value) *int64 {
	for _, path := range [][]string{{"meta", "billed_units", "input_tokens"}, {"inputTextTokenCount"}, {"usageMetadata", "promptTokenCount"}} {
		if n, ok := jsonx.Int(jsonx.At(body, path...)); ok {
			return &n
		}
	}
	var sum *int64
	for p := range jsonx.Elements(jsonx.At(body, "predictions")) {
		if n, ok := jsonx.Int(jsonx.At(p, "embeddings", "statistics", "token_count")); ok && sum == nil {
			sum = &n
		} else if ok {
			*sum += n
		}
	}
	return sum
}

// contained reports whether each vector of data stands in the answer.
func contained(data, answer jsonx.Value) bool {
	for item := range jsonx.Elements(data) {
		if !holds(answer, jsonx.At(item, "embedding")) {
			return false
		}
	}
	return true
}

func holds(v, vector jsonx.Value) bool {
	switch jsonx.KindOf(v) {
	case jsonx.Array:
		if string(v) == string(vector) {
			return true
		}
		for e := range jsonx.Elements(v) {
			if holds(e, vector) {
				return true
			}
		}
	case jsonx.Composite:
		o, err := jsonx.Parse(v)
		if err != nil {
			return false
		}
		for _, e := range o.All() {
			if holds(e, vector) {
				return true
			}
		}
	}
	return false
}

// TestRecordedTextsArrive asks every dialect for the vectors of recorded texts:
// no text may be lost on the way.
func TestRecordedTextsArrive(t *testing.T) {
	dialecttest.Recordings(t, func(t *testing.T, r *dialecttest.Recording) {
		if r.API != "openai.embeddings" || jsonx.KindOf(r.Request.Body) != jsonx.Composite || jsonx.KindOf(jsonx.At(r.Request.Body, "input", "0")) == jsonx.Number {
			return
		}
		ask, err := find(t, "openai").Embed.DecodeRequest(r.Request.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range all.Embedders() {
			d := find(t, name)
			size := 0
			if model, ok := known[name]; ok {
				ask.Model = model
			}
			if b, ok := d.Embed.(dialect.Batcher); ok {
				size = b.BatchSize(ask.Model)
			}
			missing := len(ask.Texts)
			for _, piece := range ask.Split(size) {
				body, _, _, err := d.Embed.EncodeRequest(&piece)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, text := range piece.Texts {
					if said(body, text) {
						missing--
					}
				}
			}
			if missing != 0 {
				t.Errorf("%d texts did not arrive at %s", missing, name)
			}
		}
	})
}

// known are models of the dialects that differ by model.
var known = map[string]string{"bedrock-invoke": "amazon.titan-embed-text-v2:0"}

// said reports whether a text is one of the strings of a body.
func said(v jsonx.Value, text string) bool {
	switch jsonx.KindOf(v) {
	case jsonx.String:
		s, _ := jsonx.Text(v)
		return s == text
	case jsonx.Array:
		for e := range jsonx.Elements(v) {
			if said(e, text) {
				return true
			}
		}
	case jsonx.Composite:
		o, err := jsonx.Parse(v)
		if err != nil {
			return false
		}
		for _, e := range o.All() {
			if said(e, text) {
				return true
			}
		}
	}
	return false
}
