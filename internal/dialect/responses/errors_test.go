package responses_test

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect/responses"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestErrors reads each host's error body and writes what a client gets for
// it, before a stream and in one.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := make(map[string]string)
			for _, f := range a.Files {
				part[f.Name] = strings.TrimSpace(string(f.Data))
			}
			status, err := strconv.Atoi(part["status"])
			if err != nil {
				t.Fatal(err)
			}
			e := responses.Dialect.DecodeError(status, []byte(part["body"]))
			if e.Kind != llm.UpstreamStatus || e.Status != status {
				t.Errorf("kind %v, status %d", e.Kind, e.Status)
			}
			e.Provider, e.Body = part["provider"], []byte(part["body"])
			got := map[string]string{
				"client.json": string(responses.Dialect.EncodeError(e)),
				"frame.sse":   strings.TrimSpace(string(responses.Dialect.AppendErrorFrame(nil, e))),
			}
			if err := jsonx.Check([]byte(got["client.json"])); err != nil {
				t.Errorf("%s: %v", got["client.json"], err)
			}
			for i := range a.Files {
				f := &a.Files[i]
				if text, ours := got[f.Name]; ours {
					if diff := cmp.Diff(part[f.Name], text); diff != "" && !*update {
						t.Errorf("%s (-want +got)\n%s", f.Name, diff)
					}
					f.Data = []byte(text + "\n")
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestOurErrors(t *testing.T) {
	e := &llm.Error{
		Kind: llm.NotFound, Status: 404, Message: "no such route", Param: "path", Details: []string{"a", "b"},
	}
	body := responses.Dialect.EncodeError(e)
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"error", "message"}, "no such route"},
		{[]string{"error", "type"}, "invalid_request_error"},
		{[]string{"error", "code"}, "not_found"},
		{[]string{"error", "param"}, "path"},
		{[]string{"status"}, "failure"},
		{[]string{"message"}, "no such route"},
		{[]string{"errors", "1"}, "b"},
	} {
		if got, _ := jsonx.Text(jsonx.At(body, c.path...)); got != c.want {
			t.Errorf("%v is %q, want %q", c.path, got, c.want)
		}
	}
	if string(jsonx.At(body, "ok")) != "false" || jsonx.At(body, "provider") != nil {
		t.Errorf("%s", body)
	}
	gone := &llm.Error{Kind: llm.StreamInterrupted, Status: 502, Message: "cut", Origin: llm.Origin{Provider: "openai"}}
	if got, _ := jsonx.Text(jsonx.At(responses.Dialect.EncodeError(gone), "provider")); got != "openai" {
		t.Errorf("provider %q", got)
	}
}
