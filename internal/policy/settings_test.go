package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/egress"
	"sluice/internal/policy"
	"sluice/internal/provider"
)

const cloudScope = "https://scope.example"

// signing knows a vendor that signs and one whose project stands in a
// credential.
func signing(t *testing.T) *policy.Compiler {
	t.Helper()
	c := &provider.Catalogue{}
	for _, p := range []*provider.Provider{
		{ID: "signed", BaseURL: "https://signed.example", Auth: provider.Auth{Scheme: provider.SigV4, Service: "s", Prefix: "Bearer "}},
		{ID: "plain", BaseURL: "https://plain.example", Auth: provider.Auth{Scheme: provider.Bearer, Prefix: "Bearer "}},
		{
			ID: "project", BaseURL: "https://project.example", Relay: "/{project}", Auth: provider.Auth{Scheme: provider.Google, Scope: cloudScope},
			Vars: map[string]provider.Var{"project": {Header: "x-portkey-project", Kind: provider.SegmentVar, From: "vertex_service_account_json.project_id"}},
		},
	} {
		p.Title = p.ID
		if err := c.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	return &policy.Compiler{Catalogue: c, Egress: &egress.Policy{}}
}

// TestSettingsAreSecrets: what authenticates is taken from headers and configs,
// in either spelling, and is nowhere in plain text.
func TestSettingsAreSecrets(t *testing.T) {
	for _, src := range []policy.Source{
		{Provider: "signed", Header: headers("x-portkey-aws-access-key-id", "AKID", "x-portkey-aws-secret-access-key", "sss-secret")},
		{Config: `{"provider":"signed","aws_access_key_id":"AKID","aws_secret_access_key":"sss-secret"}`},
		{Config: `{"provider":"signed","awsAccessKeyId":"AKID","awsSecretAccessKey":"sss-secret"}`},
	} {
		plan, err := signing(t).Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		target := plan.Root.(*policy.Target)
		got := map[string]string{}
		for name, s := range target.Settings {
			got[name] = s.Reveal()
		}
		if diff := cmp.Diff(map[string]string{"aws_access_key_id": "AKID", "aws_secret_access_key": "sss-secret"}, got); diff != "" || len(plan.Warnings) > 0 {
			t.Errorf("%s %q", diff, plan.Warnings)
		}
		if text := fmt.Sprintf("%+v %#v", *target, target.Fields); strings.Contains(text, "sss-secret") {
			t.Error(text)
		}
	}
}

func TestVariableFromACredential(t *testing.T) {
	for config, want := range map[string]string{
		`{"provider":"project","vertex_service_account_json":{"project_id":"p-1"}}`:                 "p-1",
		`{"provider":"project","vertex_service_account_json":"{\"project_id\":\"p-1\"}"}`:           "p-1",
		`{"provider":"project","project":"own","vertex_service_account_json":{"project_id":"p-1"}}`: "own",
		`{"provider":"project","project":"own","vertex_service_account_json":"no JSON"}`:            "own",
		`{"provider":"project","vertex_service_account_json":{"project_id":7}}`:                     "",
		`{"provider":"project","vertex_service_account_json":"{"}`:                                  "",
		`{"provider":"project"}`: "",
	} {
		plan, err := signing(t).Compile(policy.Source{Config: config})
		if want == "" {
			if e := asError(t, err); e.Status != 400 || !strings.Contains(fmt.Sprint(e.Details), "'project' are required for 'project' provider") {
				t.Errorf("%s: %v", config, e.Details)
			}
			continue
		}
		if err != nil || plan.Root.(*policy.Target).Fields["project"] != want {
			t.Errorf("%s: %v", config, err)
		}
	}
}

// TestCallerKeyBesideSettings: a target with a credential of its own does not
// make the caller's key ambiguous.
func TestCallerKeyBesideSettings(t *testing.T) {
	plan, err := signing(t).Compile(policy.Source{Config: `{"strategy":{"mode":"fallback"},"targets":[{"provider":"plain"},{"provider":"signed","aws_access_key_id":"A","aws_secret_access_key":"S"}]}`})
	if err != nil {
		t.Fatal(err)
	}
	nodes := plan.Root.(*policy.Fallback).Targets
	if !nodes[0].(*policy.Target).CallerKey || nodes[1].(*policy.Target).CallerKey {
		t.Error("the caller's key goes to the wrong one")
	}
	plan, err = signing(t).Compile(policy.Source{Config: `{"strategy":{"mode":"fallback"},"targets":[{"provider":"plain"},{"provider":"signed","aws_auth_type":"apiKey"}]}`})
	if err != nil || plan.Root.(*policy.Fallback).Targets[0].(*policy.Target).CallerKey {
		t.Errorf("two could be meant: %v", err)
	}
}
