package mockllm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"sluice/internal/jsonx"
)

// bedrock is the voice of Bedrock's Converse for the operation it reads.
type bedrock func(r *http.Request, body []byte) (speaker, *failure)

func (read bedrock) read(r *http.Request, body []byte) (speaker, *failure) { return read(r, body) }

// bedrockFailures are the exceptions of the API and what they say (Amazon
// Bedrock API, Converse, errors).
var bedrockFailures = map[int][2]string{
	403: {"AccessDeniedException", "You don't have access to the model with the specified model ID."},
	404: {"ResourceNotFoundException", "The provided model identifier is invalid."},
	408: {"ModelTimeoutException", "Model has timed out in processing the request. Try your request again."},
	424: {"ModelErrorException", "The model returned an error."},
	429: {"ThrottlingException", "Too many requests, please wait before trying again."},
	500: {"InternalServerException", "The system encountered an unexpected error during processing. Try your request again."},
	503: {"ServiceUnavailableException", "Bedrock is unable to process your request."},
}

// failure answers for a model that does not exist with 400, as the API does
// (recorded: bedrock-converse-72009bde5834).
func (bedrock) failure(f failure) (int, string, []byte) {
	switch {
	case f.BadKey:
		f.Status, f.Message = http.StatusForbidden, "The security token included in the request is invalid."
	case f.Model != "":
		f.Status, f.Message = http.StatusBadRequest, "The provided model identifier is invalid."
	}
	_, message := bedrockError(f)
	return f.Status, typeJSON, encode(object{"message": message})
}

func bedrockError(f failure) (exception, message string) {
	words, known := bedrockFailures[f.Status]
	if !known {
		words = [2]string{"ValidationException", http.StatusText(f.Status)}
		if f.Status >= 500 {
			words[0] = "InternalServerException"
		}
	}
	if f.Message != "" {
		words[1] = f.Message
	}
	return words[0], words[1]
}

func unfit(format string, args ...any) *failure {
	return &failure{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

// modelIn is the model an address of the API names.
func modelIn(path string) string {
	_, rest, _ := strings.Cut(path, "/model/")
	return rest[:max(0, strings.LastIndexByte(rest, '/'))]
}

// readConversation reads what the operations about a conversation have in
// common.
func readConversation(a *ask, whole jsonx.Value) *failure {
	if jsonx.At(whole, "messages", "0") == nil {
		return unfit("1 validation error detected: Value at 'messages' failed to satisfy constraint: Member must not be null")
	}
	for block := range jsonx.Elements(jsonx.At(whole, "system")) {
		text, _ := jsonx.Text(jsonx.At(block, "text"))
		a.recall(text)
	}
	var open []string
	role, at := "", 0
	for m := range jsonx.Elements(jsonx.At(whole, "messages")) {
		was := role
		if role, _ = jsonx.Text(jsonx.At(m, "role")); role == was {
			return unfit("A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.")
		}
		var failed *failure
		if open, failed = hearConverse(a, m, role, at, open); failed != nil {
			return failed
		}
		at++
	}
	return nil
}

// hearConverse takes in one message; open are the calls the one before it left
// without a result.
func hearConverse(a *ask, message jsonx.Value, role string, at int, open []string) (calls []string, _ *failure) {
	var texts, media []string
	results := false
	i := 0
	for block := range jsonx.Elements(jsonx.At(message, "content")) {
		place := fmt.Sprintf("messages.%d.content.%d", at, i)
		i++
		if text, ok := jsonx.Text(jsonx.At(block, "text")); ok {
			if text == "" {
				return nil, unfit("The text field in the ContentBlock object at %s is blank. Add text to the text field, and try again.", place)
			}
			texts = append(texts, text)
		}
		media = append(media, converseMedium(block)...)
		if id, ok := jsonx.Text(jsonx.At(block, "toolUse", "toolUseId")); ok {
			calls = append(calls, id)
		}
		result := jsonx.At(block, "toolResult")
		if result == nil {
			continue
		}
		results = true
		id, _ := jsonx.Text(jsonx.At(result, "toolUseId"))
		which := slices.Index(open, id)
		if which < 0 {
			return nil, unfit("The number of toolResult blocks at messages.%d.content exceeds the number of toolUse blocks of previous turn.", at)
		}
		open = slices.Delete(open, which, which+1)
		a.learn(converseResult(result))
	}
	text := strings.Join(texts, "\n")
	switch {
	case len(open) > 0:
		return nil, unfit("Expected toolResult blocks at messages.%d.content for the following Ids: %s", at, strings.Join(open, ", "))
	case role == "assistant":
		a.recall(text)
	case !results || text != "":
		a.hear(text, media)
	}
	return calls, nil
}

func converseMedium(block jsonx.Value) []string {
	for _, kind := range []string{"image", "document", "video"} {
		m := jsonx.At(block, kind)
		if m == nil {
			continue
		}
		if uri, ok := jsonx.Text(jsonx.At(m, "source", "s3Location", "uri")); ok {
			return []string{uri}
		}
		format, _ := jsonx.Text(jsonx.At(m, "format"))
		data, _ := jsonx.Text(jsonx.At(m, "source", "bytes"))
		return []string{describe(kind+"/"+format, data)}
	}
	return nil
}

func converseResult(result jsonx.Value) (text string, media []string) {
	var texts []string
	for block := range jsonx.Elements(jsonx.At(result, "content")) {
		if s, ok := jsonx.Text(jsonx.At(block, "text")); ok {
			texts = append(texts, s)
		} else if v := jsonx.At(block, "json"); v != nil {
			texts = append(texts, string(v))
		}
		media = append(media, converseMedium(block)...)
	}
	return strings.Join(texts, "\n"), media
}

// readConverseCount answers with the number of input tokens (Amazon Bedrock
// API, CountTokens).
func readConverseCount(r *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, unfit("%v", err)
	}
	a := ask{Model: modelIn(r.URL.Path)}
	if failed := readConversation(&a, jsonx.At(o.Bytes(), "input", "converse")); failed != nil {
		return nil, failed
	}
	return plain{a, object{"inputTokens": a.Input}.answer}, nil
}

// readInvokeEmbed answers InvokeModel with vectors, in the words of the family
// it is asked in.
func readInvokeEmbed(r *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, unfit("%v", err)
	}
	a := ask{Model: modelIn(r.URL.Path)}
	vectorOf := func(text string, size jsonx.Value) []float32 {
		a.hear(text, nil)
		n, ok := jsonx.Int(size)
		if !ok || n < 1 || n > maxDimensions {
			n = bedrockDimensions
		}
		return vector(text, int(n))
	}
	if text, ok := jsonx.Text(o.Get("inputText")); ok {
		v := vectorOf(text, o.Get("dimensions"))
		return plain{a, object{"embedding": v, "inputTextTokenCount": a.Input}.answer}, nil
	}
	if texts := textsOf(o.Get("texts")); len(texts) > 0 {
		var all [][]float32
		for _, text := range texts {
			all = append(all, vectorOf(text, o.Get("output_dimension")))
		}
		return plain{a, object{"embeddings": object{"float": all}, "texts": texts, "response_type": "embeddings_by_type"}.answer}, nil
	}
	p := o.Get("singleEmbeddingParams")
	if text, ok := jsonx.Text(jsonx.At(p, "text", "value")); ok {
		v := vectorOf(text, jsonx.At(p, "embeddingDimension"))
		return plain{a, object{"embeddings": []object{{"embeddingType": "TEXT", "embedding": v}}}.answer}, nil
	}
	return nil, unfit("Malformed input request: expected minProperties: 1, found: 0, please reformat your input and try again.")
}

// bedrockDimensions is the size of vectors (Amazon Bedrock user guide, Titan
// Text Embeddings V2).
const bedrockDimensions = 1024
