package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/internal/policy"
)

// shown is a target's inheritable settings as text.
func shown(t *policy.Target) map[string]string {
	var overrides []string
	for _, o := range t.Overrides {
		overrides = append(overrides, o.Name+"="+string(o.Value))
	}
	return map[string]string{
		"override_params": strings.Join(overrides, " "), "retry": fmt.Sprint(t.Retry), "request_timeout": t.Timeout.String(),
		"custom_host": t.CustomHost, "forward_headers": fmt.Sprint(t.Forward), "strict_open_ai_compliance": fmt.Sprint(t.Strict),
		"api_key": t.Key.Reveal(), "provider": t.Provider.ID, "acme_project": t.Fields["acme_project"],
	}
}

// TestInheritance puts each key on the parent, on the target, and on both
// (contract, §3.3).
func TestInheritance(t *testing.T) {
	for _, c := range []struct {
		key, parent, child                string
		absent, onParent, onChild, onBoth string
	}{
		{"override_params", `{"a":1,"b":2}`, `{"b":3,"c":4}`, "", "a=1 b=2", "b=3 c=4", "a=1 b=3 c=4"},
		{
			"retry", `{"attempts":3,"use_retry_after_header":true}`, `{"attempts":1,"on_status_codes":[429]}`,
			"{0 {false []} false}", "{3 {true [429 500 502 503 504]} true}", "{1 {true [429]} false}", "{1 {true [429]} false}",
		},
		{"request_timeout", `5`, `7`, "0s", "5ms", "7ms", "7ms"},
		{"custom_host", `"http://localhost:1"`, `"http://localhost:2/v1"`, "", "http://localhost:1", "http://localhost:2/v1", "http://localhost:2/v1"},
		{"forward_headers", `["x-a"]`, `["x-b"]`, "[]", "[X-A]", "[X-B]", "[X-B]"},
		{"forward_headers", `["x-a"]`, `[]`, "[]", "[X-A]", "[]", "[]"},
		{"strict_open_ai_compliance", `false`, `true`, "true", "false", "true", "true"},
		{"strict_open_ai_compliance", `true`, `false`, "true", "true", "false", "false"},
		{"api_key", `"parent"`, `"child"`, "", "", "child", "child"},
		{"acme_project", `"parent"`, `"child"`, "", "", "child", "child"},
	} {
		for _, levels := range []int{1, 3} { // between the parent and the target
			config := func(parent, child string) string {
				inner, outer := `{"provider":"acme"`, ""
				if child != "" {
					inner += `,"` + c.key + `":` + child
				}
				if parent != "" {
					outer = `,"` + c.key + `":` + parent
				}
				text := inner + "}"
				for i := range levels {
					own := ""
					if i == levels-1 {
						own = outer
					}
					text = `{"strategy":{"mode":"fallback"},"targets":[` + text + `]` + own + `}`
				}
				return text
			}
			path := "config" + strings.Repeat(".targets[0]", levels)
			for _, row := range []struct{ name, config, want string }{
				{"nowhere", config("", ""), c.absent},
				{"parent", config(c.parent, ""), c.onParent},
				{"target", config("", c.child), c.onChild},
				{"both", config(c.parent, c.child), c.onBoth},
			} {
				if got := shown(targets(compile(t, row.config).Root)[path])[c.key]; got != row.want {
					t.Errorf("%s on %s, %d levels: %s, want %s", c.key, row.name, levels, got, row.want)
				}
			}
		}
	}
}

func TestProviderIsNotInherited(t *testing.T) {
	_, err := newCompiler(t).Compile(policy.Source{Config: `{"provider":"acme","api_key":"k","strategy":{"mode":"fallback"},"targets":[{"override_params":{}}]}`})
	if details := asError(t, err).Details; len(details) != 1 || !strings.HasPrefix(details[0], "path: targets,0, message: Invalid configuration") {
		t.Errorf("%q", details)
	}
}

// TestSiblingsDoNotMix: what one target adds must not reach the next.
func TestSiblingsDoNotMix(t *testing.T) {
	got := targets(compile(t, `{"strategy":{"mode":"fallback"},"override_params":{"a":1},"targets":[
		{"provider":"acme","override_params":{"b":2}},{"provider":"acme","override_params":{"c":3}},{"provider":"acme"}]}`).Root)
	for i, want := range []string{"a=1 b=2", "a=1 c=3", "a=1"} {
		if text := shown(got[fmt.Sprintf("config.targets[%d]", i)])["override_params"]; text != want {
			t.Errorf("target %d: %s, want %s", i, text, want)
		}
	}
}

// TestHeadersBeatEveryTarget is the last line of §3.3.
func TestHeadersBeatEveryTarget(t *testing.T) {
	plan := compileFrom(t, policy.Source{
		Config: `{"strategy":{"mode":"fallback"},"custom_host":"http://localhost:1","request_timeout":5,"forward_headers":["x-a"],
			"targets":[{"provider":"acme","custom_host":"http://localhost:2","request_timeout":7,"forward_headers":["x-b"]},{"provider":"beta","strict_open_ai_compliance":true}]}`,
		CustomHost: "https://mine.example/v1", Timeout: "9", Forward: "x-c", Strict: "false",
	})
	for path, target := range targets(plan.Root) {
		got := shown(target)
		if got["custom_host"] != "https://mine.example/v1" || got["request_timeout"] != "9ms" || got["forward_headers"] != "[X-C]" || got["strict_open_ai_compliance"] != "false" || target.Private {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestVendorsOwnAddress(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"of the target", `{"provider":"homed","homed_base_url":"https://a.example/x"}`, "https://a.example/x"},
		{"beside an inherited host", `{"custom_host":"https://b.example","strategy":{"mode":"fallback"},"targets":[{"provider":"homed","homed_base_url":"https://a.example"}]}`, "https://b.example"},
		{"of another vendor", `{"provider":"acme","homed_base_url":"https://a.example"}`, ""},
	} {
		for _, target := range targets(compile(t, c.config).Root) {
			if target.CustomHost != c.want {
				t.Errorf("%s: %q, want %q", c.name, target.CustomHost, c.want)
			}
		}
	}
}

// TestCallerKey: the caller's credential never reaches a vendor it was not
// given for.
func TestCallerKey(t *testing.T) {
	pair := func(a, b string) string {
		return `{"strategy":{"mode":"fallback"},"targets":[` + a + "," + b + `]}`
	}
	const acme, keyed, beta, open = `{"provider":"acme"}`, `{"provider":"acme","api_key":"k"}`, `{"provider":"beta"}`, `{"provider":"open"}`
	for _, c := range []struct {
		name, config, header string
		want                 []string // the targets that may have it
	}{
		{"sole target", acme, "", []string{"config"}},
		{"a key of its own", keyed, "", nil},
		{"only a provider header", "", "acme", []string{"config"}},
		{"a vendor without keys", open, "", nil},
		{"one vendor twice", pair(acme, acme), "", []string{"config.targets[0]", "config.targets[1]"}},
		{"two vendors", pair(acme, beta), "", nil},
		{"two vendors, one with a key", pair(keyed, beta), "", []string{"config.targets[1]"}},
		{"one vendor needs none", pair(acme, open), "", []string{"config.targets[0]"}},
		{"two vendors, one named", pair(acme, beta), "beta", []string{"config.targets[1]"}},
		{"another is named", pair(acme, acme), "beta", nil},
		{"named by its alias", pair(acme, beta), "acme-ai", []string{"config.targets[0]"}},
		{"named, and has a key", pair(keyed, beta), "acme", nil},
		{"an empty key is none", `{"provider":"acme","api_key":" Bearer "}`, "", []string{"config"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for path, target := range targets(compileFrom(t, policy.Source{Config: c.config, Provider: c.header}).Root) {
				if target.CallerKey {
					got = append(got, path)
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("the caller's key may go to %v, want %v", got, c.want)
			}
		})
	}
}

func TestBearerIsTakenOffAKey(t *testing.T) {
	for text, want := range map[string]string{"k": "k", "Bearer k": "k", " Bearer  k ": "k", "Bearerk": "Bearerk"} {
		if got := compile(t, `{"provider":"acme","api_key":"`+text+`"}`).Root.(*policy.Target).Key; got.Reveal() != want {
			t.Errorf("%q became %q, want %q", text, got.Reveal(), want)
		}
	}
}
