package app_test

import (
	"strings"
	"testing"

	"sluice/internal/app"
)

// main runs the command line in this process.
func run(args ...string) (code int, out, errout string) {
	var o, e strings.Builder
	code = app.Main(args, &o, &e)
	return code, o.String(), e.String()
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		args        string
		code        int
		out, errout string // a part of it; empty: nothing at all
	}{
		{"version", 0, "sluice " + app.Version + "\n", ""},
		{"help", 0, "usage: sluice [command] [flags]", ""},
		{"serve --help", 0, "--trusted-hosts VALUE", ""},
		{"-h", 0, "--port VALUE", ""},
		{"mock --help", 0, "", "words in the last user message"},
		{"check --help", 0, "usage: sluice check FILE", ""},
		{"sreve", 1, "", `sluice: unknown command "sreve"`},
		{"serve --nope", 1, "", "sluice: flag provided but not defined: -nope (see sluice serve --help)"},
		{"--nope", 1, "", "sluice: flag provided but not defined: -nope (see sluice serve --help)"},
		{"serve extra", 1, "", `sluice: unexpected argument "extra"`},
		{"serve --config /nowhere/sluice.yaml", 1, "", "sluice: cannot read the config file"},
		{"serve --trusted-hosts http://x", 1, "", `sluice: trusted_hosts (TRUSTED_CUSTOM_HOSTS): "http://x" is not host, host:port, CIDR or *.suffix`},
		{"mock --host 0.0.0.0", 1, "", "listens on loopback only (--host)"},
		{"mock --nope", 1, "", "flag provided but not defined: -nope"},
		{"check", 1, "", "usage: sluice check FILE"},
		{"check a b", 1, "", "usage: sluice check FILE"},
		{"check /nowhere/x", 1, "", "sluice: open /nowhere/x: no such file or directory"},
		{"providers --json", 1, "", "usage: sluice providers [ID]"},
		{"providers a b", 1, "", "usage: sluice providers [ID]"},
		{"providers opnai", 1, "", `sluice: unknown provider "opnai", did you mean openai?`},
		{"providers xyzzyxyzzy", 1, "", "sluice: unknown provider \"xyzzyxyzzy\"\n"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			code, out, errout := run(strings.Fields(c.args)...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(out, c.out) || c.out == "" && out != "" {
				t.Errorf("it says %q, want %q", out, c.out)
			}
			if !strings.Contains(errout, c.errout) || c.errout == "" && errout != "" {
				t.Errorf("it complains %q, want %q", errout, c.errout)
			}
		})
	}
}

// TestCheck tells both kinds of file apart, and says where the fault is.
func TestCheck(t *testing.T) {
	t.Setenv("GROQ", "gsk-canary")
	for _, c := range []struct {
		name, text string
		code       int
		want       string // behind "FILE"
	}{
		{"server file", "port: 8080\nmax_body_bytes: 1MiB\nproviders:\n  groq: {api_key: '${GROQ}'}\nconfigs:\n  prod: {strategy: {mode: fallback}, targets: [{provider: openai}, {provider: groq}]}\ndefault_config: prod\n", 0, ": a valid server file\n"},
		{"server file as JSON", `{"port":8080,"configs":{"a":{"provider":"openai"}}}`, 0, ": a valid server file\n"},
		{"nothing", "", 0, ": a valid server file\n"},
		{"config object", `{"provider":"openai","retry":{"attempts":2}}`, 0, ": a valid config object\n"},
		{"config object in several lines", "{\n\t\"strategy\": {\"mode\": \"loadbalance\"},\n\t\"targets\": [{\"provider\": \"openai\", \"weight\": 0.5}]\n}\n", 0, ": a valid config object\n"},
		{"unknown setting", "host: x\nprot: 1\n", 1, `:2: unknown key "prot" (did you mean port?)` + "\n"},
		{"bad value", "\nport: x\n", 1, `:2: port: "x" is not a port: want a number from 1 to 65535, or 0 for any free one` + "\n"},
		{"unset variable", "providers:\n  openai: {api_key: '${NOBODY_HAS_THIS}'}\n", 1, ":2: the environment variable NOBODY_HAS_THIS is not set\n"},
		{"no YAML", "port: [\n", 1, ": line 1: did not find expected node content\n"},
		{"unknown provider", "providers:\n  opnai: {api_key: sk-canary}\n", 1, `: providers: unknown provider "opnai" (did you mean openai?)` + "\n"},
		{"trusted hosts", "trusted_hosts: ['http://x']\n", 1, `: trusted_hosts (TRUSTED_CUSTOM_HOSTS): "http://x" is not host, host:port, CIDR or *.suffix` + "\n"},
		{"a stored config", "configs:\n  prod: {provider: openai, retry: {attempts: -1}}\n", 1, ": config \"prod\": Invalid config passed\n  path: retry,attempts, message: attempts is a whole number from 0 to 5\n"},
		{"unknown key in a stored config", "configs:\n  prod: {provider: openai, wieght: 1}\n", 1, ": config \"prod\": Invalid config passed\n  config: unknown key \"wieght\"\n"},
		{"default config", "default_config: {provider: opnai}\n", 1, ": default_config: Invalid config passed\n  path: provider, message: Invalid 'provider' value: did you mean openai?\n"},
		{"default config of no name", "default_config: prod\n", 1, `: default_config: no config is named "prod"` + "\n"},
		{"faults of a config object", `{"provider":"openai","weight":"x","retry":{}}`, 1, ": Invalid config passed\n  path: weight, message: Expected number, received string\n  path: retry,attempts, message: Required\n"},
		{"unknown key of a config object", `{"provider":"openai","api_keys":"sk-canary"}`, 1, ": Invalid config passed\n  config: unknown key \"api_keys\"\n"},
		{"cut config object", `{"provider":"openai"`, 1, ": Invalid config passed. You need to pass a valid json\n  unexpected end at byte 20\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, "f.yaml", c.text)
			code, out, errout := run("check", path)
			got, want := errout, "sluice: "+path+c.want
			if c.code == 0 {
				got, want = out, path+c.want
			}
			if code != c.code || got != want || out != "" && errout != "" {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s", code, out, errout, c.code, want)
			}
			if strings.Contains(out+errout, "canary") {
				t.Error("a key was printed")
			}
		})
	}
}

func TestProviders(t *testing.T) {
	code, out, errout := run("providers")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || errout != "" || len(lines) < 100 || !strings.Contains(out, "\nopenai ") || !strings.Contains(out, "\ngroq ") {
		t.Errorf("exit code %d, %d lines, %q", code, len(lines), errout)
	}
	for _, name := range []string{"openai", "open-ai"} {
		code, out, errout = run("providers", name)
		for _, want := range []string{"id", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "chat, complete, embed, models, relay", "OpenAI-Organization"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, out)
			}
		}
		if code != 0 || errout != "" {
			t.Errorf("exit code %d, %q", code, errout)
		}
	}
	if _, out, _ = run("providers", "azure-openai"); !strings.Contains(out, "resource_name (header x-portkey-azure-resource-name)") {
		t.Errorf("what it needs is missing in\n%s", out)
	}
}
