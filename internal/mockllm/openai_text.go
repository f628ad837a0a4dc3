package mockllm

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// completion answers one legacy completion request: each of its prompts n
// times, all with the script of the last prompt.
type completion struct {
	openAIStream
	asked   ask
	choices int
	counts  bool
}

func (c completion) ask() ask { return c.asked }

func readComplete(r *http.Request, body []byte) (speaker, *failure) {
	b, failed := readOpenAI(r, body)
	if failed != nil {
		return nil, failed
	}
	prompts := inputsOf(b.Get("prompt"))
	if len(prompts) == 0 {
		return nil, missing("prompt")
	}
	a := b.common()
	a.Words = prompts[len(prompts)-1]
	for _, p := range prompts {
		a.Input += countWords(p)
	}
	return completion{asked: a, choices: len(prompts) * b.choices(), counts: b.wantsUsage()}, nil
}

// inputsOf reads what completions and embeddings take: a string, a list of
// strings, a list of tokens, or a list of such lists. Tokens become words.
func inputsOf(v jsonx.Value) []string {
	if jsonx.KindOf(jsonx.At(v, "0")) == jsonx.Number {
		return []string{tokensText(v)}
	}
	if jsonx.KindOf(jsonx.At(v, "0")) == jsonx.Array {
		var out []string
		for e := range jsonx.Elements(v) {
			out = append(out, tokensText(e))
		}
		return out
	}
	return textsOf(v)
}

func tokensText(v jsonx.Value) string {
	var words []string
	for e := range jsonx.Elements(v) {
		words = append(words, "token"+string(e))
	}
	return strings.Join(words, " ")
}

type completionObject struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   jsonx.Value        `json:"usage,omitzero"`
}

type completionChoice struct {
	Text     string      `json:"text"`
	Index    int         `json:"index"`
	Logprobs jsonx.Value `json:"logprobs"`
	Finish   *string     `json:"finish_reason"`
}

func (c completion) object(t turn) completionObject {
	return completionObject{ID: fmt.Sprintf("cmpl-mock-%06d", t.ID), Object: "text_completion", Created: t.Created, Model: c.asked.Model}
}

func (c completion) answer(t turn) (string, []byte) {
	out, finish := c.object(t), openAIFinish[t.Finish]
	for i := range c.choices {
		out.Choices = append(out.Choices, completionChoice{strings.Join(t.Text, ""), i, null, &finish})
	}
	out.Usage = encode(usageOf(t, c.choices))
	return typeJSON, encode(out)
}

func (c completion) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		chunk := c.object(t)
		if c.counts {
			chunk.Usage = null
		}
		for choice := range c.chunks(t) {
			chunk.Choices = []completionChoice{choice}
			if !yield(sseFrame(encode(chunk))) {
				return
			}
		}
		if c.counts {
			chunk.Choices, chunk.Usage = []completionChoice{}, encode(usageOf(t, c.choices))
			if !yield(sseFrame(encode(chunk))) {
				return
			}
		}
		yield(sseDone)
	}
}

func (c completion) chunks(t turn) iter.Seq[completionChoice] {
	return func(yield func(completionChoice) bool) {
		finish := openAIFinish[t.Finish]
		for i := range len(t.Text) + 1 {
			text, end := "", &finish
			if i < len(t.Text) {
				text, end = t.Text[i], nil
			}
			for index := range c.choices {
				if !yield(completionChoice{text, index, null, end}) {
					return
				}
			}
		}
	}
}

// Sizes of vectors (OpenAI API, embeddings guide: text-embedding-3-small).
const (
	defaultDimensions = 1536
	maxDimensions     = 4096
)

// embedding answers one embedding request.
type embedding struct {
	asked      ask
	inputs     []string
	dimensions int
	base64     bool
}

func (e embedding) ask() ask { return e.asked }

func readEmbed(r *http.Request, body []byte) (speaker, *failure) {
	b, failed := readOpenAI(r, body)
	if failed != nil {
		return nil, failed
	}
	e := embedding{asked: ask{Model: b.model}, inputs: inputsOf(b.Get("input")), dimensions: defaultDimensions}
	if len(e.inputs) == 0 {
		return nil, missing("input")
	}
	for _, in := range e.inputs {
		e.asked.Input += countWords(in)
	}
	e.asked.Words = e.inputs[len(e.inputs)-1]
	if v := b.Get("dimensions"); v != nil {
		n, ok := jsonx.Int(v)
		if !ok || n < 1 || n > maxDimensions {
			return nil, invalid("dimensions", "Invalid value for 'dimensions'.")
		}
		e.dimensions = int(n)
	}
	format, _ := jsonx.Text(b.Get("encoding_format"))
	e.base64 = format == "base64"
	return e, nil
}

type embeddingObject struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // []float32, or its bytes in base64
}

func (e embedding) answer(t turn) (string, []byte) {
	out := struct {
		Object string            `json:"object"`
		Data   []embeddingObject `json:"data"`
		Model  string            `json:"model"`
		Usage  map[string]int    `json:"usage"`
	}{"list", nil, e.asked.Model, map[string]int{"prompt_tokens": t.Input, "total_tokens": t.Input}}
	for i, in := range e.inputs {
		var value any = vector(in, e.dimensions)
		if e.base64 {
			value = float32Bytes(vector(in, e.dimensions))
		}
		out.Data = append(out.Data, embeddingObject{"embedding", i, value})
	}
	return typeJSON, encode(out)
}

// vector is a unit vector made of the words of a text, so that texts with
// words in common are near each other.
func vector(text string, dimensions int) []float32 {
	sum := make([]float64, dimensions)
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		words = []string{""}
	}
	for _, word := range words {
		random := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(word))))
		for i := range sum {
			sum[i] += random.NormFloat64()
		}
	}
	square := 0.0
	for _, x := range sum {
		square += x * x
	}
	out := make([]float32, dimensions)
	for i, x := range sum {
		out[i] = float32(x / math.Sqrt(square))
	}
	return out
}

// float32Bytes is the base64 of a vector, little-endian (OpenAI API, create
// embeddings, encoding_format).
func float32Bytes(v []float32) string {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}
