package mistral_test

import (
	"testing"

	"sluice/internal/dialect/mistral"
	"sluice/internal/dialect/openai"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// BenchmarkRepairEvent is what an event costs that needs no mending, as almost
// all do.
func BenchmarkRepairEvent(b *testing.B) {
	data := []byte(`{"id":"5319bd02","object":"chat.completion.chunk","created":1769088720,"model":"mistral-small-latest","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null,"logprobs":null}]}`)
	repair := mistral.Of(&openai.Dialect).RepairEvents(llm.Chat)
	b.ReportAllocs()
	for b.Loop() {
		if repair(data) != nil {
			b.Fatal("it was mended")
		}
	}
}

// BenchmarkAdapt is what a conversation costs that is Mistral's already.
func BenchmarkAdapt(b *testing.B) {
	body := []byte(`{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is the weather in Paris?"},{"role":"assistant","content":"Sunny."},{"role":"user","content":"And in Oslo?"}],"stream":true}`)
	d := mistral.Of(&openai.Dialect)
	b.ReportAllocs()
	for b.Loop() {
		o, _ := jsonx.Parse(body)
		d.Adapt(llm.Chat, &o)
	}
}
