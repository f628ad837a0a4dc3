package responses_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect/responses"
	"sluice/internal/jsonx"
)

// TestReplay judges L8 on the fixtures: an answer put behind its prompt is a
// prompt, and its items go back as they came.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := make(map[string][]byte)
		for _, f := range a.Files {
			parts[f.Name] = f.Data
		}
		if parts["request.json"] == nil || parts["reply.json"] == nil {
			continue
		}
		judged++
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { replay(t, parts) })
	}
	if judged == 0 {
		t.Error("no fixture has a request and a reply")
	}
}

func replay(t *testing.T, parts map[string][]byte) {
	t.Helper()
	chat := responses.Dialect.Chat
	p, err := chat.DecodeRequest(parts["request.json"])
	if err != nil {
		t.Fatal(err)
	}
	r, err := chat.DecodeReply(parts["reply.json"])
	if err != nil {
		t.Fatal(err)
	}
	before := len(p.Messages)
	if p.Slot {
		before--
	}
	p.Messages = append(p.Messages, r.Choices[0].Messages...)
	body, lost, err := chat.EncodeRequest(p)
	if err != nil || len(lost) > 0 {
		t.Fatalf("%v, lost %q", err, lost)
	}
	var sent, said []any
	for v := range jsonx.Elements(jsonx.At(body, "input")) {
		sent = append(sent, plain(t, v))
	}
	for v := range jsonx.Elements(jsonx.At(jsonx.Value(parts["reply.json"]), "output")) {
		said = append(said, plain(t, v))
	}
	if len(sent) < before {
		t.Fatalf("%d items of %d are left", len(sent), before)
	}
	if diff := cmp.Diff(said, sent[before:], cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-came +sent)\n%s", diff)
	}
}

// plain is a value without empty lists, which say the same as nothing.
func plain(t *testing.T, v jsonx.Value) any {
	t.Helper()
	var all any
	if err := jsonx.Unmarshal(v, &all); err != nil {
		t.Fatal(err)
	}
	return prune(all)
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if list, ok := member.([]any); ok && len(list) == 0 {
				delete(v, name)
				continue
			}
			v[name] = prune(member)
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
	}
	return v
}
