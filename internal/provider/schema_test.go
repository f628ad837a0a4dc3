package provider_test

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"sluice/internal/provider"
	"sluice/providers"
)

const folder = "../../providers/"

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile(folder + "schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaTakesEveryFile(t *testing.T) {
	s := schema(t)
	files, err := fs.Glob(providers.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := fs.ReadFile(providers.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(s, string(raw)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the schema refuses, Load must refuse too: editors and the gateway shall
// agree.
func TestSchemaAgreesWithLoad(t *testing.T) {
	s := schema(t)
	if err := validate(s, minimal); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"unknown key":           minimal + "colour: red\n",
		"bad id":                strings.Replace(minimal, "id: acme", "id: Acme", 1),
		"no title":              strings.Replace(minimal, "title: Acme\n", "", 1),
		"no base":               strings.Replace(minimal, "base_url: https://api.acme.test/v1\n", "", 1),
		"base and custom host":  minimal + "custom_host: required\n",
		"slash at the end":      strings.Replace(minimal, "/v1", "/v1/", 1),
		"unknown scheme":        strings.Replace(minimal, "bearer", "baerer", 1),
		"header without a name": strings.Replace(minimal, "bearer", "header", 1),
		"bearer with a name":    strings.Replace(minimal, "bearer", "bearer, name: x", 1),
		"unknown op":            minimal + "ops:\n  sing: {dialect: openai, path: /sing}\n",
		"op without a dialect":  minimal + "ops:\n  chat: {path: /chat}\n",
		"models with a dialect": minimal + "ops:\n  models: {dialect: openai, path: /m}\n",
		"host without suffixes": minimal + "relay: '/{place}'\nvars:\n  place: {header: x-p, kind: host}\n",
		"unknown reply quirk":   minimal + "quirks:\n  reply: [odd]\n",
		"one end":               minimal + "quirks:\n  clamp: {a: [1]}\n",
	} {
		if validate(s, text) == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
		if _, err := load(map[string]string{"acme.yaml": text}); err == nil {
			t.Errorf("%s: Load accepts it", name)
		}
	}
}

func TestSchemaKnowsEveryReplyQuirk(t *testing.T) {
	s := schema(t)
	for name := range provider.ReplyQuirks {
		if err := validate(s, minimal+"quirks:\n  reply: ["+name+"]\n"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTemplateIsAProvider(t *testing.T) {
	raw, err := os.ReadFile(folder + "_template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(schema(t), string(raw)); err != nil {
		t.Error(err)
	}
	if _, err := load(map[string]string{"example.yaml": string(raw)}); err != nil {
		t.Error(err)
	}
}

func validate(s *jsonschema.Schema, text string) error {
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return err
	}
	return s.Validate(v)
}
