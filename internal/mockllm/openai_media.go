package mockllm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// plain is an answer that needs no script beyond what the request says.
type plain struct {
	asked ask
	say   func(t turn) (contentType string, body []byte)
}

func (p plain) ask() ask { return p.asked }

func (p plain) answer(t turn) (string, []byte) { return p.say(t) }

// object is JSON without a type of its own.
type object map[string]any

func (o object) answer(turn) (string, []byte) { return typeJSON, encode(o) }

// modelNames are the models the mock says it has; it answers for all others
// too, but for unknownModel.
var modelNames = []string{"gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "omni-moderation-latest", "tts-1", "whisper-1", "gpt-image-1"}

func modelObject(name string) object {
	return object{"id": name, "object": "model", "created": 1700000000, "owned_by": "sluice-mock"}
}

func readModels(*http.Request, []byte) (speaker, *failure) {
	data := make([]object, 0, len(modelNames))
	for _, name := range modelNames {
		data = append(data, modelObject(name))
	}
	return plain{ask{}, object{"object": "list", "data": data}.answer}, nil
}

func readModel(r *http.Request, _ []byte) (speaker, *failure) {
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/models/")+len("/models/"):]
	return plain{ask{Model: name}, modelObject(name).answer}, nil
}

// moderationCategories are those of the moderation object (OpenAI API, create
// moderation).
var moderationCategories = []string{
	"harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
	"self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
}

func readModeration(_ *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, invalid("", "We could not parse the JSON body of your request.")
	}
	texts := textsOf(o.Get("input"))
	for part := range jsonx.Elements(o.Get("input")) {
		texts = append(texts, textsOf(jsonx.At(part, "text"))...)
	}
	if len(texts) == 0 {
		return nil, missing("input")
	}
	model, ok := jsonx.Text(o.Get("model"))
	if !ok {
		model = "omni-moderation-latest"
	}
	results := make([]object, 0, len(texts))
	for _, text := range texts {
		results = append(results, moderate(text))
	}
	return plain{ask{Model: model, Words: texts[len(texts)-1]}, func(t turn) (string, []byte) {
		return object{"id": fmt.Sprintf("modr-mock-%06d", t.ID), "model": model, "results": results}.answer(t)
	}}, nil
}

// moderate flags each category that the text names.
func moderate(text string) object {
	flags, scores, kinds := object{}, object{}, object{}
	flagged := false
	for _, category := range moderationCategories {
		hit := strings.Contains(strings.ToLower(text), category)
		flagged = flagged || hit
		flags[category], scores[category], kinds[category] = hit, map[bool]float64{true: 0.99, false: 0.01}[hit], []string{"text"}
	}
	return object{"flagged": flagged, "categories": flags, "category_scores": scores, "category_applied_input_types": kinds}
}

// onePixel is a PNG of one transparent pixel.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

func readImage(r *http.Request, body []byte) (speaker, *failure) {
	b, failed := readOpenAI(r, body)
	if failed != nil {
		return nil, failed
	}
	prompt, _ := jsonx.Text(b.Get("prompt"))
	if prompt == "" {
		return nil, missing("prompt")
	}
	image := object{"b64_json": onePixel}
	if format, _ := jsonx.Text(b.Get("response_format")); format == "url" {
		image = object{"url": "data:image/png;base64," + onePixel}
	}
	data := make([]object, b.choices())
	for i := range data {
		data[i] = image
	}
	return plain{ask{Model: b.model, Words: prompt}, func(t turn) (string, []byte) {
		return object{"created": t.Created, "data": data}.answer(t)
	}}, nil
}

// speechTypes are the content types of the formats (OpenAI API, create speech).
var speechTypes = map[string]string{
	"": "audio/mpeg", "mp3": "audio/mpeg", "opus": "audio/opus", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav", "pcm": "audio/pcm",
}

// speechBytes is how long all audio is.
const speechBytes = 8 << 10

func readSpeech(r *http.Request, body []byte) (speaker, *failure) {
	b, failed := readOpenAI(r, body)
	if failed != nil {
		return nil, failed
	}
	input, _ := jsonx.Text(b.Get("input"))
	if input == "" {
		return nil, missing("input")
	}
	format, _ := jsonx.Text(b.Get("response_format"))
	kind, ok := speechTypes[format]
	if !ok {
		return nil, invalid("response_format", "Invalid value for 'response_format'.")
	}
	return plain{ask{Model: b.model, Words: input}, func(turn) (string, []byte) { return kind, noise() }}, nil
}

// noise is not audio anybody would want to hear, but holds every byte value, so
// that a relay which takes it for text is found out.
func noise() []byte {
	out := make([]byte, speechBytes)
	for i := range out {
		out[i] = byte(i*7 + i>>8)
	}
	return out
}

// form is what the mock keeps of a multipart body.
type form struct {
	fields   map[string]string
	fileName string
	fileSize int64
	hasFile  bool
}

// maxField is the most it keeps of one field.
const maxField = 64 << 10

func readForm(r *http.Request, body []byte) (form, *failure) {
	f := form{fields: map[string]string{}}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return f, invalid("", "The request must be multipart/form-data.")
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err == nil {
			err = f.take(part)
		}
		if err != nil {
			return f, invalid("", "We could not parse the multipart body of your request.")
		}
	}
}

func (f *form) take(part *multipart.Part) (err error) {
	if part.FileName() != "" {
		f.fileName, f.hasFile = part.FileName(), true
		f.fileSize, err = io.Copy(io.Discard, part)
		return err
	}
	value, err := io.ReadAll(io.LimitReader(part, maxField))
	f.fields[part.FormName()] = string(value)
	return err
}

func readTranscription(r *http.Request, body []byte) (speaker, *failure) {
	f, failed := readForm(r, body)
	switch {
	case failed != nil:
		return nil, failed
	case !f.hasFile:
		return nil, missing("file")
	case f.fields["model"] == "":
		return nil, invalid("model", "you must provide a model parameter")
	}
	text := fmt.Sprintf("The mock heard %s, %d bytes.", f.fileName, f.fileSize)
	a := ask{Model: f.fields["model"], Words: f.fields["prompt"]}
	switch f.fields["response_format"] {
	case "text", "srt", "vtt":
		return plain{a, func(turn) (string, []byte) { return "text/plain; charset=utf-8", []byte(text + "\n") }}, nil
	}
	return plain{a, object{"text": text, "usage": object{"type": "duration", "seconds": 1}}.answer}, nil
}

func readUpload(r *http.Request, body []byte) (speaker, *failure) {
	f, failed := readForm(r, body)
	switch {
	case failed != nil:
		return nil, failed
	case !f.hasFile:
		return nil, missing("file")
	case f.fields["purpose"] == "":
		return nil, missing("purpose")
	}
	return plain{ask{}, func(t turn) (string, []byte) {
		return object{
			"id": fmt.Sprintf("file-mock-%06d", t.ID), "object": "file", "bytes": f.fileSize, "created_at": t.Created,
			"filename": f.fileName, "purpose": f.fields["purpose"], "status": "processed",
		}.answer(t)
	}}, nil
}
