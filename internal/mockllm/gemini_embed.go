package mockllm

import (
	"net/http"

	"sluice/internal/jsonx"
)

// geminiDimensions is the size of vectors (Gemini API, embeddings guide:
// gemini-embedding-001).
const geminiDimensions = 3072

// readContentEmbed answers embedContent: one vector.
func readContentEmbed(r *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, invalid("", "Invalid JSON payload received. "+err.Error())
	}
	a := ask{}
	a.Model, _ = modelMethod(r.URL.Path)
	embedded, failed := embedContent(&a, o.Bytes())
	if failed != nil {
		return nil, failed
	}
	return plain{a, object{"embedding": embedded, "usageMetadata": object{"promptTokenCount": a.Input}}.answer}, nil
}

// maxBatch is the most vectors of one call.
const maxBatch = 100

// readContentEmbeds answers batchEmbedContents.
func readContentEmbeds(r *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, invalid("", "Invalid JSON payload received. "+err.Error())
	}
	a := ask{}
	a.Model, _ = modelMethod(r.URL.Path)
	var all []object
	for request := range jsonx.Elements(o.Get("requests")) {
		embedded, failed := embedContent(&a, request)
		if failed != nil {
			return nil, failed
		}
		all = append(all, embedded)
	}
	if len(all) == 0 || len(all) > maxBatch {
		return nil, invalid("requests", "* BatchEmbedContentsRequest.requests: at least one and at most 100 requests can be in one batch\n")
	}
	return plain{a, object{"embeddings": all, "usageMetadata": object{"promptTokenCount": a.Input}}.answer}, nil
}

func embedContent(a *ask, request jsonx.Value) (object, *failure) {
	text, _, _ := geminiParts(member(request, "content", "parts"))
	if text == "" {
		return nil, invalid("content", "* EmbedContentRequest.content: contents is not specified\n")
	}
	size := int64(geminiDimensions)
	if v := member(request, "outputDimensionality"); v != nil {
		n, ok := jsonx.Int(v)
		if !ok || n < 1 || n > maxDimensions {
			return nil, invalid("outputDimensionality", "output_dimensionality is out of range")
		}
		size = n
	}
	a.Words, a.Input = text, a.Input+countWords(text)
	return object{"values": vector(text, int(size))}, nil
}
