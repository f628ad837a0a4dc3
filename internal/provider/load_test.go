package provider_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"sluice/internal/llm"
	"sluice/internal/provider"
)

// minimal is a file with nothing wrong; tests append to it.
const minimal = "id: acme\ntitle: Acme\nbase_url: https://api.acme.test/v1\nauth: {scheme: bearer}\n"

func load(files map[string]string) (*provider.Catalogue, error) {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return provider.Load(fsys)
}

func TestLoadIsStrict(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", minimal + "colour: red\n", `acme.yaml:5: unknown key "colour"`},
		{"unknown key below", minimal + "quirks:\n  dorp: [x]\n", `acme.yaml:6: unknown key "dorp"`},
		{"unknown key in auth", strings.Replace(minimal, "bearer}", "bearer, user: x}", 1), `acme.yaml:4: unknown key "user"`},
		{"key twice", minimal + "title: Again\n", `acme.yaml:5: mapping key "title" already defined`},
		{"not YAML", "id: [", "acme.yaml:1: "},
		{"empty", "", "acme.yaml: EOF"},
		{"wrong type", minimal + "aliases: 5\n", "acme.yaml:5: cannot unmarshal"},
		{"not the file's name", strings.Replace(minimal, "acme", "acne", 1), "acme.yaml:1: id: must be the name of the file"},
		{"bad id", strings.Replace(minimal, "id: acme", "id: Acme", 1), `acme.yaml:1: id: "Acme" does not match`},
		{"bad alias", minimal + "aliases: [ok, 'not ok']\n", `acme.yaml:5: aliases: "not ok" does not match`},
		{"no title", strings.Replace(minimal, "title: Acme\n", "", 1), "acme.yaml:1: title: is missing"},
		{"bad docs", minimal + "docs: www.acme.test\n", `acme.yaml:5: docs: "www.acme.test" is not an http(s) URL`},
		{"bad status", minimal + "status: active\n", `acme.yaml:5: status: "active" is neither legacy nor dead`},
		{"no base", strings.Replace(minimal, "base_url: https://api.acme.test/v1\n", "", 1), `acme.yaml:1: base_url: "" is not an http(s) URL`},
		{"base is no URL", strings.Replace(minimal, "https://", "https//", 1), "acme.yaml:3: base_url: "},
		{"base with a user", strings.Replace(minimal, "https://", "https://me@", 1), "acme.yaml:3: base_url: "},
		{"base ends with a slash", strings.Replace(minimal, "/v1", "/v1/", 1), "acme.yaml:3: base_url: must not end with a slash"},
		{"plain http", strings.Replace(minimal, "https", "http", 1), "acme.yaml:3: base_url: must be https unless the server is local"},
		{"base and custom host", minimal + "custom_host: required\n", "acme.yaml:3: base_url: must be empty where a custom host is required"},
		{"custom host of another kind", minimal + "custom_host: maybe\n", `acme.yaml:5: custom_host: can only be "required"`},
		{"no scheme", strings.Replace(minimal, "scheme: bearer", "env: X", 1), "acme.yaml:4: auth.scheme: is missing"},
		{"unknown scheme", strings.Replace(minimal, "bearer", "baerer", 1), `acme.yaml:4: auth.scheme: "baerer" is not a known scheme`},
		{"header without a name", strings.Replace(minimal, "bearer", "header", 1), "acme.yaml:4: auth.name: "},
		{"bearer with a name", strings.Replace(minimal, "bearer", "bearer, name: x", 1), "acme.yaml:4: auth.name: does not go with scheme bearer"},
		{"sigv4 without a service", strings.Replace(minimal, "bearer", "sigv4", 1), "acme.yaml:4: auth.service: is needed by scheme sigv4"},
		{"azure without a scope", strings.Replace(minimal, "bearer", "azure", 1), "acme.yaml:4: auth.scope: is needed by scheme azure"},
		{"iam without an address", strings.Replace(minimal, "bearer", "iam", 1), "acme.yaml:4: auth.token_url: is needed by scheme iam"},
		{"oauth in clear", strings.Replace(minimal, "bearer", "oauth, token_url: 'http://x.test/t'", 1), `acme.yaml:4: auth.token_url: "http://x.test/t" is not an https URL`},
		{"oauth with a stray variable", strings.Replace(minimal, "bearer", "oauth, token_url: 'https://{x}.test/t'", 1), "acme.yaml:4: auth.token_url: {x} is not among vars"},
		{"bearer with a scope", strings.Replace(minimal, "bearer", "bearer, scope: x", 1), "acme.yaml:4: auth.scope: does not go with scheme bearer"},
		{"hosts without a dot", strings.Replace(minimal, "bearer", "azure, scope: x, hosts: [azure.com]", 1), `acme.yaml:4: auth.hosts: "azure.com" must begin with a dot`},
		{"variable from nowhere", minimal + "relay: '/{place}'\nvars:\n  place: {header: x-p, from: a.b}\n", `acme.yaml:7: vars.place.from: "a.b" is not a member of a setting of scheme bearer`},
		{"bad env", strings.Replace(minimal, "bearer", "bearer, env: acme_key", 1), "acme.yaml:4: auth.env: "},
		{"unknown op", minimal + "ops:\n  sing: {dialect: openai, path: /sing}\n", "acme.yaml:6: ops.sing: is not an operation"},
		{"relay is no op", minimal + "ops:\n  relay: {dialect: openai, path: /x}\n", "acme.yaml:6: ops.relay: is not an operation"},
		{"op without a dialect", minimal + "ops:\n  chat: {path: /chat}\n", "acme.yaml:6: ops.chat.dialect: "},
		{"models with a dialect", minimal + "ops:\n  models: {dialect: openai, path: /m}\n", "acme.yaml:6: ops.models.dialect: "},
		{"op without a path", minimal + "ops:\n  chat: {dialect: openai}\n", `acme.yaml:6: ops.chat.path: "" is neither`},
		{"op over http", minimal + "ops:\n  chat: {dialect: openai, path: 'http://x.test/'}\n", "acme.yaml:6: ops.chat.path: "},
		{"relay with a slash too many", minimal + "relay: /v1/\n", "acme.yaml:5: relay: "},
		{"path that is none", minimal + "paths:\n  rerank: /x\n", "acme.yaml:6: paths.rerank: must be a path"},
		{"path with dots", minimal + "paths:\n  /../x: /x\n", "must be a path behind /v1"},
		{"path that says nothing", minimal + "paths:\n  /x: /x\n", "acme.yaml:6: paths./x: says what holds anyway"},
		{"variable not declared", minimal + "relay: '/{place}'\n", "acme.yaml:5: relay: {place} is not among vars"},
		{"variable not used", minimal + "vars:\n  place: {header: x-place}\n", "acme.yaml:6: vars.place: is not used"},
		{"broken braces", minimal + "relay: '/{Place}'\n", "acme.yaml:5: relay: holds a brace"},
		{"variable without a header", minimal + "relay: '/{place}'\nvars:\n  place: {kind: segment}\n", "acme.yaml:7: vars.place.header: "},
		{"variable of another kind", minimal + "relay: '/{place}'\nvars:\n  place: {header: x-p, kind: planet}\n", `acme.yaml:7: vars.place.kind: "planet"`},
		{"host without suffixes", minimal + "relay: '/{place}'\nvars:\n  place: {header: x-p, kind: host}\n", "acme.yaml:7: vars.place: a host needs suffixes"},
		{"suffix without a dot", minimal + "relay: '/{place}'\nvars:\n  place: {header: x-p, kind: host, suffixes: [acme.test]}\n", `acme.yaml:7: vars.place.suffixes: "acme.test"`},
		{"bad default", minimal + "relay: '/{place}'\nvars:\n  place: {header: x-p, default: a/b}\n", "acme.yaml:7: vars.place.default: "},
		{"bad header", minimal + "headers: ['X Y']\n", `acme.yaml:5: headers: "X Y"`},
		{"dropped and renamed", minimal + "quirks:\n  rename: {a: b}\n  drop: [a]\n", "acme.yaml:7: quirks.drop: a is already under quirks.rename"},
		{"dropped twice", minimal + "quirks:\n  drop: [a, a]\n", "acme.yaml:6: quirks.drop: a is already under quirks.drop"},
		{"one end", minimal + "quirks:\n  clamp: {a: [1]}\n", "acme.yaml:6: quirks.clamp.a: needs two ends"},
		{"ends swapped", minimal + "quirks:\n  clamp: {a: [1, 0]}\n", "acme.yaml:6: quirks.clamp.a: is an empty or an endless range"},
		{"no ends", minimal + "quirks:\n  clamp: {a: [null, null]}\n", "acme.yaml:6: quirks.clamp.a: is an empty or an endless range"},
		{"bad field", minimal + "quirks:\n  drop: [a-b]\n", `acme.yaml:6: quirks.drop: "a-b" does not match`},
		{"unknown reply quirk", minimal + "quirks:\n  reply: [odd]\n", `acme.yaml:6: quirks.reply: "odd" is not a known quirk`},
		{"the first of several", minimal + "docs: x\nstatus: y\n", "acme.yaml:5: docs: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(map[string]string{"acme.yaml": c.text})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "provider.") {
				t.Errorf("a Go type in %q", err)
			}
		})
	}
}

func TestLoadNames(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"alias of another", map[string]string{"acme.yaml": minimal, "b.yaml": strings.Replace(minimal, "id: acme", "id: b", 1) + "aliases: [acme]\n"}, `b.yaml:1: "acme" already names provider acme`},
		{"alias of itself", map[string]string{"acme.yaml": minimal + "aliases: [acme]\n"}, `acme.yaml:1: "acme" is given twice`},
		{"models of nobody", map[string]string{"acme.yaml": minimal, "models.json": `{"acne":["m"]}`}, `models.json: "acne" is not the id of a provider`},
		{"models that are none", map[string]string{"acme.yaml": minimal, "models.json": `[]`}, "models.json: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := load(c.files); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestLoadReadsEverything(t *testing.T) {
	c, err := load(map[string]string{
		"_not.yaml":   "id: [broken",
		"models.json": `{"acme":["m1","m2"]}`,
		"acme.yaml": minimal + `aliases: [a]
docs: https://acme.test/docs
status: legacy
ops:
  chat: {dialect: openai, path: "/{place}/chat"}
  models: {path: /models}
relay: /r
paths: {/x: /y}
vars:
  place: {header: x-place}
headers: [X-A]
quirks:
  rename: {b: c}
  drop: [d]
  drop_in_messages: [e]
  clamp: {f: [null, 1.5]}
  developer_role: system
  values: {g: {h: i}}
  reply: [error_in_200]
`,
	})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := c.Find("a")
	if !ok || p.ID != "acme" || p.Docs != "https://acme.test/docs" || p.Status != provider.Legacy || p.Relay != "/r" || p.Paths["/x"] != "/y" || p.Headers[0] != "X-A" || len(p.Models) != 2 {
		t.Fatalf("got %+v", p)
	}
	if e := p.Ops[llm.Chat]; e.Dialect != "openai" || e.Path != "/{place}/chat" || e.StreamPath != "" || e.ManyPath != "" || e.When != nil {
		t.Errorf("chat is %+v", e)
	}
	if v := p.Vars["place"]; v.Kind != provider.LabelVar || v.Header != "x-place" {
		t.Errorf("place is %+v", v)
	}
	q := p.Quirks
	if q.Rename[0] != (provider.Rename{From: "b", To: "c"}) || q.Drop[0] != "d" || q.DropInMessages[0] != "e" || q.Clamp[0].Min != nil || *q.Clamp[0].Max != 1.5 ||
		q.DeveloperRole != "system" || q.Values[0] != (provider.Replace{Field: "g", From: "h", To: "i"}) || q.Reply[0] != "error_in_200" {
		t.Errorf("quirks are %+v", q)
	}
}
