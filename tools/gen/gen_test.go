package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/providers"
)

const root = "../.."

func TestCommittedFilesAreUpToDate(t *testing.T) {
	files, err := generate(root, providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Errorf("%v: run go run ./tools/gen", err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s differs, run go run ./tools/gen:\n%s", name, diff)
		}
	}
	committed, err := filepath.Glob(filepath.Join(root, pages, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range committed {
		if _, ok := files[pages+"/"+filepath.Base(path)]; !ok {
			t.Errorf("%s belongs to no provider, run go run ./tools/gen", path)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, pages, "gone.md")
	if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{old: "old", filepath.Join(dir, "README.md"): "a\n<!-- providers:begin -->\nstale text\n<!-- providers:end -->\nz\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the page of a provider that is gone is still there")
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(readme)
	if !strings.HasPrefix(text, "a\n<!-- providers:begin -->\n| id |") || !strings.HasSuffix(text, "|\n<!-- providers:end -->\nz\n") || strings.Contains(text, "stale text") {
		t.Errorf("README.md became %.200s", text)
	}
	if !strings.Contains(text, "| [groq](docs/providers/groq.md) | Groq | yes |  |  |  |  |  | yes | relayed |") {
		t.Error("groq is not in README.md")
	}
}

func TestReadmeWithoutMarkersIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"nothing", "<!-- providers:begin -->", "<!-- providers:end --><!-- providers:begin -->"} {
		if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files, err := generate(dir, providers.FS)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := files["README.md"]; ok {
			t.Errorf("%q was filled in", text)
		}
	}
}

func TestPageRepeatsTheReasons(t *testing.T) {
	files, err := generate(t.TempDir(), providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"groq.md":         {"# Groq\n", "`GROQ_API_KEY`", "x-portkey-provider: groq", "left out: `logit_bias`, `logprobs`, `top_logprobs`: answered 400", "https://console.groq.com/docs/openai"},
		"mistral-ai.md":   {"`seed` is sent as `random_seed`: Mistral's name", "`temperature` is kept between 0 and 1.5", "`tool_choice` `required` is sent as `any`", "| `/v1/batches` | `https://api.mistral.ai/v1/batch/jobs` | relayed |"},
		"azure-openai.md": {"x-portkey-azure-resource-name: YOUR-RESOURCE-NAME", "sent as `api-key: <key>`", "| `x-portkey-azure-deployment-id` | `deployment_id` | required |"},
		"bedrock.md":      {"requests are signed (AWS Signature Version 4, service `bedrock`)", "x-portkey-aws-secret-access-key", "own_credentials"},
		"ollama.md":       {"none of its own; give it with `x-portkey-custom-host`"},
		"anyscale.md":     {"**Closed**"},
	} {
		for _, want := range wants {
			if !strings.Contains(files[pages+"/"+name], want) {
				t.Errorf("%s does not say %q:\n%s", name, want, files[pages+"/"+name])
			}
		}
	}
}
