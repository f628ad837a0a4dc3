package corpus_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/jsonx"
)

// passing are the recorded operations that nobody translates, with the path a
// client calls where the recording does not say one.
var passing = map[string]string{
	"openai.transcription": "/v1/audio/transcriptions", "openai.completions": "/v1/completions", "openai.models": "/v1/models",
	"openai.images": "/v1/images/generations", "openai.responses.compact": "", "openai.responses.get": "", "openai.responses.input_tokens": "",
	"gemini.interactions": "/v1beta/interactions", "gemini.countTokens": "", "bedrock.invoke": "", "anthropic.count_tokens": "/v1/messages/count_tokens",
}

// exchange is a recording, as far as it matters here.
type exchange struct {
	API      string `json:"api"`
	Provider string `json:"provider"`
	Request  struct {
		Method string      `json:"method"`
		URL    string      `json:"url"`
		Body   jsonx.Value `json:"body"`
	} `json:"request"`
	Response struct {
		Status int         `json:"status"`
		Body   jsonx.Value `json:"body"`
		Stream bool        `json:"stream"`
	} `json:"response"`
}

// TestRelayed asks for every recorded answer whose operation is relayed, at the
// path the recording went to: text, counts and pictures are the very bytes the
// provider sent.
func TestRelayed(t *testing.T) {
	dir := corpus(t)
	var sent []byte
	var streamed bool
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if streamed {
			w.Header().Set("Content-Type", "text/event-stream")
		}
		_, _ = w.Write(sent)
	}))
	defer upstream.Close()
	base := gateway(t)
	files, err := filepath.Glob(filepath.Join(dir, "recordings", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e exchange
		if err := jsonx.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		path, known := passing[e.API]
		if !known || e.Response.Status != http.StatusOK {
			continue
		}
		seen[e.API]++
		if u, err := url.Parse(e.Request.URL); err == nil && e.Request.URL != "" {
			path = u.RequestURI()
		}
		sent, streamed = e.Response.Body, e.Response.Stream
		if text, ok := jsonx.Text(e.Response.Body); ok {
			sent = []byte(text)
		}
		got := ask(t, base, upstream.URL, path, &e)
		if want := bytes.TrimSpace(sent); !bytes.Equal(bytes.TrimSpace(got), want) {
			t.Errorf("%s: the client got\n%.300s, sent was\n%.300s", filepath.Base(file), got, want)
		}
	}
	for api := range passing {
		if seen[api] == 0 {
			t.Errorf("no recording of %s", api)
		}
	}
	t.Log(seen)
}

func ask(t *testing.T, base, upstream, path string, e *exchange) []byte {
	t.Helper()
	var body io.Reader
	if jsonx.KindOf(e.Request.Body) == jsonx.Composite {
		body = bytes.NewReader(e.Request.Body)
	} else if e.Request.Method == http.MethodPost {
		body = strings.NewReader(`{"model":"m"}`)
	}
	req, err := http.NewRequestWithContext(t.Context(), e.Request.Method, base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if e.API == "openai.transcription" {
		req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	}
	req.Header.Set("X-Portkey-Provider", e.Provider)
	req.Header.Set("X-Portkey-Custom-Host", upstream)
	req.Header.Set("Authorization", "Bearer sk-corpus")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return got
}
