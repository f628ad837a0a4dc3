package all_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestCross carries conversations from one dialect to another. Each archive
// names the client's dialect and the provider's in its first line, "lenient"
// if the client wants more than its dialect has. What came is in
// request.json, reply.json and reply.sse; what must go out stands in
// *.want, together with what was lost.
func TestCross(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { cross(t, file) })
	}
}

func cross(t *testing.T, file string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(a.Comment))
	s := &dialecttest.Sides{Client: find(t, words[0]), Provider: find(t, words[1])}
	s.As = dialect.Reply{Chat: &llm.Prompt{}, Provider: words[1], Strict: words[2] != "lenient"}
	got := make(map[string]string)
	for _, f := range a.Files {
		switch f.Name {
		case "request.json":
			got["request.want"] = request(t, s, f.Data)
		case "reply.json":
			got["reply.want"] = reply(t, s, f.Data)
		case "reply.sse":
			got["stream.want"] = stream(t, s, f.Data)
		}
	}
	compare(t, file, a, got)
}

func find(t *testing.T, name string) *dialect.Dialect {
	t.Helper()
	d, ok := all.Find(name)
	if !ok {
		t.Fatalf("no dialect %q", name)
	}
	return d
}

// created is the gateway's clock.
var created = regexp.MustCompile(`"created(_at)?":[0-9]+`)

func request(t *testing.T, s *dialecttest.Sides, body []byte) string {
	t.Helper()
	out, lost, err := s.Request(body)
	if err != nil {
		return failure(t, err)
	}
	return pretty(t, out) + report(lost)
}

func reply(t *testing.T, s *dialecttest.Sides, body []byte) string {
	t.Helper()
	out, lost, err := s.Reply(body)
	if err != nil {
		return failure(t, err)
	}
	return created.ReplaceAllString(pretty(t, out), `"created$1":0`) + report(lost)
}

func stream(t *testing.T, s *dialecttest.Sides, sse []byte) string {
	t.Helper()
	out, err := s.Stream(sse)
	if err != nil {
		t.Fatal(err)
	}
	return created.ReplaceAllString(string(out), `"created$1":0`)
}

func failure(t *testing.T, err error) string {
	t.Helper()
	e := new(llm.Error)
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *llm.Error", err)
	}
	return fmt.Sprintf("status %d, param %q: %s\n", e.Status, e.Param, e.Message)
}

// pretty puts each member of the body on a line of its own.
func pretty(t *testing.T, body []byte) string {
	t.Helper()
	o, err := jsonx.Parse(body)
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if err := jsonx.Check(body); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var out strings.Builder
	for name, v := range o.All() {
		if jsonx.KindOf(v) == jsonx.Array {
			fmt.Fprintf(&out, "%q:[\n", name)
			for e := range jsonx.Elements(v) {
				fmt.Fprintf(&out, "  %s\n", e)
			}
			out.WriteString("]\n")
			continue
		}
		fmt.Fprintf(&out, "%q:%s\n", name, v)
	}
	return out.String()
}

func report(lost []string) string {
	if len(lost) == 0 {
		return ""
	}
	return "lost: " + strings.Join(lost, ", ") + "\n"
}

func compare(t *testing.T, file string, a *txtar.Archive, got map[string]string) {
	t.Helper()
	want := make(map[string]string)
	kept := a.Files[:0]
	for _, f := range a.Files {
		if strings.HasSuffix(f.Name, ".want") {
			want[f.Name] = string(f.Data)
			continue
		}
		kept = append(kept, f)
	}
	if !*update {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		return
	}
	a.Files = kept
	for _, name := range []string{"request.want", "reply.want", "stream.want"} {
		if text, ok := got[name]; ok {
			a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
		t.Fatal(err)
	}
}
