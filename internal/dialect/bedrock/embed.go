package bedrock

import (
	"cmp"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// embedCodec translates requests for vectors (wire formats, InvokeModel native
// bodies).
type embedCodec struct{}

// shape is the form of a family's requests for vectors, and of their answers.
type shape uint8

const (
	titan  shape = iota // one text; dimensions
	image               // one text or picture; the length of the vector in an object
	cohere              // many texts, and what for
	nova                // one task
	nobody
)

// vectors are the families of models that make them. The first entry whose
// name is part of the model's id decides.
var vectors = []struct {
	name  string
	shape shape
	texts int  // that a request may hold
	sized bool // the length of a vector can be chosen
}{
	{"titan-embed-text-v1", titan, 1, false},
	{"titan-embed-g1-text", titan, 1, false},
	{"titan-embed-image", image, 1, true},
	{"titan-embed", titan, 1, true},
	{"nova", nova, 1, true},
	{"embed-english-v3", cohere, 96, false},
	{"embed-multilingual-v3", cohere, 96, false},
	{"cohere.embed", cohere, 96, true},
	// A profile of the customer's own does not say which model it is for.
	{"application-inference-profile/", titan, 1, true},
	{"", nobody, 1, false},
}

func vectorsOf(model string) int {
	for i := range vectors {
		if strings.Contains(model, vectors[i].name) {
			return i
		}
	}
	return len(vectors) - 1
}

// BatchSize is how many texts one request may hold.
func (embedCodec) BatchSize(model string) int { return vectors[vectorsOf(model)].texts }

// What vectors are for, in the words of Cohere, by theirs and Gemini's, which
// clients say (Gemini API, task types). Documents are the default: in a store
// most vectors are theirs.
var inputTypes = map[string]string{
	"": "search_document", "search_document": "search_document", "search_query": "search_query",
	"classification": "classification", "clustering": "clustering",
	"RETRIEVAL_DOCUMENT": "search_document", "RETRIEVAL_QUERY": "search_query",
	"QUESTION_ANSWERING": "search_query", "FACT_VERIFICATION": "search_query", "CODE_RETRIEVAL_QUERY": "search_query",
	"CLASSIFICATION": "classification", "CLUSTERING": "clustering", "SEMANTIC_SIMILARITY": "clustering",
}

// purposes are Nova's words for those of Cohere.
var purposes = map[string]string{
	"search_document": "GENERIC_INDEX", "search_query": "TEXT_RETRIEVAL", "classification": "CLASSIFICATION", "clustering": "CLUSTERING",
}

// EncodeRequest asks the vendor in the words of the model's family.
func (embedCodec) EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error) {
	v := vectors[vectorsOf(e.Model)]
	switch n := len(e.Texts); {
	case v.shape == nobody:
		return nil, false, nil, dialect.Refuse("model", "%s is no model for vectors that this gateway knows at this provider", e.Model)
	case n == 0:
		return nil, false, nil, dialect.Refuse("input", "must hold a text")
	case n > v.texts:
		return nil, false, nil, dialect.Refuse("input", "this model takes %d texts at most, not %d", v.texts, n)
	}
	var losses dialect.Losses
	losses.Extra("", e.Extra, invokeFamily)
	if e.Title != "" {
		losses.Add("title")
	}
	dimensions := e.Dimensions
	if dimensions != nil && !v.sized {
		losses.Add("dimensions")
		dimensions = nil
	}
	if err := seen(e, v.shape); err != nil {
		return nil, false, nil, err
	}
	task, known := inputTypes[e.Task]
	if !known || e.Task != "" && v.shape != cohere && v.shape != nova {
		losses.Add("input_type")
		task = cmp.Or(task, inputTypes[""])
	}
	var w dialect.Writer
	switch v.shape {
	case cohere:
		writeCohere(&w, e, task, dimensions)
	case nova:
		writeNova(&w, e, task, dimensions)
	default:
		writeTitan(&w, e, v.shape, dimensions)
	}
	w.Extra(e.Extra, invokeFamily)
	return w.Object(), false, losses, nil
}

// seen refuses pictures that the model cannot look at.
func seen(e *llm.Embedding, s shape) error {
	pictures := 0
	for i, m := range e.Media {
		switch at := index("input", i); {
		case m == nil:
			continue
		case s == titan:
			return dialect.Refuse(at, "the model %s takes no pictures", e.Model)
		case m.Data == "" || formatOf(m.Type, "") == "":
			return dialect.Refuse(at, "this provider takes pictures as base64 only, of the types PNG, JPEG, GIF and WebP")
		}
		pictures++
	}
	if pictures > 0 && pictures < len(e.Texts) {
		return dialect.Refuse("input", "this provider takes texts or pictures in one request, not both")
	}
	return nil
}

func writeTitan(w *dialect.Writer, e *llm.Embedding, s shape, dimensions *int64) {
	if e.Pictures() {
		w.Text("inputImage", e.Media[0].Data)
	} else {
		w.Text("inputText", e.Texts[0])
	}
	if s == image && dimensions != nil {
		var o dialect.Writer
		o.Int("outputEmbeddingLength", dimensions)
		w.Raw("embeddingConfig", o.Object())
		return
	}
	w.Int("dimensions", dimensions)
}

func writeCohere(w *dialect.Writer, e *llm.Embedding, task string, dimensions *int64) {
	if e.Pictures() {
		var urls []string
		for _, m := range e.Media {
			urls = append(urls, "data:"+m.Type+";base64,"+m.Data)
		}
		w.Raw("images", dialect.Texts(urls))
		task = "image"
	} else {
		w.Raw("texts", dialect.Texts(e.Texts))
	}
	w.Text("input_type", task)
	w.Int("output_dimension", dimensions)
}

func writeNova(w *dialect.Writer, e *llm.Embedding, task string, dimensions *int64) {
	var what, p dialect.Writer
	p.Text("embeddingPurpose", purposes[task])
	p.Int("embeddingDimension", dimensions)
	if e.Pictures() {
		var source dialect.Writer
		source.Text("bytes", e.Media[0].Data)
		what.Text("format", formatOf(e.Media[0].Type, ""))
		what.Raw("source", source.Object())
		p.Raw("image", what.Object())
	} else {
		what.Text("truncationMode", "END")
		what.Text("value", e.Texts[0])
		p.Raw("text", what.Object())
	}
	w.Text("taskType", "SINGLE_EMBEDDING")
	w.Raw("singleEmbeddingParams", p.Object())
}

// DecodeRequest reads a client's request, whose members tell the family.
func (embedCodec) DecodeRequest(body []byte) (*llm.Embedding, error) {
	r := dialect.ReadRequest(body)
	e := &llm.Embedding{}
	form := titan
	switch {
	case r.Peek("texts") != nil:
		form = cohere
		e.Texts, e.Batch, e.Dimensions = r.Texts("texts"), true, r.Int("output_dimension")
		e.Task = r.Text("input_type")
	case r.Peek("singleEmbeddingParams") != nil:
		form = nova
		r.Take("taskType")
		p := r.Object(r.Take("singleEmbeddingParams"), "singleEmbeddingParams")
		e.Task, e.Dimensions = taskOf(p.Text("embeddingPurpose")), p.Int("embeddingDimension")
		text, ok := jsonx.Text(jsonx.At(p.Peek("text"), "value"))
		if !ok {
			p.Fail(p.Path("text"), "must hold a value")
		}
		e.Texts = []string{text}
	case r.Peek("inputText") == nil:
		r.Fail("inputText", "is required, or texts, or singleEmbeddingParams")
	default:
		e.Texts, e.Dimensions = []string{r.Text("inputText")}, r.Int("dimensions")
		if n, ok := jsonx.Int(jsonx.At(r.Take("embeddingConfig"), "outputEmbeddingLength")); ok {
			form, e.Dimensions = image, &n
		}
	}
	e.Extra = r.Rest(invokeFamily)
	e.Extra.Spelling = []string{forms[form]}
	return e, r.Err()
}

// forms remember in what family's words a client asked.
var forms = [...]string{titan: "titan", image: "image", cohere: "cohere", nova: "nova"}

// taskOf is the word for one of Nova's purposes: to search for something special
// is to search, too.
func taskOf(purpose string) string {
	for task, word := range purposes {
		if word == purpose {
			return task
		}
	}
	if strings.HasSuffix(purpose, "_RETRIEVAL") {
		return "search_query"
	}
	return ""
}

// DecodeReply reads the answer of any family; vectors may be sorted by the type
// of their numbers.
func (embedCodec) DecodeReply(body []byte) (*llm.Vectors, error) {
	r := dialect.ReadReply(body)
	v := &llm.Vectors{}
	if n := r.Int("inputTextTokenCount"); n != nil {
		v.Usage = &llm.Usage{Input: *n}
	}
	if one := r.Take("embedding"); one != nil {
		v.Values = []jsonx.Value{one}
	} else if one := jsonx.At(r.Take("embeddingsByType"), "float"); one != nil {
		v.Values = []jsonx.Value{one}
	}
	list := r.Take("embeddings")
	if jsonx.KindOf(list) == jsonx.Composite {
		list = jsonx.At(list, "float")
	}
	for one := range jsonx.Elements(list) {
		if jsonx.KindOf(one) == jsonx.Composite {
			one = jsonx.At(one, "embedding")
		}
		v.Values = append(v.Values, one)
	}
	for _, values := range v.Values {
		if jsonx.KindOf(values) != jsonx.Array {
			r.Fail("", "has an embedding that is no list of numbers")
		}
	}
	if len(v.Values) == 0 {
		r.Fail("", "has no embeddings")
	}
	return v, r.Err()
}

// EncodeReply writes the answer for a client, in the words it asked in.
func (embedCodec) EncodeReply(v *llm.Vectors, ask *llm.Embedding, _ string) []byte {
	form := ""
	if ask.Extra.Spelling != nil {
		form = ask.Extra.Spelling[0]
	}
	var list dialect.List
	for _, values := range v.Values {
		if form == forms[nova] {
			var one dialect.Writer
			one.Text("embeddingType", "TEXT")
			one.Raw("embedding", values)
			values = one.Object()
		}
		list.Add(values)
	}
	var w dialect.Writer
	switch form {
	case forms[nova]:
		w.Raw("embeddings", list.Array())
	case forms[cohere]:
		w.Raw("embeddings", list.Array())
		w.Raw("texts", dialect.Texts(ask.Texts))
		w.Text("response_type", "embeddings_floats")
	default:
		w.Raw("embedding", jsonx.At(list.Array(), "0"))
		if v.Usage != nil {
			w.Number("inputTextTokenCount", v.Usage.Input)
		}
	}
	return w.Object()
}
