package dialecttest

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

// apis names the recordings that are of each dialect.
var apis = map[string]string{
	"openai": "openai.chat", "anthropic": "anthropic.messages", "responses": "openai.responses",
	"gemini": "gemini.generateContent gemini.streamGenerateContent", "cohere": "cohere.chat", "mistral": "mistral.chat",
	"bedrock": "bedrock.converse bedrock.converseStream", "bedrock-invoke": "bedrock.invoke_embeddings",
}

// Recording is one exchange of the corpus.
type Recording struct {
	API     string `json:"api"`
	Request struct {
		Body jsonx.Value `json:"body"`
	} `json:"request"`
	Response struct {
		Status int         `json:"status"`
		Body   jsonx.Value `json:"body"`
		Binary []byte      `json:"body_base64"`
		Stream bool        `json:"stream"`
	} `json:"response"`
}

func corpus(t *testing.T, d *dialect.Dialect) {
	t.Helper()
	Corpus(t, d, func(t *testing.T, r *Recording) { exchange(t, d, r) })
}

// Recorded reports whether the corpus has anything of a dialect.
func Recorded(d *dialect.Dialect) bool { return apis[d.Name] != "" }

// Corpus hands every recording of a dialect to judge. Without a corpus it
// skips.
func Corpus(t *testing.T, d *dialect.Dialect, judge func(*testing.T, *Recording)) {
	t.Helper()
	judged := 0
	Recordings(t, func(t *testing.T, r *Recording) {
		if slices.Contains(strings.Fields(apis[d.Name]), r.API) {
			judged++
			judge(t, r)
		}
	})
	if judged == 0 {
		t.Errorf("no recording of %s", apis[d.Name])
	}
}

// Recordings hands every recording to judge. Without a corpus it skips.
func Recordings(t *testing.T, judge func(*testing.T, *Recording)) {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		t.Skip("SLUICE_CORPUS is not set: the recordings are not part of this repository")
	}
	files, err := filepath.Glob(filepath.Join(root, "recordings", "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings below %s: %v", root, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r Recording
		if err := jsonx.Unmarshal(raw, &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { judge(t, &r) })
	}
}

func exchange(t *testing.T, d *dialect.Dialect, r *Recording) {
	t.Helper()
	if jsonx.KindOf(r.Request.Body) == jsonx.Composite {
		Request(t, d, r.Request.Body)
	}
	switch {
	case r.Response.Status != 200:
		if e := d.DecodeError(r.Response.Status, r.Response.Body); e.Message == "" {
			t.Errorf("no message in the error %s", r.Response.Body)
		}
	case r.Response.Stream:
		for _, sse := range r.Streams() {
			if failed.Match(sse) && !bytes.Contains(sse, []byte("message_stop")) {
				failing(t, d, sse)
				continue
			}
			Stream(t, d, sse)
			Cuts(t, d, sse)
		}
	default:
		Reply(t, d, r.Response.Body)
	}
}

// failed finds an event that reports a failure.
var failed = regexp.MustCompile(`"error": *[{"]|event: error`)

// failing judges a stream that ends with the provider's failure.
func failing(t *testing.T, d *dialect.Dialect, sse []byte) {
	t.Helper()
	if _, _, err := decode(d, bytes.NewReader(sse)); err == nil {
		t.Error("the provider's failure was not seen")
	}
}

// Streams are the streams of a recording: a few hold several, one after
// another.
func (r *Recording) Streams() [][]byte {
	if !r.Response.Stream || r.Response.Status != 200 {
		return nil
	}
	if r.Response.Binary != nil {
		return [][]byte{r.Response.Binary}
	}
	text, _ := jsonx.Text(r.Response.Body)
	var all [][]byte
	for {
		at := again(text)
		if at < 0 {
			return append(all, []byte(text))
		}
		all = append(all, []byte(text[:at]))
		text = text[at:]
	}
}

// again is where another stream begins, -1 if none does.
func again(text string) int {
	const messages, responses = "event: message_start", "\n\nevent: response.created"
	if at := strings.Index(text[min(1, len(text)):], messages); at >= 0 {
		return at + 1
	}
	if at := strings.Index(text, responses); at >= 0 {
		return at + 2
	}
	return -1
}
