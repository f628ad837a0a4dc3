package all_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
)

var names = []string{"anthropic", "gemini", "openai", "responses"}

// TestMatrix carries every fixture of every dialect to every other one. A
// prompt is refused with a reason or becomes valid JSON; an answer is the same
// streamed or whole (L4); what belongs to one family alone stays in it (L6).
func TestMatrix(t *testing.T) {
	for _, from := range names {
		for _, to := range names {
			if from == to {
				continue
			}
			files, err := filepath.Glob("../" + from + "/testdata/*.txtar")
			if err != nil || len(files) == 0 {
				t.Fatalf("%d fixtures of %s, %v", len(files), from, err)
			}
			for _, file := range files {
				name := strings.TrimSuffix(filepath.Base(file), ".txtar")
				t.Run(from+"-"+to+"/"+name, func(t *testing.T) { carry(t, find(t, from), find(t, to), file) })
			}
		}
	}
}

// TestMatrixCorpus is TestMatrix on the recordings.
func TestMatrixCorpus(t *testing.T) {
	for _, from := range names {
		for _, to := range names {
			if from == to {
				continue
			}
			t.Run(from+"-"+to, func(t *testing.T) {
				a, b := find(t, from), find(t, to)
				dialecttest.Corpus(t, a, func(t *testing.T, r *dialecttest.Recording) {
					if jsonx.KindOf(r.Request.Body) == jsonx.Composite {
						carryRequest(t, a, b, r.Request.Body)
					}
					for _, sse := range r.Streams() {
						if !bytes.Contains(sse, []byte(`"error":{`)) {
							dialecttest.Across(t, a, b, sse)
						}
					}
					if r.Response.Status == 200 && !r.Response.Stream {
						carryReply(t, a, b, r.Response.Body)
					}
				})
			})
		}
	}
}

func carry(t *testing.T, from, to *dialect.Dialect, file string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		switch f.Name {
		case "request.json":
			carryRequest(t, from, to, f.Data)
		case "reply.json":
			carryReply(t, from, to, f.Data)
		case "stream.sse":
			dialecttest.Across(t, from, to, f.Data)
		}
	}
}

const poison = "p01s0n"

func carryRequest(t *testing.T, from, to *dialect.Dialect, body []byte) {
	t.Helper()
	o, err := jsonx.Parse(bytes.TrimSpace(body))
	if err != nil {
		t.Fatal(err)
	}
	o.Set("x_private", jsonx.Quote(poison))
	p, err := from.Chat.DecodeRequest(o.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	out, lost, err := to.Chat.EncodeRequest(p)
	if err != nil {
		return // refused: the goldens of TestCross say for what
	}
	if err := jsonx.Check(out); err != nil {
		t.Errorf("%v in %s", err, out)
	}
	if bytes.Contains(out, []byte(poison)) {
		t.Errorf("a private member leaked (L6): %s", out)
	}
	if !strings.Contains(strings.Join(lost, ","), "x_private") {
		t.Errorf("a private member vanished without a word (L3): %q", lost)
	}
}

func carryReply(t *testing.T, from, to *dialect.Dialect, body []byte) {
	t.Helper()
	r, err := from.Chat.DecodeReply(body)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := to.Chat.EncodeReply(r, dialect.Reply{Provider: from.Name, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	again, err := to.Chat.DecodeReply(out)
	if err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if got, want := again.Choices[0].Calls(), r.Choices[0].Calls(); got != want {
		t.Errorf("calls for the client: %v, want %v", got, want)
	}
	if u := r.Usage; u != nil && (again.Usage.Input != u.Input || again.Usage.Output != u.Output) {
		t.Errorf("usage %+v, want %+v", again.Usage, u)
	}
}

func TestFind(t *testing.T) {
	for _, name := range names {
		if d, ok := all.Find(name); !ok || d.Name != name || d.Chat == nil {
			t.Errorf("Find(%q): %v", name, ok)
		}
	}
	if _, ok := all.Find("klingon"); ok {
		t.Error("found a dialect that does not exist")
	}
}
