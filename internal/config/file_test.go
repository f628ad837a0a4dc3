package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/config"
	"sluice/internal/jsonx"
)

func parse(text string, env ...string) (*config.Config, error) {
	c := config.Defaults()
	return c, c.Parse("f.yaml", []byte(text), environment(env...))
}

// TestStrict: what is not understood stops the start, at its line (R01).
func TestStrict(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "host: x\n\nprot: 1\n", `f.yaml:3: unknown key "prot" (did you mean port?)`},
		{"unknown key, near nothing", "colour: blue\n", `f.yaml:1: unknown key "colour"`},
		{"another case", "Port: 1\n", `f.yaml:1: unknown key "Port" (did you mean port?)`},
		{"a flag's spelling", "trusted-hosts: x\n", `f.yaml:1: unknown key "trusted-hosts" (did you mean trusted_hosts?)`},
		{"twice", "port: 1\nhost: x\nport: 2\n", `f.yaml:3: "port" is given twice`},
		{"twice, deeper", "providers:\n  openai: {api_key: a}\n  openai: {api_key: b}\n", `f.yaml:3: "openai" is given twice`},
		{"twice, in a config", "configs:\n  a:\n    retry: {attempts: 1}\n    retry: {attempts: 2}\n", `f.yaml:4: "retry" is given twice`},
		{"a list of settings", "- port\n", `f.yaml:1: expected names with values here`},
		{"a bare text", "port\n", `f.yaml:1: expected names with values here`},
		{"an object for a number", "port: {a: 1}\n", `f.yaml:1: expected a plain value`},
		{"objects in a list", "allowed_hosts:\n- a\n- {b: 1}\n", `f.yaml:3: expected a plain value`},
		{"no port", "host: x\nport: eighty\n", `f.yaml:2: port: "eighty" is not a port: want a number from 1 to 65535, or 0 for any free one`},
		{"an empty port", "port:\n", `f.yaml:1: port: "" is not a port: want a number from 1 to 65535, or 0 for any free one`},
		{"no size", "max_body_bytes: lots\n", `f.yaml:1: max_body_bytes: "lots" is not a size: write it like 1048576, 64KiB or 64MiB`},
		{"no time", "drain_timeout: 30\n", `f.yaml:1: drain_timeout: "30" is not a time: write it like 300ms, 5s or 2m`},
		{"providers of the wrong type", "providers: [openai]\n", `f.yaml:1: expected names with values here`},
		{"a key that stands alone", "providers:\n  openai: sk-canary\n", `f.yaml:2: expected names with values here`},
		{"unknown key of a provider", "providers:\n  openai:\n    api_keys: sk-canary\n", `f.yaml:3: unknown key "api_keys" of a provider (did you mean api_key?)`},
		{"a list of keys", "providers:\n  openai:\n    api_key: [sk-canary]\n", `f.yaml:3: expected a plain value`},
		{"unset variable", "providers:\n  openai:\n    api_key: ${NOBODY}\n", `f.yaml:3: the environment variable NOBODY is not set`},
		{"unset variable in a config", "configs:\n  a:\n    targets:\n    - api_key: ${NOBODY}\n", `f.yaml:4: the environment variable NOBODY is not set`},
		{"name of a config", "configs:\n  1st: {}\n", `f.yaml:2: "1st" cannot name a config: use letters, digits, - _ and .`},
		{"a number JSON cannot write", "configs:\n  a: {weight: 0x10}\n", `f.yaml:2: "0x10" is not a number JSON can write`},
		{"another one", "configs:\n  a: {weight: .5}\n", `f.yaml:2: ".5" is not a number JSON can write`},
		{"endless", "configs:\n  a: {weight: .inf}\n", `f.yaml:2: ".inf" is not a number JSON can write`},
		{"too deep", "default_config: " + strings.Repeat("[", 130) + strings.Repeat("]", 130), `f.yaml:1: nested too deeply`},
		{"itself inside", "configs:\n  a: &a\n    b: *a\n", "f.yaml: "},
		{"itself inside, twice", "configs:\n  a: &a\n    b: [*a, *a]\n", "f.yaml: "},
		{"millions of laughs", "configs:\n  a:\n    a: &a [x,x,x,x,x,x,x,x,x,x]\n    b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n    c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n    d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n    e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n", "f.yaml: "},
		{"no YAML", "port: [1\n", "f.yaml: "},
		{"a tab", "a:\n\tb: 1\n", "f.yaml: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.text)
			if err == nil {
				t.Fatal("it passed")
			}
			if exact := c.want != "f.yaml: "; exact && err.Error() != c.want || !strings.HasPrefix(err.Error(), "f.yaml:") || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s\nwant %s", err, c.want)
			}
			var at *config.FileError
			if errors.As(err, &at) && at.Line == 0 {
				t.Error("no line")
			}
		})
	}
}

func TestNothingInTheFile(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "{}"} {
		c, err := parse(text)
		if diff := cmp.Diff(config.Defaults(), c); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestSizesAndTimes(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "1048576": 1 << 20, "10B": 10, "64KiB": 64 << 10, "64 KiB": 64 << 10, "2MiB": 2 << 20, "1GiB": 1 << 30, "1024GiB": 1 << 40, "1099511627776": 1 << 40,
		"0": 0, "-1": 0, "": 0, "KiB": 0, "1.5MiB": 0, "64kb": 0, "64KB": 0, "64mib": 0, "1TiB": 0, "1025GiB": 0, "9223372036854775807GiB": 0, "1e6": 0, "0x10": 0,
	} {
		c, err := parse("max_body_bytes: '" + text + "'")
		if (err == nil) != (want > 0) || err == nil && c.Limits.BodyBytes != want {
			t.Errorf("%q: %d, %v; want %d", text, c.Limits.BodyBytes, err, want)
		}
	}
	for text, want := range map[string]time.Duration{
		"300ms": 300 * time.Millisecond, "5s": 5 * time.Second, "2m": 2 * time.Minute, "1h30m": 90 * time.Minute, "1.5s": 1500 * time.Millisecond,
		"0s": 0, "-1s": 0, "5": 0, "": 0, "soon": 0, "1d": 0, "9999999h": 0,
	} {
		c, err := parse("drain_timeout: '" + text + "'")
		if (err == nil) != (want > 0) || err == nil && c.Limits.Drain != want {
			t.Errorf("%q: %s, %v; want %s", text, c.Limits.Drain, err, want)
		}
	}
}

func TestOneSettingForTwoLimits(t *testing.T) {
	c, err := parse("first_byte_timeout: 7s\ntotal_timeout: 9s\n")
	if l := c.Limits; err != nil || l.FirstByte != 7*time.Second || l.FirstByteStream != 7*time.Second || l.Total != 9*time.Second || l.TotalStream != 9*time.Second {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestListsAndSwitches(t *testing.T) {
	for _, text := range []string{
		"allowed_hosts: [A.example, b.example]\ntrusted_hosts: [localhost:1, 10.0.0.0/8]\nmock: true\n",
		"allowed_hosts: ' A.example,,b.example '\ntrusted_hosts: localhost:1,10.0.0.0/8\nmock: \"1\"\n",
		`{"allowed_hosts":["A.example","b.example"],"trusted_hosts":["localhost:1","10.0.0.0/8"],"mock":true}`,
	} {
		c, err := parse(text)
		if err != nil || strings.Join(c.AllowedHosts, " ") != "a.example b.example" || c.TrustedHosts != "localhost:1,10.0.0.0/8" || !c.TrustedSet || !c.Mock {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
	if c, err := parse("trusted_hosts:\n"); err != nil || !c.TrustedSet || c.TrustedHosts != "" {
		t.Errorf("trusting nobody: %+v, %v", c, err)
	}
}

func TestKeys(t *testing.T) {
	c, err := parse("providers:\n  openai: {api_key: sk-1}\n  groq:\n    api_key: ${GROQ}\n  mistral-ai: {api_key: 'a${GROQ}'}\n", "GROQ", "gsk-1")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"openai": "sk-1", "groq": "gsk-1", "mistral-ai": "a${GROQ}"} {
		if got := c.Keys[id].Reveal(); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// TestConfigsBecomeJSON: YAML is another way to write them, not another meaning.
func TestConfigsBecomeJSON(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"numbers stay as they are written", "{a: 1, b: 1.50, c: -0, d: 12345678901234567890123, e: 1e2, f: 0.1}", `{"a":1,"b":1.50,"c":-0,"d":12345678901234567890123,"e":1e2,"f":0.1}`},
		{"texts that look like something else", `{a: "1", b: 'true', c: "null", d: "${X", e: yes, f: 2026-11-24, g: 1.2.3}`, `{"a":"1","b":"true","c":"null","d":"${X","e":"yes","f":"2026-11-24","g":"1.2.3"}`},
		{"other kinds", "{a: true, b: False, c: null, d: ~, e: [], f: {}, g: ''}", `{"a":true,"b":false,"c":null,"d":null,"e":[],"f":{},"g":""}`},
		{"nested", "\n    targets:\n    - provider: openai\n      override_params: {stop: [a, [b]]}\n    - provider: groq", `{"targets":[{"provider":"openai","override_params":{"stop":["a",["b"]]}},{"provider":"groq"}]}`},
		{"from the environment", "{api_key: '${KEY}', list: ['${KEY}'], part: 'x${KEY}'}", `{"api_key":"k\"1","list":["k\"1"],"part":"x${KEY}"}`},
		{"shared pieces", "{a: &x {b: 1}, c: *x}", `{"a":{"b":1},"c":{"b":1}}`},
		{"escapes", `{"a\n": "ü\u0001\\"}`, `{"a\n":"ü\u0001\\"}`},
		{"JSON", `{"a":[1,"x",{"b":null}]}`, `{"a":[1,"x",{"b":null}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse("configs:\n  one: "+c.yaml+"\n", "KEY", `k"1`)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got.Configs["one"])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := jsonx.Check(got.Configs["one"]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDefaultConfig(t *testing.T) {
	for text, want := range map[string]string{"default_config: prod": "prod", "default_config: {provider: openai}": `{"provider":"openai"}`} {
		if c, err := parse(text); err != nil || string(c.Default) != want {
			t.Errorf("%s: %s, %v", text, c.Default, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"port: 1", "a: &a [*a]", "{", "configs: {a: {b: ${X}}}", "? [a]\n: b", "<<: {port: 1}", "providers: {openai: {api_key: x}}", "---\nport: 1\n---\n", "configs: {a: !!binary aGk=}", "configs: {a: !!float 1}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse(text)
		if err != nil {
			return
		}
		for name, object := range c.Configs {
			if err := jsonx.Check(object); err != nil {
				t.Errorf("config %s: %s: %v", name, object, err)
			}
		}
	})
}
