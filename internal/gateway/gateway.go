package gateway

import (
	"context"
	"net/http"
	"strings"

	"sluice/internal/auth"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/route"
	"sluice/internal/secret"
	"sluice/internal/upstream"
)

// Gateway answers requests. It is safe for concurrent use.
type Gateway struct {
	Compiler *policy.Compiler
	Walker   *route.Walker
	Client   *upstream.Client
	Keys     Keys
	Auth     *auth.Authority // nil: nobody may use an identity of the gateway's own
}

// Keys are the provider credentials the operator gave, by provider id.
type Keys map[string]secret.String

// Exchange is one client request under way.
type Exchange struct {
	upstream.Request
	Source   policy.Source
	Metadata map[string]string
	FullPath string // as the client wrote it, for conditions

	Warnings []string // for the client to read beside the answer
	Attempts int      // made so far

	plan *policy.Plan // made by Prepare
}

// Prepare compiles what the headers of a request say, where they name a
// provider or a config. It is for before the body is read: a client whose
// request has two faults hears of the one in its headers (contract, §2.2).
func (g *Gateway) Prepare(x *Exchange) (err error) {
	if x.Source.Provider != "" || x.Source.Config != "" {
		x.plan, err = g.Compiler.Compile(x.Source)
	}
	return err
}

// Do answers one request. Errors are *llm.Error.
func (g *Gateway) Do(ctx context.Context, x *Exchange) (*llm.Answer, error) {
	plan, err := g.planOf(x)
	if err != nil {
		return nil, err
	}
	x.Warnings = plan.Warnings
	env := &policy.Env{Metadata: x.Metadata, Path: x.FullPath, Caller: x.Key}
	if x.Body != nil {
		env.Params = x.Body.Bytes()
	}
	return g.Walker.Walk(ctx, plan.Root, env, func(ctx context.Context, t *policy.Target) (*llm.Answer, error) {
		key, err := g.key(x, t)
		if err != nil {
			return nil, err
		}
		x.Attempts++
		return g.Client.Do(ctx, &x.Request, t, key)
	})
}

func (g *Gateway) planOf(x *Exchange) (*policy.Plan, error) {
	if x.plan != nil {
		return x.plan, nil
	}
	g.addressed(x)
	return g.Compiler.Compile(x.Source)
}

// addressed reads a provider out of the model, @openai/gpt-4o, for clients that
// can set no header. It only counts when nothing else names a provider.
func (g *Gateway) addressed(x *Exchange) {
	if x.Source.Provider != "" || x.Source.Config != "" {
		return
	}
	inURL := x.Dialect != nil && x.Dialect.ModelInURL
	model := x.Model
	if !inURL {
		if x.Body == nil {
			return
		}
		model, _ = jsonx.Text(x.Body.Get("model"))
	}
	id, rest, ok := strings.Cut(strings.TrimPrefix(model, "@"), "/")
	if !ok || !strings.HasPrefix(model, "@") || rest == "" {
		return
	}
	x.Source.Provider = id
	if inURL {
		x.Model = rest
	} else {
		x.Body.Set("model", jsonx.Quote(rest))
	}
}

// key chooses the credential for a target: its own, else the caller's where the
// plan allows it, else the operator's. The operator's only ever goes to the
// vendor's own address: a caller must not choose where a stored key is sent.
func (g *Gateway) key(x *Exchange, t *policy.Target) (secret.String, error) {
	switch a := &t.Provider.Auth; {
	case a.Scheme == provider.NoAuth:
		return secret.String{}, nil
	case !t.Key.Empty():
		return t.Key, nil
	case t.CallerKey && !x.Key.Empty():
		return x.Key, nil
	case t.BringsCredential():
		return secret.String{}, nil
	case t.CustomHost == "" && !g.Keys[t.Provider.ID].Empty():
		return g.Keys[t.Provider.ID], nil
	case a.Optional, !a.Plain() && (x.Key.Empty() || len(t.Settings) > 0), // auth names what is missing
		g.Auth != nil && g.Auth.Reach(t.Provider, t.CustomHost) > auth.Nothing:
		return secret.String{}, nil
	}
	return secret.String{}, missingKey(x, t)
}

func missingKey(x *Exchange, t *policy.Target) error {
	message := "no API key for " + t.Provider.ID + ": send one as Authorization: Bearer, or give the target an api_key"
	switch {
	case !x.Key.Empty():
		message = "the Authorization key was not sent to " + t.Provider.ID + ", since it may belong to another provider: give the target an api_key, or name the provider in x-portkey-provider"
	case t.CustomHost != "":
		message = "no API key for " + t.Provider.ID + " at a custom host: send one as Authorization: Bearer, or give the target an api_key"
	}
	return &llm.Error{Kind: llm.MissingKey, Status: http.StatusUnauthorized, Message: message, Param: "authorization"}
}
