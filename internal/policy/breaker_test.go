package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

// TestBreaker reads cb_config where the incumbent's documentation puts it, and on
// any level; the nearest one above a target counts (R18).
func TestBreaker(t *testing.T) {
	const leaf = `{"provider":"acme","api_key":"a"}`
	whole := policy.Breaker{Failures: 3, Percent: 20.5, MinRequests: 7, Cooldown: 30 * time.Second, On: policy.CodesOf(401, 500)}
	for _, c := range []struct {
		name, config string
		want         []*policy.Breaker // of the targets, in order
	}{
		{"none", `{"strategy":{"mode":"fallback"},"targets":[` + leaf + `]}`, []*policy.Breaker{nil}},
		{"null", `{"strategy":{"mode":"fallback","cb_config":null},"cb_config":null,"targets":[` + leaf + `]}`, []*policy.Breaker{nil}},
		{
			"whole", `{"strategy":{"mode":"fallback","cb_config":{"failure_threshold":3,"failure_threshold_percentage":20.5,"minimum_requests":7,"cooldown_interval":30000,"failure_status_codes":[401,500]}},"targets":[` + leaf + `,` + leaf + `]}`,
			[]*policy.Breaker{&whole, &whole},
		},
		{
			"in camel case", `{"strategy":{"mode":"fallback","cbConfig":{"failureThreshold":3,"failureThresholdPercentage":20.5,"minimumRequests":7,"cooldownInterval":30000,"failureStatusCodes":[401,500]}},"targets":[` + leaf + `]}`,
			[]*policy.Breaker{&whole},
		},
		{"empty", `{"strategy":{"mode":"fallback","cb_config":{}},"targets":[` + leaf + `]}`, []*policy.Breaker{{Failures: 5, MinRequests: 10}}},
		{"a rate alone", `{"strategy":{"mode":"fallback","cb_config":{"failure_threshold_percentage":50}},"targets":[` + leaf + `]}`, []*policy.Breaker{{Percent: 50, MinRequests: 10}}},
		{
			"the nearest counts", `{"cb_config":{"failure_threshold":1},"strategy":{"mode":"fallback"},"targets":[` + leaf + `,
			 {"strategy":{"mode":"loadbalance","cb_config":{"failure_threshold":2}},"targets":[` + leaf + `,{"provider":"acme","cb_config":{"failure_threshold":3}}]}]}`,
			[]*policy.Breaker{{Failures: 1, MinRequests: 10}, {Failures: 2, MinRequests: 10}, {Failures: 3, MinRequests: 10}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, err := newCompiler(t).Compile(policy.Source{Config: c.config})
			if err != nil {
				t.Fatal(err)
			}
			var got []*policy.Breaker
			for _, target := range leaves(plan.Root) {
				got = append(got, target.Breaker)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(policy.Codes{})); diff != "" || len(plan.Warnings) > 0 {
				t.Errorf("(-want +got):\n%s%q", diff, plan.Warnings)
			}
		})
	}
}

func leaves(n policy.Node) (list []*policy.Target) {
	var kids []policy.Node
	switch n := n.(type) {
	case *policy.Target:
		return []*policy.Target{n}
	case *policy.Fallback:
		kids = n.Targets
	case *policy.LoadBalance:
		kids = n.Targets
	case *policy.Conditional:
		kids = n.Targets
	}
	for _, k := range kids {
		list = append(list, leaves(k)...)
	}
	return list
}

// TestBadBreakers: one that is not understood whole is refused, and the place is
// named.
func TestBadBreakers(t *testing.T) {
	for breaker, want := range map[string]string{
		`7`:                                                    "strategy,cb_config, message: Expected object, received number",
		`{"failure_threshold":0}`:                              "cb_config,failure_threshold, message: a whole number from 1 to 1000000",
		`{"failure_threshold":1.5}`:                            "cb_config,failure_threshold, message: a whole number",
		`{"failure_threshold":"3"}`:                            "cb_config,failure_threshold, message: Expected number, received string",
		`{"failure_threshold_percentage":0}`:                   "percentage is more than 0 and at most 100",
		`{"failure_threshold_percentage":101}`:                 "percentage is more than 0 and at most 100",
		`{"failure_threshold_percentage":true}`:                "Expected number, received boolean",
		`{"minimum_requests":-1}`:                              "cb_config,minimum_requests, message: a whole number",
		`{"cooldown_interval":0}`:                              "cb_config,cooldown_interval, message: a whole number from 1 to 3600000",
		`{"cooldown_interval":99999999999}`:                    "cb_config,cooldown_interval, message: a whole number from 1 to 3600000",
		`{"failure_status_codes":500}`:                         "cb_config,failure_status_codes, message: Expected array, received number",
		`{"failure_status_codes":[99]}`:                        "cb_config,failure_status_codes,0, message: a status code",
		`{"interval":5}`:                                       "cb_config,interval, message: Unrecognized key",
		`{"cooldown_interval":30000,"cooldownInterval":30000}`: "cb_config,cooldownInterval, message: given twice",
	} {
		_, err := newCompiler(t).Compile(policy.Source{Config: `{"strategy":{"mode":"fallback","cb_config":` + breaker + `},"targets":[{"provider":"acme","api_key":"a"}]}`})
		var e *llm.Error
		if !errors.As(err, &e) || e.Status != 400 || e.Kind != llm.InvalidConfig || !strings.Contains(strings.Join(e.Details, "\n"), want) {
			t.Errorf("%s: %v, want %q", breaker, err, want)
			if e != nil {
				t.Log(e.Details)
			}
		}
	}
}

// TestIdentity: what is watched apart, and what together (R18).
func TestIdentity(t *testing.T) {
	of := func(config string) *policy.Target {
		plan, err := newCompiler(t).Compile(policy.Source{Config: `{"strategy":{"mode":"fallback"},"targets":[` + config + `,{"provider":"acme","api_key":"z"}]}`})
		if err != nil {
			t.Fatal(err)
		}
		return leaves(plan.Root)[0]
	}
	const plain = `{"provider":"acme","api_key":"sk-1"}`
	same := of(plain)
	for config, want := range map[string]bool{
		plain: true,
		`{"provider":"acme","api_key":"sk-1","override_params":{"model":"x"},"weight":7,"name":"n"}`: true,
		`{"provider":"acme","api_key":"sk-2"}`:                                                       false,
		`{"provider":"acme"}`:                                                                        false,
		`{"provider":"acme","api_key":"sk-1","custom_host":"https://other.example/v1"}`:              false,
		`{"provider":"acme","api_key":"sk-1","cb_config":{}}`:                                        false,
	} {
		if got := of(config); (got.Identity == same.Identity) != want {
			t.Errorf("%s: %q and %q", config, got.Identity, same.Identity)
		}
	}
	if strings.Contains(same.Identity, "sk-1") {
		t.Errorf("the key itself is kept: %q", same.Identity)
	}
	if other := of(`{"provider":"acme","api_key":"sk-1","custom_host":"https://other.example:444/v1/x"}`); other.Origin != "https://other.example:444" {
		t.Errorf("origin %q", other.Origin)
	}
}
