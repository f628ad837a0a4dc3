package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/secret"
)

// federated is a key file of workload identity federation whose subject token is
// in another file (AIP-4117; Google Cloud, "Workload identity federation"). It is
// for the operator only: it names files.
type federated struct {
	audience, kind, tokenURL, impersonate string
	file, member                          string // of a JSON file: the member that holds the token
}

// readFederated returns nil for another kind of file, and what is wrong with
// this kind as the end of a sentence.
func readFederated(text []byte) (f *federated, what string) {
	o, err := jsonx.Parse(text)
	if err != nil {
		return nil, ""
	}
	at := func(path ...string) string { t, _ := jsonx.Text(jsonx.At(text, path...)); return t }
	if kind, _ := jsonx.Text(o.Get("type")); kind != "external_account" {
		return nil, ""
	}
	f = &federated{
		audience: at("audience"), kind: at("subject_token_type"), tokenURL: at("token_url"), impersonate: at("service_account_impersonation_url"),
		file: at("credential_source", "file"),
	}
	if at("credential_source", "format", "type") == "json" {
		f.member = at("credential_source", "format", "subject_token_field_name")
	}
	switch {
	case f.file == "":
		return f, "has a credential_source that is no file, which is not supported"
	case f.audience == "" || f.kind == "" || f.tokenURL == "":
		return f, "lacks one of audience, subject_token_type and token_url"
	}
	return f, ""
}

// federate exchanges the subject token, which others renew, for one of Google,
// and that for one of a service account where the file says so.
func (k *ask) federate(f *federated) error {
	a, scope := k.a, k.Provider.Auth.Scope
	s := k.ours(a.net)
	g, err := k.grant(digestOf("google federated", k.Provider.ID, scope, f.audience, f.file, f.impersonate), func(ctx context.Context) (grant, error) {
		raw, err := a.readFile(f.file)
		if err != nil {
			return grant{}, s.noFile("GOOGLE_APPLICATION_CREDENTIALS", err)
		}
		subject := strings.TrimSpace(string(raw))
		if f.member != "" && jsonx.Check(raw) == nil {
			subject, _ = jsonx.Text(jsonx.At(raw, f.member))
		}
		s := &service{rt: s.rt, vendor: s.vendor, secrets: []secret.String{secret.New(subject)}}
		body, err := s.post(ctx, f.tokenURL, url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {f.audience}, "scope": {scope},
			"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
			"subject_token_type":   {f.kind}, "subject_token": {subject},
		})
		if err != nil {
			return grant{}, err
		}
		g, err := s.bearerOf(body, a.now())
		if err != nil || f.impersonate == "" {
			return g, err
		}
		return s.impersonate(ctx, f.impersonate, scope, g.token)
	})
	if err != nil {
		return err
	}
	return k.bearer(g.token, theKey)
}

// impersonate gets a token of a service account (IAM Credentials API,
// generateAccessToken).
func (s *service) impersonate(ctx context.Context, to, scope string, token secret.String) (grant, error) {
	text, err := jsonx.Marshal(map[string]any{"scope": []string{scope}, "lifetime": "3600s"})
	if err != nil {
		return grant{}, err
	}
	req, err := request(ctx, http.MethodPost, to, string(text), "Authorization", "Bearer "+token.Reveal(), "Content-Type", "application/json")
	if err != nil {
		return grant{}, err
	}
	s.secrets = append(s.secrets, token)
	body, err := s.send(req)
	if err != nil {
		return grant{}, err
	}
	if jsonx.Check(body) != nil {
		return grant{}, s.unusable("is not JSON")
	}
	access, _ := jsonx.Text(jsonx.At(body, "accessToken"))
	ends, _ := jsonx.Text(jsonx.At(body, "expireTime"))
	until, err := time.Parse(time.RFC3339, ends)
	if access == "" || err != nil {
		return grant{}, s.unusable("holds no accessToken")
	}
	return grant{token: secret.New(access), until: until}, nil
}
