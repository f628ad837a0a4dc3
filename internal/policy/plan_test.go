package policy_test

import (
	"errors"
	"net/http"
	"testing"

	"sluice/internal/egress"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
)

// newCompiler knows five made-up vendors: acme and beta take a bearer key,
// cloud has variables in its address, homed has a header of its own for its
// address, and open takes no key.
func newCompiler(tb testing.TB) *policy.Compiler {
	tb.Helper()
	bearer := provider.Auth{Scheme: provider.Bearer}
	catalogue := &provider.Catalogue{}
	for _, p := range []*provider.Provider{
		{ID: "acme", Aliases: []string{"acme-ai"}, BaseURL: "https://api.acme.example/v1", Auth: bearer, Headers: []string{"Acme-Project"}},
		{ID: "beta", BaseURL: "https://beta.example", Auth: bearer},
		{ID: "cloud", BaseURL: "https://{resource}.cloud.example", Relay: "/{area}", Auth: bearer, Vars: map[string]provider.Var{
			"resource": {Header: "x-portkey-cloud-resource", Kind: provider.LabelVar},
			"area":     {Header: "x-portkey-cloud-area", Kind: provider.LabelVar, Default: "eu"},
		}},
		{ID: "homed", BaseURL: "https://homed.example", HostHeader: "x-portkey-homed-base-url", Auth: bearer},
		{ID: "open", BaseURL: "https://open.example", Auth: provider.Auth{Scheme: provider.NoAuth}},
	} {
		p.Title = p.ID
		if err := catalogue.Add(p); err != nil {
			tb.Fatal(err)
		}
	}
	trusted, err := egress.NewPolicy("localhost,127.0.0.1")
	if err != nil {
		tb.Fatal(err)
	}
	return &policy.Compiler{Catalogue: catalogue, Egress: trusted}
}

// headers makes an http.Header of pairs.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func compile(t *testing.T, config string) *policy.Plan {
	t.Helper()
	return compileFrom(t, policy.Source{Config: config})
}

func compileFrom(t *testing.T, src policy.Source) *policy.Plan {
	t.Helper()
	plan, err := newCompiler(t).Compile(src)
	if err != nil {
		t.Fatalf("%s: %v %q", src.Config, err, asError(t, err).Details)
	}
	return plan
}

func asError(t *testing.T, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an *llm.Error", err)
	}
	return e
}

// targets are the leaves of a plan, by path.
func targets(n policy.Node) map[string]*policy.Target {
	out := map[string]*policy.Target{}
	var walk func(policy.Node)
	walk = func(n policy.Node) {
		switch n := n.(type) {
		case *policy.Target:
			out[n.Path] = n
		case *policy.Fallback:
			for _, k := range n.Targets {
				walk(k)
			}
		case *policy.LoadBalance:
			for _, k := range n.Targets {
				walk(k)
			}
		case *policy.Conditional:
			for _, k := range n.Targets {
				walk(k)
			}
		}
	}
	walk(n)
	return out
}
