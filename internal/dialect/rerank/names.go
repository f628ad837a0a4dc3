package rerank

import "sluice/internal/dialect"

// names is what one format calls things. An empty name is a thing it does not
// say.
type names struct {
	family string

	model, query, documents string
	top, give               string
	wrap                    string // the member of an object that a text must be in
	wrapQuery               bool
	topWithin               []string // objects that the number stands in, outermost first

	results    string // empty: the answer is the list itself
	score      string
	logit      bool   // the score is any number, to be made one between 0 and 1
	inputCount string // of tokens; empty: it is in usage, or in Cohere's meta
}

// The formats (wire formats, rerank; the vendors' pages are in their provider
// files).
var (
	canonical = names{
		family: "rerank", model: "model", query: "query", documents: "documents", top: "top_n", give: "return_documents",
		results: "results", score: "relevance_score",
	}
	voyage = names{
		family: "voyage-rerank", model: "model", query: "query", documents: "documents", top: "top_k", give: "return_documents",
		results: "data", score: "relevance_score",
	}
	mixedbread = names{
		family: "mixedbread-rerank", model: "model", query: "query", documents: "input", top: "top_k", give: "return_input",
		results: "data", score: "score",
	}
	nvidia = names{
		family: "nvidia-rerank", model: "model", query: "query", documents: "passages", wrap: "text", wrapQuery: true,
		results: "rankings", score: "logit", logit: true,
	}
	tei = names{
		family: "tei-rerank", query: "query", documents: "texts", give: "return_text",
		score: "score",
	}
	watsonx = names{
		family: "watsonx-rerank", model: "model_id", query: "query", documents: "inputs", wrap: "text",
		top: "top_n", topWithin: []string{"parameters", "return_options"},
		results: "results", score: "score", inputCount: "input_token_count",
	}
	invoke = names{
		family: "bedrock-rerank", query: "query", documents: "documents", top: "top_n",
		results: "results", score: "relevance_score",
	}
)

// Dialect is the form clients speak, and Cohere, Jina and many others.
var Dialect = speak(canonical)

// The forms of vendors with names of their own.
var (
	Voyage     = speak(voyage)
	Mixedbread = speak(mixedbread)
	NVIDIA     = speak(nvidia)
	TEI        = speak(tei)
	Watsonx    = speak(watsonx)
	Bedrock    = speak(invoke)
)

// speak makes a dialect of names. Failures are for whoever lists the dialects
// to say: they are those of the API around it.
func speak(n names) dialect.Dialect {
	return dialect.Dialect{Name: n.family, Rerank: codec{n}, Inspect: codec{n}.inspect}
}
