// Package all lists every dialect. It must not know anything about them but
// their names. Start with Find.
package all

import (
	"maps"
	"slices"

	"sluice/internal/dialect"
	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/embedding"
	"sluice/internal/dialect/gemini"
	"sluice/internal/dialect/image"
	"sluice/internal/dialect/mistral"
	"sluice/internal/dialect/openai"
	"sluice/internal/dialect/oracle"
	"sluice/internal/dialect/plain"
	"sluice/internal/dialect/rerank"
	"sluice/internal/dialect/responses"
	"sluice/internal/dialect/speech"
	"sluice/internal/dialect/watsonx"
	"sluice/internal/llm"
)

var byName = map[string]*dialect.Dialect{
	anthropic.Dialect.Name: &anthropic.Dialect,
	bedrock.Dialect.Name:   &bedrock.Dialect,
	bedrock.Invoke.Name:    &bedrock.Invoke,
	cohere.Generate.Name:   &cohere.Generate,
	cohere.V1.Name:         &cohere.V1,
	cohere.Dialect.Name:    &cohere.Dialect,
	gemini.Dialect.Name:    &gemini.Dialect,
	gemini.Predict.Name:    &gemini.Predict,
	"mistral":              mistral.Of(&openai.Dialect),
	openai.Dialect.Name:    &openai.Dialect,
	"oracle":               oracle.Of(&openai.Dialect, oracle.OnDemand),
	"oracle-cohere":        oracle.OfCohere(&cohere.V1, oracle.OnDemand),
	"oracle-dedicated":     oracle.Of(&openai.Dialect, oracle.Dedicated),
	responses.Dialect.Name: &responses.Dialect,
	"watsonx":              watsonx.Of(&openai.Dialect),
}

// single lists the formats of one operation and the plain ones. They are spoken
// beside OpenAI's API, and failures are said as it does.
func single(all ...dialect.Dialect) map[string]*dialect.Dialect {
	byName := make(map[string]*dialect.Dialect, len(all))
	for _, d := range all {
		d.DecodeError, d.EncodeError, d.AppendErrorFrame = openai.Dialect.DecodeError, openai.Dialect.EncodeError, openai.Dialect.AppendErrorFrame
		byName[d.Name] = &d
	}
	return byName
}

var ofOne = single(
	rerank.Dialect, rerank.Voyage, rerank.Mixedbread, rerank.NVIDIA, rerank.TEI, rerank.Watsonx, rerank.Bedrock,
	image.Dialect, image.StabilityV1, image.StabilityV2, image.Fireworks, image.Segmind, image.WorkersAI, image.Hyperbolic,
	image.SiliconFlow, image.Imagen, image.Bedrock,
	speech.Dialect, speech.ElevenLabs, speech.Deepgram, speech.Cartesia, speech.Hume, speech.LMNT, speech.FishAudio,
	embedding.Nomic, embedding.Jurassic, embedding.PaLM, embedding.AlephAlpha, embedding.NLPCloud, embedding.Watsonx, embedding.Oracle,
	embedding.OracleDedicated, embedding.Cortex, embedding.Ollama, embedding.HuggingFace,
	plain.PaLMText, plain.PaLMMessage, plain.Jurassic, plain.JurassicChat, plain.Triton, plain.WorkersAI,
	plain.NLPCloud, plain.NLPCloudChat, plain.AlephAlpha, plain.Watsonx,
)

// ForOpenAI is what clients of OpenAI's API speak when they ask for the operation.
func ForOpenAI(op llm.Op) *dialect.Dialect {
	switch op {
	case llm.Rerank:
		return ofOne[rerank.Dialect.Name]
	case llm.Draw:
		return ofOne[image.Dialect.Name]
	case llm.Speak:
		return ofOne[speech.Dialect.Name]
	}
	return &openai.Dialect
}

// Chats are the names of the dialects that have conversations, in order.
func Chats() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(byName)), func(name string) bool { return byName[name].Chat == nil })
}

// Embedders are the names of the dialects that ask for vectors, in order.
func Embedders() []string {
	var names []string
	for _, list := range []map[string]*dialect.Dialect{byName, ofOne} {
		for name, d := range list {
			if d.Embed != nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Find returns the dialect of that name.
func Find(name string) (*dialect.Dialect, bool) {
	d, ok := byName[name]
	if !ok {
		d, ok = ofOne[name]
	}
	return d, ok
}
