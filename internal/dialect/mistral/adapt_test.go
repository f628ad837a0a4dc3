package mistral_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect/mistral"
	"sluice/internal/dialect/openai"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestAdapt turns requests in OpenAI's form into Mistral's, message by message.
func TestAdapt(t *testing.T) {
	d := mistral.Of(&openai.Dialect)
	files, err := filepath.Glob("testdata/adapt/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o, err := jsonx.Parse([]byte(strings.TrimSpace(string(a.Files[0].Data))))
			if err != nil {
				t.Fatal(err)
			}
			lost := d.Adapt(llm.Chat, &o)
			got := lines(o.Bytes()) + "lost: " + strings.Join(lost, ", ") + "\n"
			if *update {
				a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(a.Files[1].Data), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// lines puts each message on a line of its own.
func lines(body []byte) string {
	o, err := jsonx.Parse(body)
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	for m := range jsonx.Elements(o.Get("messages")) {
		_, _ = out.WriteString(string(m) + "\n")
	}
	return out.String()
}

// TestIDs: a call and its result keep having one id, whoever made it, and a
// legal one stays as it is.
func TestIDs(t *testing.T) {
	d := mistral.Of(&openai.Dialect)
	ids := regexp.MustCompile(`"(?:id|tool_call_id)":"([^"]*)"`)
	for id, same := range map[string]bool{"call_abcdefghij": false, "gSIMJiOkT": true, "": false, "toolu_01": false, "abc-efghi": false} {
		o, err := jsonx.Parse([]byte(`{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"` + id + `","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"` + id + `","content":"y"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		d.Adapt(llm.Chat, &o)
		found := ids.FindAllStringSubmatch(string(o.Bytes()), -1)
		if len(found) != 2 || found[0][1] != found[1][1] || !regexp.MustCompile(`^[a-zA-Z0-9]{9}$`).MatchString(found[0][1]) || (found[0][1] == id) != same {
			t.Errorf("%q became %v", id, found)
		}
	}
}

// TestOldID: an id that is none gets one.
func TestOldID(t *testing.T) {
	repair := mistral.Of(&openai.Dialect).RepairEvents(llm.Chat)
	out := repair([]byte(`{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"id":"null","function":{"name":"f","arguments":"{}"}}]}}]}`))
	if !regexp.MustCompile(`"id":"call_[A-Z0-9]+".*"index":0`).Match(out) {
		t.Errorf("got %s", out)
	}
	for _, data := range []string{`{"object":"chat.completion.chunk","choices":[{"delta":{"content":"\"content\":[ and \"model_length\""}}]}`, ``, `{"content":[`} {
		if out := repair([]byte(data)); out != nil {
			t.Errorf("%s became %s", data, out)
		}
	}
}

// TestFinishError: a reason that is none is a failure.
func TestFinishError(t *testing.T) {
	d := mistral.Of(&openai.Dialect)
	if _, err := d.Inspect(llm.Chat, []byte(`{"choices":[{"index":0,"finish_reason":"error","message":{"role":"assistant","content":""}}]}`)); err == nil {
		t.Error("no error")
	}
	if e := d.DecodeError(422, []byte(`{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","user"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}`)); e.Message != "body.user: Extra inputs are not permitted" {
		t.Errorf("got %q", e.Message)
	}
}

// FuzzMend feeds the repairs and the adapter with anything: what comes out of
// JSON is JSON, and nothing panics.
func FuzzMend(f *testing.F) {
	f.Add([]byte(`{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"text":"a"}]}],"tool_calls":[{"function":{}}]},"finish_reason":"model_length"}]}`))
	f.Add([]byte(`{"messages":[{"role":"tool"},{"role":"user","content":[{"type":"file","file":{"file_data":"x"}}]},{"role":"assistant","reasoning":"a"}]}`))
	d := mistral.Of(&openai.Dialect)
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := jsonx.Parse(in)
		if err != nil {
			return
		}
		d.Adapt(llm.Chat, &o)
		for _, out := range [][]byte{o.Bytes(), d.Repair(llm.Chat, in), d.RepairEvents(llm.Chat)(in)} {
			if out != nil && jsonx.Check(out) != nil {
				t.Fatalf("%s became %s", in, out)
			}
		}
	})
}
