package embedding

import "sluice/internal/dialect"

// names is what one format calls things. An empty name is a thing it does not
// say.
type names struct {
	family string

	model, texts   string
	one            bool // a text a call, not a list
	most           int  // texts a call; 0: no bound
	dimensions     string
	task           string
	tasks          map[use]string // its words for what vectors are for
	fallback       string         // the word for none of them; empty: nothing is said
	wrap           string         // the object that the model must be in
	kind, kindName string         // a member beside the model in that object
	own            []string       // members a client may write for this vendor

	// Where the vectors are: a list of them, each in the member of its element if
	// the format says one, or the only one.
	vectors, each string
	nested        bool     // each vector is a list of its own
	only          []string // the path to it
	tokens        [][]string
}

// use is what vectors are for.
type use uint8

const (
	unsaid use = iota
	document
	query
	classification
	clustering
	similarity
)

// uses are the words that clients have for it: OpenAI's, by way of the
// incumbent's input_type, are Cohere's and Voyage's; the others are Gemini's
// (Gemini API, task types).
var uses = map[string]use{
	"document": document, "search_document": document, "RETRIEVAL_DOCUMENT": document,
	"query": query, "search_query": query, "RETRIEVAL_QUERY": query,
	"QUESTION_ANSWERING": query, "FACT_VERIFICATION": query, "CODE_RETRIEVAL_QUERY": query,
	"classification": classification, "CLASSIFICATION": classification,
	"clustering": clustering, "CLUSTERING": clustering,
	"similarity": similarity, "SEMANTIC_SIMILARITY": similarity,
}

// The formats of vendors.
var (
	// Nomic is Atlas' (https://docs.nomic.ai/reference/api/embed-text-v-1-embedding-text-post).
	Nomic = speak(&names{
		family: "nomic-embed", model: "model", texts: "texts", dimensions: "dimensionality", task: "task_type",
		tasks:   map[use]string{document: "search_document", query: "search_query", classification: "classification", clustering: "clustering"},
		own:     []string{"task_type", "long_text_mode", "max_tokens_per_text", "dimensionality"},
		vectors: "embeddings", tokens: usage,
	})

	// Jurassic is AI21's of its first models, which costs are not told of (wire
	// formats, AI21 legacy).
	Jurassic = speak(&names{
		family: "jurassic-embed", texts: "texts", task: "type", most: 200,
		tasks:   map[use]string{document: "segment", query: "query"},
		own:     []string{"type"},
		vectors: "results", each: "embedding",
	})

	// PaLM is models.embedText. The service is closed; the format lives on for
	// recorded tests and custom hosts (wire formats, legacy PaLM).
	PaLM = speak(&names{family: "palm-embed", texts: "text", one: true, only: []string{"embedding", "value"}})

	// AlephAlpha is semantic_embed
	// (https://docs.aleph-alpha.com/products/apis/pharia-inference/text-completion/embeddings).
	AlephAlpha = speak(&names{
		family: "aleph-alpha-embed", model: "model", texts: "prompt", one: true, dimensions: "compress_to_size", task: "representation",
		tasks: map[use]string{document: "document", query: "query", similarity: "symmetric"}, fallback: "symmetric",
		own:  []string{"representation", "compress_to_size", "normalize", "hosting", "contextual_control_threshold", "control_log_additive"},
		only: []string{"embedding"}, tokens: [][]string{{"num_tokens_prompt_total"}},
	})

	// NLPCloud has the model in its address (https://docs.nlpcloud.com/#embeddings).
	NLPCloud = speak(&names{family: "nlpcloud-embed", texts: "sentences", most: 50, vectors: "embeddings"})

	// Watsonx is IBM's (https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings).
	Watsonx = speak(&names{
		family: "watsonx-embed", model: "model_id", texts: "inputs", most: 1000,
		own:     []string{"project_id", "space_id", "parameters"},
		vectors: "results", each: "embedding", tokens: [][]string{{"input_token_count"}},
	})

	// Oracle is OCI's embedText, OracleDedicated that of a cluster of one's own.
	Oracle          = speak(oracle("oracle-embed", "ON_DEMAND", "modelId"))
	OracleDedicated = speak(oracle("oracle-dedicated-embed", "DEDICATED", "endpointId"))

	// Cortex is Snowflake's
	// (https://docs.snowflake.com/developer-guide/snowflake-rest-api/cortex-embed/cortex-embed-introduction).
	Cortex = speak(&names{
		family: "cortex-embed", model: "model", texts: "text",
		vectors: "data", each: "embedding", nested: true, tokens: usage,
	})

	// Ollama is the native API's (https://docs.ollama.com/api/embed).
	Ollama = speak(&names{
		family: "ollama-embed", model: "model", texts: "input", dimensions: "dimensions",
		own:     []string{"truncate", "options", "keep_alive"},
		vectors: "embeddings", tokens: [][]string{{"prompt_eval_count"}},
	})

	// HuggingFace is the feature-extraction pipeline, whose address has the model
	// (https://huggingface.co/docs/inference-providers/tasks/feature-extraction).
	HuggingFace = speak(&names{
		family: "huggingface-embed", texts: "inputs", dimensions: "dimensions",
		own: []string{"normalize", "truncate", "truncation_direction", "prompt_name"},
	})
)

// oracle is https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/latest/EmbedTextDetails.
// Its models of Cohere's must know what the vectors are for.
func oracle(family, kind, model string) *names {
	return &names{
		family: family, model: model, wrap: "servingMode", kind: "servingType", kindName: kind,
		texts: "inputs", most: 96, dimensions: "outputDimensions", task: "inputType", fallback: "SEARCH_DOCUMENT",
		tasks:   map[use]string{document: "SEARCH_DOCUMENT", query: "SEARCH_QUERY", classification: "CLASSIFICATION", clustering: "CLUSTERING"},
		own:     []string{"inputType", "truncate", "compartmentId", "outputDimensions"},
		vectors: "embeddings", tokens: [][]string{{"usage", "promptTokens"}, {"usage", "totalTokens"}},
	}
}

// usage is where most vendors count, as OpenAI does.
var usage = [][]string{{"usage", "prompt_tokens"}, {"usage", "total_tokens"}}

// speak makes a dialect of names. Failures are for whoever lists the dialects
// to say: they are those of the API around it.
func speak(n *names) dialect.Dialect {
	return dialect.Dialect{Name: n.family, Embed: codec{n}, Inspect: codec{n}.inspect, NoClients: true}
}
