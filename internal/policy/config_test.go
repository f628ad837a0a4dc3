package policy_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

// TestSchema is the config's schema, key by key (contract, §3.1): which values
// are refused, at which path and with which text.
func TestSchema(t *testing.T) {
	in := func(members string) string { return `{"provider":"acme",` + members + `}` }
	under := func(strategy, targets string) string {
		return `{"strategy":` + strategy + `,"targets":` + targets + `}`
	}
	const acme = `[{"provider":"acme"}]`
	const nothing = "Invalid configuration. It must have either 'provider' and 'api_key', or 'strategy' and 'targets', or 'cache', or 'retry', or 'request_timeout'"
	for _, c := range []struct {
		name, config string
		want         []string
	}{
		{"null", `null`, []string{"path: , message: Expected object, received null"}},
		{"array", `[]`, []string{"path: , message: Expected object, received array"}},
		{"number", `5`, []string{"path: , message: Expected object, received number"}},

		{"provider of the wrong type", `{"provider":5}`, []string{"path: provider, message: Expected string, received number"}},
		{"provider nobody knows", `{"provider":"acmee"}`, []string{"path: provider, message: Invalid 'provider' value: did you mean acme?"}},
		{"key", in(`"api_key":5`), []string{"path: api_key, message: Expected string, received number"}},
		{"key with a line end", in(`"api_key":"a\nb"`), []string{"path: api_key, message: control characters are not allowed"}},
		{"name", under(`{"mode":"single"}`, `[{"provider":"acme","name":{}}]`), []string{"path: targets,0,name, message: Expected string, received object"}},

		{"weight", under(`{"mode":"loadbalance"}`, `[{"provider":"acme"},{"provider":"acme","weight":true}]`), []string{"path: targets,1,weight, message: Expected number, received boolean"}},
		{"weight in words", in(`"weight":"much"`), []string{"path: weight, message: Expected number, received string"}},
		{"negative weight", in(`"weight":-0.1`), []string{"path: weight, message: a weight is a finite number, 0 or more"}},
		{"endless weight", in(`"weight":1e400`), []string{"path: weight, message: a weight is a finite number, 0 or more"}},
		{"endless weight as text", in(`"weight":"Inf"`), []string{"path: weight, message: a weight is a finite number, 0 or more"}},
		{"no weight is a number", in(`"weight":"NaN"`), []string{"path: weight, message: a weight is a finite number, 0 or more"}},
		{"all weights 0", under(`{"mode":"loadbalance"}`, `[{"provider":"acme","weight":0},{"provider":"acme","weight":0}]`), []string{"path: targets, message: at least one weight must be more than 0"}},

		{"retry", in(`"retry":true`), []string{"path: retry, message: Expected object, received boolean"}},
		{"retry without attempts", in(`"retry":{}`), []string{"path: retry,attempts, message: Required"}},
		{"attempts as text", in(`"retry":{"attempts":"3"}`), []string{"path: retry,attempts, message: Expected number, received string"}},
		{"negative attempts", in(`"retry":{"attempts":-1}`), []string{"path: retry,attempts, message: attempts is a whole number from 0 to 5"}},
		{"half attempts", in(`"retry":{"attempts":1.5}`), []string{"path: retry,attempts, message: attempts is a whole number from 0 to 5"}},
		{"retry codes", in(`"retry":{"attempts":1,"on_status_codes":429}`), []string{"path: retry,on_status_codes, message: Expected array, received number"}},
		{"one retry code", in(`"retry":{"attempts":1,"on_status_codes":[429,"500",99,1000,4.5]}`), []string{
			"path: retry,on_status_codes,1, message: Expected number, received string",
			"path: retry,on_status_codes,2, message: a status code is a whole number from 100 to 999",
			"path: retry,on_status_codes,3, message: a status code is a whole number from 100 to 999",
			"path: retry,on_status_codes,4, message: a status code is a whole number from 100 to 999",
		}},
		{"use of retry-after", in(`"retry":{"attempts":1,"use_retry_after_header":"yes"}`), []string{"path: retry,use_retry_after_header, message: Expected boolean, received string"}},

		{"timeout", in(`"request_timeout":"5"`), []string{"path: request_timeout, message: Expected number, received string"}},
		{"timeout 0", in(`"request_timeout":0`), []string{"path: request_timeout, message: request_timeout is a whole number of milliseconds from 1 to 3600000"}},
		{"half a timeout", in(`"request_timeout":1.5`), []string{"path: request_timeout, message: request_timeout is a whole number of milliseconds from 1 to 3600000"}},
		{"timeout over an hour", in(`"request_timeout":3600001`), []string{"path: request_timeout, message: request_timeout is a whole number of milliseconds from 1 to 3600000"}},

		{"custom host of the wrong type", in(`"custom_host":5`), []string{"path: custom_host, message: Expected string, received number"}},
		{"forward_headers", in(`"forward_headers":"a"`), []string{"path: forward_headers, message: Expected array, received string"}},
		{"one of forward_headers", in(`"forward_headers":["a",5]`), []string{"path: forward_headers,1, message: Expected string, received number"}},
		{"forwarding itself", in(`"forward_headers":["x-Portkey-forward-headers"]`), []string{"path: forward_headers, message: forward_headers must not contain the 'x-portkey-forward-headers' header"}},
		{"overrides", in(`"override_params":[]`), []string{"path: override_params, message: Expected object, received array"}},
		{"strict", in(`"strict_open_ai_compliance":"false"`), []string{"path: strict_open_ai_compliance, message: Expected boolean, received string"}},
		{"codes that mean nothing here", in(`"on_status_codes":{}`), []string{"path: on_status_codes, message: Expected array, received object"}},
		{"cache", in(`"cache":5`), []string{"path: cache, message: Expected object, received number"}},
		{"cache in short", in(`"cache":"fast"`), []string{"path: cache,mode, message: Invalid 'mode' value. Must be one of: simple, semantic"}},
		{"cache mode", in(`"cache":{"mode":"fast"}`), []string{"path: cache,mode, message: Invalid 'mode' value. Must be one of: simple, semantic"}},
		{"a guardrail", in(`"input_guardrails":[{"default.regexMatch":{}}]`), []string{"path: input_guardrails, message: guardrails are not available in this version"}},

		{"targets", `{"strategy":{"mode":"fallback"},"targets":{}}`, []string{"path: targets, message: Expected array, received object"}},
		{"no targets", `{"provider":"acme","strategy":{"mode":"fallback"}}`, []string{"path: targets, message: Required"}},
		{"empty targets", under(`{"mode":"fallback"}`, `[]`), []string{"path: targets, message: there must be at least one target"}},
		{"empty targets without a strategy", `{"targets":[]}`, []string{"path: targets, message: there must be at least one target"}},
		{"targets of the wrong type", under(`{"mode":"single"}`, `[5,{"provider":"acme"},null]`), []string{
			"path: targets,0, message: Expected object, received number", "path: targets,2, message: Expected object, received null",
		}},
		{"a target for nobody", under(`{"mode":"single"}`, `[{}]`), []string{"path: targets,0, message: " + nothing}},

		{"strategy", `{"strategy":"fallback","targets":[{"provider":"acme"}]}`, []string{"path: strategy, message: Expected object, received string"}},
		{"strategy without a mode", under(`{}`, acme), []string{"path: strategy,mode, message: Required"}},
		{"unknown mode", under(`{"mode":"random"}`, acme), []string{"path: strategy,mode, message: Invalid 'mode' value. Must be one of: single, loadbalance, fallback, conditional"}},
		{"fallback codes", under(`{"mode":"fallback","on_status_codes":"429"}`, acme), []string{"path: strategy,on_status_codes, message: Expected array, received string"}},
		{"default target", under(`{"mode":"conditional","default":1,"conditions":[{"query":{},"then":"a"}]}`, acme), []string{"path: strategy,default, message: Expected string, received number"}},
		{"condition without a target", under(`{"mode":"conditional","conditions":[{"query":{"metadata.a":1}}]}`, acme), []string{"path: strategy,conditions,0,then, message: Required"}},
		{"condition without a query", under(`{"mode":"conditional","conditions":[{"then":"a"}]}`, acme), []string{"path: strategy,conditions,0,query, message: Expected an object of conditions"}},

		{"what a vendor needs", `{"provider":"cloud"}`, []string{"path: , message: 'resource' are required for 'cloud' provider"}},
		{"twice, in two spellings", in(`"api_key":"a","apiKey":"b"`), []string{"path: apiKey, message: given twice, in two spellings"}},
		{"all at once", in(`"weight":[],"retry":{"attempts":null},"request_timeout":"x"`), []string{
			"path: weight, message: Expected number, received array",
			"path: retry,attempts, message: Expected number, received null",
			"path: request_timeout, message: Expected number, received string",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newCompiler(t).Compile(policy.Source{Config: c.config})
			e := asError(t, err)
			if diff := cmp.Diff(c.want, e.Details); diff != "" {
				t.Errorf("details (-want +got):\n%s", diff)
			}
			if e.Message != "Invalid config passed" || e.Kind != llm.InvalidConfig {
				t.Errorf("kind %d: %s", e.Kind, e.Message)
			}
		})
	}
}

func TestRefusedDestinationInAConfig(t *testing.T) {
	for _, config := range []string{
		`{"strategy":{"mode":"fallback"},"targets":[{"provider":"acme"},{"provider":"acme","custom_host":"http://192.168.1.1/v1"}]}`,
		`{"strategy":{"mode":"fallback"},"targets":[{"provider":"acme"},{"provider":"acme","customHost":"http://user@localhost"}]}`,
		`{"strategy":{"mode":"fallback"},"targets":[{"provider":"acme"},{"provider":"acme","custom_host":""}]}`,
		`{"strategy":{"mode":"fallback"},"targets":[{"provider":"acme"},{"provider":"homed","homed_base_url":"http://[::ffff:127.0.0.1]"}]}`,
	} {
		_, err := newCompiler(t).Compile(policy.Source{Config: config})
		e := asError(t, err)
		if e.Kind != llm.Forbidden || len(e.Details) != 1 || !strings.HasPrefix(e.Details[0], "path: targets,1,") || !strings.HasSuffix(e.Details[0], "message: Invalid custom host") {
			t.Errorf("%s: kind %d %q", config, e.Kind, e.Details)
		}
	}
}

func TestLimits(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`{"strategy":{"mode":"fallback"},"targets":[`, n) + `{"provider":"acme"}` + strings.Repeat("]}", n)
	}
	many := func(n int) string {
		return `{"strategy":{"mode":"fallback"},"targets":[` + strings.Repeat(`{"provider":"acme"},`, n-1) + `{"provider":"acme"}]}`
	}
	sized := func(n int) string {
		const frame = `{"provider":"acme","api_key":""}`
		return strings.Replace(frame, `""`, `"`+strings.Repeat("k", n-len(frame))+`"`, 1)
	}
	for _, c := range []struct{ name, config, want string }{
		{"8 levels", nested(8), ""},
		{"9 levels", nested(9), "path: targets" + strings.Repeat(",0,targets", 8) + ", message: more than 8 levels of targets"},
		{"128 targets", many(128), ""},
		{"129 targets", many(129), "path: targets, message: more than 128 targets"},
		{"128 targets in two places", `{"strategy":{"mode":"fallback"},"targets":[` + many(63) + "," + many(63) + `]}`, ""},
		{"130 targets in two places", `{"strategy":{"mode":"fallback"},"targets":[` + many(64) + "," + many(64) + `]}`, "path: targets,1,targets, message: more than 128 targets"},
		{"48 KiB", sized(48 << 10), ""},
		{"a byte more", sized(48<<10 + 1), "path: , message: the config is larger than 48 KiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newCompiler(t).Compile(policy.Source{Config: c.config})
			if c.want == "" {
				if err != nil {
					t.Fatalf("%v %q", err, asError(t, err).Details)
				}
				return
			}
			if details := asError(t, err).Details; len(details) == 0 || details[0] != c.want {
				t.Errorf("details %.200q, want %q", details, c.want)
			}
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	_, err := newCompiler(t).Compile(policy.Source{Config: `{"targets":[` + strings.Repeat("1,", 100) + `1]}`})
	if n := len(asError(t, err).Details); n != 20 {
		t.Errorf("%d problems are told, want the first 20", n)
	}
}

func TestRetrySettings(t *testing.T) {
	byDefault := policy.CodesOf(429, 500, 502, 503, 504)
	for _, c := range []struct {
		retry string
		want  policy.Retry
	}{
		{`{"attempts":0}`, policy.Retry{On: byDefault}},
		{`{"attempts":3}`, policy.Retry{Attempts: 3, On: byDefault}},
		{`{"attempts":5.0}`, policy.Retry{Attempts: 5, On: byDefault}},
		{`{"attempts":7}`, policy.Retry{Attempts: 5, On: byDefault}},
		{`{"attempts":1e300}`, policy.Retry{Attempts: 5, On: byDefault}},
		{`{"count":2}`, policy.Retry{Attempts: 2, On: byDefault}},
		{`{"attempts":1,"on_status_codes":[408,5e2]}`, policy.Retry{Attempts: 1, On: policy.CodesOf(408, 500)}},
		{`{"attempts":1,"on_status_codes":[]}`, policy.Retry{Attempts: 1, On: policy.CodesOf()}},
		{`{"attempts":1,"useRetryAfterHeader":true,"onStatusCodes":[429]}`, policy.Retry{Attempts: 1, On: policy.CodesOf(429), UseRetryAfter: true}},
	} {
		got := compile(t, `{"provider":"acme","retry":`+c.retry+`}`).Root.(*policy.Target).Retry
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.retry, got, c.want)
		}
	}
}

// everything compares unexported fields too: plans are nothing but data.
var everything = cmp.Exporter(func(reflect.Type) bool { return true })

// TestCamelCase: either spelling means the same, at every level (contract,
// §3.2 and section 10, no. 25).
func TestCamelCase(t *testing.T) {
	snake := compile(t, `{"strategy":{"mode":"fallback","on_status_codes":[500]},"custom_host":"http://localhost:1","request_timeout":7,"forward_headers":["x-a"],
		"strict_open_ai_compliance":false,"targets":[{"provider":"acme","api_key":"k","acme_project":"p","override_params":{"max_tokens":1,"userData":{"inner_key":2}},"retry":{"attempts":1,"on_status_codes":[1e2],"use_retry_after_header":true}}]}`)
	camel := compile(t, `{"strategy":{"mode":"fallback","onStatusCodes":[500]},"customHost":"http://localhost:1","requestTimeout":7,"forwardHeaders":["x-a"],
		"strictOpenAiCompliance":false,"targets":[{"provider":"acme","apiKey":"k","acmeProject":"p","overrideParams":{"max_tokens":1,"userData":{"inner_key":2}},"retry":{"attempts":1,"onStatusCodes":[1e2],"useRetryAfterHeader":true}}]}`)
	if diff := cmp.Diff(snake, camel, everything); diff != "" {
		t.Errorf("(-snake_case +camelCase):\n%s", diff)
	}
	target := targets(camel.Root)["config.targets[0]"]
	if target.Key.Reveal() != "k" || target.Fields["acme_project"] != "p" || target.Timeout != 7*time.Millisecond || len(camel.Warnings) != 0 {
		t.Errorf("%+v, warnings %q", target, camel.Warnings)
	}
	if got := fmt.Sprint(target.Overrides); !strings.Contains(got, "max_tokens") || !strings.Contains(got, "userData") {
		t.Errorf("the names of parameters changed: %s", got)
	}
}

func TestTargetsWithoutAStrategyAreSingle(t *testing.T) {
	for _, config := range []string{
		`{"targets":[{"provider":"acme"},{"provider":"beta"}]}`,
		`{"strategy":{"mode":"single"},"targets":[{"provider":"acme"},{"provider":"beta"}]}`,
	} {
		if root, ok := compile(t, config).Root.(*policy.Target); !ok || root.Path != "config.targets[0]" || root.Provider.ID != "acme" {
			t.Errorf("%s: %+v", config, root)
		}
	}
}
