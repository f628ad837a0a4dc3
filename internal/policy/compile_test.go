package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

// TestRefusals are the validator's messages in their order (contract, §2.2):
// each source has the fault of its row and, where that can be, those of the
// rows below it.
func TestRefusals(t *testing.T) {
	const ok = `{"provider":"acme"}`
	for _, c := range []struct {
		name    string
		src     policy.Source
		kind    llm.Kind
		message string
		param   string
	}{
		{
			"nothing at all",
			policy.Source{Forward: "x-portkey-forward-headers", CustomHost: "ftp://x"},
			llm.InvalidRequest,
			"Either x-portkey-config or x-portkey-provider header is required", "x-portkey-provider",
		},
		{
			"unknown provider",
			policy.Source{Provider: "nope", CustomHost: "ftp://x", Config: "{"},
			llm.InvalidRequest,
			"Invalid provider passed", "x-portkey-provider",
		},
		{
			"custom host",
			policy.Source{Provider: "acme", CustomHost: "ftp://x", Config: "{"},
			llm.Forbidden,
			"Invalid custom host", "x-portkey-custom-host",
		},
		{
			"custom host on a private network",
			policy.Source{Provider: "acme", CustomHost: "http://10.0.0.1", Config: "{"},
			llm.Forbidden,
			"Invalid custom host", "x-portkey-custom-host",
		},
		{
			"a vendor's own address header",
			policy.Source{Provider: "homed", Header: headers("x-portkey-homed-base-url", "http://169.254.169.254"), Config: "{"},
			llm.Forbidden,
			"Invalid custom host", "x-portkey-custom-host",
		},
		{
			"config not JSON",
			policy.Source{Provider: "acme", Config: `{"provider":`, Forward: "x-portkey-forward-headers"},
			llm.InvalidConfig,
			"Invalid config passed. You need to pass a valid json", "x-portkey-config",
		},
		{
			"config with a name twice",
			policy.Source{Config: `{"provider":"acme","provider":"beta"}`},
			llm.InvalidConfig,
			"Invalid config passed. You need to pass a valid json", "x-portkey-config",
		},
		{
			"the id of a saved config",
			policy.Source{Config: "pc-prod-1a2b"},
			llm.InvalidConfig,
			"Invalid config passed. You need to pass a valid json", "x-portkey-config",
		},
		{
			"config of blanks",
			policy.Source{Config: "  "},
			llm.InvalidConfig,
			"Invalid config passed. You need to pass a valid json", "x-portkey-config",
		},
		{
			"nobody to send it to",
			policy.Source{Config: `{"retry":{"attempts":"x"}}`},
			llm.InvalidRequest,
			"Either x-portkey-provider needs to be passed. Or the x-portkey-config header should have a valid config with provider details in it.", "x-portkey-config",
		},
		{
			"schema",
			policy.Source{Config: `{"provider":"acme","weight":"heavy","options":[]}`, Forward: "x-portkey-forward-headers"},
			llm.InvalidConfig,
			"Invalid config passed", "x-portkey-config",
		},
		{
			"old format",
			policy.Source{Config: `{"provider":"acme","options":[{}],"mode":"single"}`, Forward: "x-portkey-forward-headers"},
			llm.InvalidConfig,
			"This version of config is not supported in this route. Please migrate to the latest version", "x-portkey-config",
		},
		{
			"forwarding itself",
			policy.Source{Config: ok, Forward: "accept, X-Portkey-Forward-Headers"},
			llm.InvalidRequest,
			"forward_headers must not contain the 'x-portkey-forward-headers' header", "x-portkey-forward-headers",
		},
		{
			"timeout not a number",
			policy.Source{Config: ok, Timeout: "soon"},
			llm.InvalidRequest,
			"x-portkey-request-timeout must be a whole number of milliseconds from 1 to 3600000", "x-portkey-request-timeout",
		},
		{
			"timeout of nothing",
			policy.Source{Config: ok, Timeout: "0"},
			llm.InvalidRequest,
			"x-portkey-request-timeout must be a whole number of milliseconds from 1 to 3600000", "x-portkey-request-timeout",
		},
		{
			"timeout over an hour",
			policy.Source{Config: ok, Timeout: "3600001"},
			llm.InvalidRequest,
			"x-portkey-request-timeout must be a whole number of milliseconds from 1 to 3600000", "x-portkey-request-timeout",
		},
		{
			"router without conditions",
			policy.Source{Config: `{"strategy":{"mode":"conditional","default":"a"},"targets":[{"name":"a","provider":"acme"}]}`},
			llm.InvalidRequest,
			"No conditions passed in the query router", "strategy",
		},
		{
			"router with an operator of its own",
			policy.Source{Config: `{"strategy":{"mode":"conditional","conditions":[{"query":{"metadata.a":{"$like":1}},"then":"a"}]},"targets":[{"name":"a","provider":"acme"}]}`},
			llm.InvalidRequest,
			"Unsupported operator used in the query router: $like", "strategy",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, err := newCompiler(t).Compile(c.src)
			if plan != nil {
				t.Error("a plan came back")
			}
			e := asError(t, err)
			if e.Message != c.message || e.Kind != c.kind || e.Param != c.param || e.Status != 400 {
				t.Errorf("%d kind %d, param %s: %s\nwant 400 kind %d, param %s: %s", e.Status, e.Kind, e.Param, e.Message, c.kind, c.param, c.message)
			}
		})
	}
}

func TestRouterErrorsOfARequest(t *testing.T) {
	const config = `{"strategy":{"mode":"conditional","conditions":[{"query":{"metadata.plan":"paid"},"then":"gone"}]},"targets":[{"name":"a","provider":"acme"}]}`
	root := compile(t, config).Root.(*policy.Conditional)
	for plan, want := range map[string]string{
		"free": "Query router did not resolve to any valid target",
		"paid": "Invalid target name found in the query router: gone",
	} {
		n, err := root.Choose(&policy.Env{Metadata: map[string]string{"plan": plan}})
		if e := asError(t, err); n != nil || e.Message != want || e.Status != 400 || e.Kind != llm.InvalidRequest {
			t.Errorf("%s: %v, want %s", plan, e, want)
		}
	}
}

func TestConditionalChooses(t *testing.T) {
	root := compile(t, `{"strategy":{"mode":"conditional","default":"c","conditions":[
		{"query":{"params.model":"x"},"then":"b"},{"query":{"params.stream":true},"then":"a"}]},
		"targets":[{"name":"a","provider":"acme"},{"name":"b","provider":"beta"},{"name":"c","strategy":{"mode":"fallback"},"targets":[{"provider":"open"}]},{"name":"a","provider":"beta"}]}`).Root.(*policy.Conditional)
	for body, want := range map[string]int{
		`{"model":"x","stream":true}`: 1, // the first that matches wins
		`{"model":"y","stream":true}`: 0, // and the first of a name
		`{"model":"y"}`:               2,
	} {
		if n, err := root.Choose(&policy.Env{Params: []byte(body)}); err != nil || n != root.Targets[want] {
			t.Errorf("%s: chose %v, %v; want target %d", body, n, err, want)
		}
	}
}

func TestProviderHeaderAlone(t *testing.T) {
	plan := compileFrom(t, policy.Source{
		Provider: "acme-ai", CustomHost: "http://localhost:9000/v1/", Timeout: " 1500 ", Strict: "false",
		Forward: " x-team,,X-Trace ", Header: headers("x-portkey-acme-project", "p1", "x-portkey-cloud-resource", "not ours"),
	})
	got := plan.Root.(*policy.Target)
	if got.Path != "config" || got.Provider.ID != "acme" || got.CustomHost != "http://localhost:9000/v1" || !got.Private || got.Timeout != 1500*time.Millisecond || got.Strict || !got.CallerKey {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"X-Team", "X-Trace"}, got.Forward); diff != "" {
		t.Errorf("forward (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"acme_project": "p1"}, got.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestHeaderProviderFillsIn(t *testing.T) {
	plan := compileFrom(t, policy.Source{
		Provider: "cloud", Config: `{"strategy":{"mode":"fallback"},"targets":[{"override_params":{"model":"m"}},{"provider":"beta","api_key":"k"}]}`,
		Header: headers("x-portkey-cloud-resource", "mine"),
	})
	got := targets(plan.Root)
	if first := got["config.targets[0]"]; first.Provider.ID != "cloud" || first.Fields["resource"] != "mine" {
		t.Errorf("the target without a provider is for %s with %v", first.Provider.ID, first.Fields)
	}
	if second := got["config.targets[1]"]; second.Provider.ID != "beta" || len(second.Fields) != 0 {
		t.Errorf("the other is for %s with %v", second.Provider.ID, second.Fields)
	}
}

func TestDefaultAndStoredConfigs(t *testing.T) {
	c := newCompiler(t)
	c.Default = []byte(`{"provider":"beta"}`)
	c.Named = map[string][]byte{"prod": []byte(`{"provider":"acme","request_timeout":5}`)}
	for _, row := range []struct {
		name string
		src  policy.Source
		want string
	}{
		{"nothing is named", policy.Source{}, "beta"},
		{"a stored config", policy.Source{Config: "prod"}, "acme"},
		{"a config of its own", policy.Source{Config: `{"provider":"open"}`}, "open"},
		{"a provider of its own", policy.Source{Provider: "open"}, "open"},
	} {
		plan, err := c.Compile(row.src)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
		} else if id := plan.Root.(*policy.Target).Provider.ID; id != row.want {
			t.Errorf("%s: went to %s, want %s", row.name, id, row.want)
		}
	}
	if _, err := c.Compile(policy.Source{Config: "test"}); err == nil || !strings.Contains(asError(t, err).Details[0], "no config of that name") {
		t.Errorf("a name nobody stored: %v", err)
	}
}

// TestCheck is strict where a request is not (R50).
func TestCheck(t *testing.T) {
	c := newCompiler(t)
	long := `{"provider":"acme","override_params":{"x":"` + strings.Repeat("a", 49<<10) + `"}}`
	for _, row := range []struct{ name, config, want string }{
		{"valid", `{"provider":"acme","acme_project":"p"}`, ""},
		{"larger than a header may be", long, ""},
		{"too large", strings.Replace(long, "aaa", strings.Repeat("a", 256<<10), 1), "path: , message: the config is larger than 256 KiB"},
		{"unknown key", `{"strategy":{"mode":"fallback"},"targets":[{"provider":"acme","wieght":1}]}`, `config.targets[0]: unknown key "wieght"`},
		{"key of another vendor", `{"provider":"beta","acme_project":"p"}`, `config: unknown key "acme_project"`},
		{"in a strategy", `{"strategy":{"mode":"fallback","codes":[1]},"targets":[{"provider":"acme"}]}`, `config.strategy: unknown key "codes"`},
		{"in a retry", `{"provider":"acme","retry":{"attempts":1,"wait":2}}`, `config.retry: unknown key "wait"`},
		{"beside targets", `{"strategy":{"mode":"fallback"},"resource":"x","targets":[{"provider":"acme"}]}`, `config: unknown key "resource"`},
		{"invalid", `{"provider":"acme","retry":{}}`, "path: retry,attempts, message: Required"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := c.Check([]byte(row.config))
			if row.want == "" {
				if err != nil {
					t.Fatalf("%v %q", err, asError(t, err).Details)
				}
				return
			}
			if diff := cmp.Diff([]string{row.want}, asError(t, err).Details); diff != "" {
				t.Errorf("details (-want +got):\n%s", diff)
			}
		})
	}
	plan, err := c.Compile(policy.Source{Config: `{"provider":"acme","wieght":1}`})
	if err != nil || cmp.Diff([]string{`config: unknown key "wieght"`}, plan.Warnings) != "" {
		t.Errorf("the same in a request: %v, %q", err, plan.Warnings)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{"provider":"acme","api_key":"k","retry":{"attempts":3,"on_status_codes":[429]}}`,
		`{"strategy":{"mode":"loadbalance"},"targets":[{"provider":"acme","weight":0.5},{"provider":"beta","weight":"0.5"}]}`,
		`{"strategy":{"mode":"conditional","conditions":[{"query":{"$or":[{"params.a.b":{"$regex":"^x"}},{"metadata.u":{"$in":["1"]}}]},"then":"a"}],"default":"a"},"targets":[{"name":"a","provider":"open"}]}`,
		`{"strategy":{"mode":"fallback","onStatusCodes":[500]},"customHost":"http://localhost:1","targets":[{"targets":[{"provider":"homed","homed_base_url":"https://x.example"}]}]}`,
		`{"targets":[null,5,"x",[]]}`, `null`, `[]`, `{}`, `pc-1`, `{"targets":`, "\xff", `{"provider":"cloud","resource":"a"}`,
		`{"mode":"single","options":[{"provider":"acme"}]}`, `{"strategy":{},"targets":{}}`, `{"strategy":{"mode":"single"},"targets":[{"strategy":null,"targets":[]}]}`,
	} {
		f.Add(seed, "")
		f.Add(seed, "acme")
	}
	c := newCompiler(f)
	f.Fuzz(func(t *testing.T, config, vendor string) {
		plan, err := c.Compile(policy.Source{Config: config, Provider: vendor})
		switch {
		case (plan == nil) == (err == nil):
			t.Fatalf("plan %v, error %v", plan, err)
		case err != nil:
			if e := asError(t, err); e.Status != 400 || e.Message == "" {
				t.Errorf("status %d: %q", e.Status, e.Message)
			}
		default:
			for path, target := range targets(plan.Root) {
				if target.Provider == nil || target.Retry.Attempts < 0 || target.Retry.Attempts > 5 {
					t.Errorf("%s: %+v", path, target)
				}
			}
		}
	})
}
