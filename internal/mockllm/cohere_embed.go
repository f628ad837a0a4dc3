package mockllm

import (
	"net/http"

	"sluice/internal/jsonx"
)

// The size of vectors, and how many one request may ask for (Cohere API, Embed
// v2: embed-v4.0).
const (
	cohereDimensions = 1536
	maxCohereTexts   = 96
)

// readCohereEmbed answers with vectors.
func readCohereEmbed(_ *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, invalid("", "invalid request: "+err.Error())
	}
	var a ask
	a.Model, _ = jsonx.Text(o.Get("model"))
	texts := textsOf(o.Get("texts"))
	for input := range jsonx.Elements(o.Get("inputs")) {
		text, _ := jsonx.Text(jsonx.At(input, "content", "0", "text"))
		texts = append(texts, text)
	}
	size := int64(cohereDimensions)
	if n, ok := jsonx.Int(o.Get("output_dimension")); ok && n > 0 && n <= maxDimensions {
		size = n
	}
	switch {
	case a.Model == "":
		return nil, invalid("model", "invalid request: model is required")
	case o.Get("input_type") == nil:
		return nil, invalid("input_type", "invalid request: valid input_type must be provided with the provided model")
	case len(texts) == 0 || len(texts) > maxCohereTexts:
		return nil, invalid("texts", "invalid request: the number of texts must be between 1 and 96")
	}
	var vectors [][]float32
	for _, text := range texts {
		vectors = append(vectors, vector(text, int(size)))
		a.Input += countWords(text)
		a.Words = text
	}
	return plain{a, object{
		"id": "cohere-mock", "embeddings": object{"float": vectors}, "texts": texts,
		"meta": object{"api_version": object{"version": "2"}, "billed_units": object{"input_tokens": a.Input}}, "response_type": "embeddings_by_type",
	}.answer}, nil
}
