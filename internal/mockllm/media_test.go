package mockllm_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image/png"
	"math"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
	"sluice/internal/mockllm"
)

func embed(m mock, body string) (out []float64) {
	m.t.Helper()
	a := m.send("POST", "/v1/embeddings", body)
	for x := range jsonx.Elements(jsonx.At(a.body, "data", "0", "embedding")) {
		f, _ := jsonx.Float(x)
		out = append(out, f)
	}
	return out
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func TestEmbeddings(t *testing.T) {
	m := start(t, mockllm.Options{})
	dog := embed(m, `{"model":"m","input":"the quick brown dog"}`)
	if len(dog) != 1536 {
		t.Fatalf("%d dimensions, want 1536", len(dog))
	}
	if n := dot(dog, dog); math.Abs(n-1) > 1e-5 {
		t.Errorf("length %f, want 1", n)
	}
	if diff := cmp.Diff(dog, embed(m, `{"model":"other","input":["the quick brown dog"]}`)); diff != "" {
		t.Error("the same text has another vector")
	}
	near, far := embed(m, `{"model":"m","input":"the slow brown dog"}`), embed(m, `{"model":"m","input":"tax law"}`)
	if dot(dog, near) < 0.5 || math.Abs(dot(dog, far)) > 0.2 {
		t.Errorf("near %f, far %f", dot(dog, near), dot(dog, far))
	}
	if got := embed(m, `{"model":"m","input":[1,2,3],"dimensions":8}`); len(got) != 8 {
		t.Errorf("%d dimensions, want 8", len(got))
	}
}

func TestEmbeddingsBase64(t *testing.T) {
	m := start(t, mockllm.Options{})
	want := embed(m, `{"model":"m","input":"x","dimensions":5}`)
	a := m.send("POST", "/v1/embeddings", `{"model":"m","input":["y y","x"],"dimensions":5,"encoding_format":"base64"}`)
	raw, err := base64.StdEncoding.DecodeString(a.at("data", "1", "embedding"))
	if err != nil || len(raw) != 20 {
		t.Fatalf("%d bytes, %v: %s", len(raw), err, a.body)
	}
	for i, f := range want {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])); got != float32(f) {
			t.Errorf("number %d is %v, want %v", i, got, f)
		}
	}
	if got := a.at("usage", "prompt_tokens"); got != "3" {
		t.Errorf("prompt_tokens %s, want 3", got)
	}
}

// upload builds a multipart body; a name of the form @file is the file.
func upload(t *testing.T, fields ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		if file, ok := strings.CutPrefix(name, "@"); ok {
			part, err := w.CreateFormFile("file", file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := part.Write([]byte(value)); err != nil {
				t.Fatal(err)
			}
		} else if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestUploads(t *testing.T) {
	m := start(t, mockllm.Options{})
	for _, c := range []struct {
		name, path string
		fields     []string
		status     int
		want       string
	}{
		{"transcription", "/v1/audio/transcriptions", []string{"model", "whisper-1", "@a.mp3", "\x00\x01\x02"}, 200, `"text":"The mock heard a.mp3, 3 bytes."`},
		{"as text", "/v1/audio/translations", []string{"model", "whisper-1", "response_format", "text", "@a.mp3", "1"}, 200, "The mock heard a.mp3, 1 bytes.\n"},
		{"no file", "/v1/audio/transcriptions", []string{"model", "whisper-1"}, 400, `"param":"file"`},
		{"no model", "/v1/audio/transcriptions", []string{"@a.mp3", "1"}, 400, `"param":"model"`},
		{"file", "/v1/files", []string{"purpose", "batch", "@b.jsonl", "{}\n"}, 200, `"bytes":3,"created_at":`},
		{"file name", "/v1/files", []string{"purpose", "batch", "@b.jsonl", "{}\n"}, 200, `"filename":"b.jsonl"`},
		{"no purpose", "/v1/files", []string{"@b.jsonl", "{}\n"}, 400, `"param":"purpose"`},
		{"words", "/v1/audio/transcriptions", []string{"model", "whisper-1", "prompt", "error 429", "@a.mp3", "1"}, 429, "rate_limit_exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, contentType := upload(t, c.fields...)
			a := m.send("POST", c.path, body, "Content-Type", contentType)
			if a.status() != c.status || !strings.Contains(string(a.body), c.want) {
				t.Errorf("status %d, want %d and %s: %s", a.status(), c.status, c.want, a.body)
			}
		})
	}
	if a := m.send("POST", "/v1/files", "--x\r\nbroken", "Content-Type", "multipart/form-data; boundary=x"); a.status() != 400 {
		t.Errorf("a broken body: %d %s", a.status(), a.body)
	}
}

func TestSpeech(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1/audio/speech", `{"model":"tts-1","input":"hi","voice":"alloy","response_format":"wav"}`)
	if a.Header.Get("Content-Type") != "audio/wav" || len(a.body) != 8<<10 {
		t.Errorf("%d bytes of %s", len(a.body), a.Header.Get("Content-Type"))
	}
	for b := range 256 {
		if bytes.IndexByte(a.body, byte(b)) < 0 {
			t.Fatalf("the byte %#x is not in the audio", b)
		}
	}
	if a := m.send("POST", "/v1/audio/speech", `{"model":"tts-1","input":"hi","response_format":"midi"}`); a.status() != 400 {
		t.Errorf("an unknown format: %d", a.status())
	}
}

func TestImages(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1/images/generations", `{"model":"gpt-image-1","prompt":"a cat","n":2}`)
	raw, err := base64.StdEncoding.DecodeString(a.at("data", "1", "b64_json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
		t.Errorf("no PNG: %v", err)
	}
	a = m.send("POST", "/v1/images/generations", `{"model":"dall-e-3","prompt":"a cat","response_format":"url"}`)
	if !strings.HasPrefix(a.at("data", "0", "url"), "data:image/png;base64,") {
		t.Errorf("no address: %s", a.body)
	}
}

func TestModerations(t *testing.T) {
	m := start(t, mockllm.Options{})
	a := m.send("POST", "/v1/moderations", `{"input":["Violence!",{"type":"text","text":"flowers"}]}`)
	if a.at("results", "0", "categories", "violence") != "true" || a.at("results", "1", "flagged") != "false" {
		t.Errorf("got %s", a.body)
	}
}
