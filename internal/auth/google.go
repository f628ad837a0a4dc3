package auth

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/secret"
)

const (
	googleTokens = "https://oauth2.googleapis.com/token" //nolint:gosec // an address, no credential
	googleWant   = "send a service account as x-portkey-vertex-service-account-json (vertex_service_account_json in a config), or an access token as Authorization: Bearer"
	jsonSetting  = "vertex_service_account_json"
)

// googleHosts are who may be asked for a token: the address stands in the
// credential, which is the caller's, and a gateway must not connect wherever a
// caller says.
var googleHosts = []string{"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com", "oauth2.mtls.googleapis.com"}

// google sends a token for a service account, an access token that the caller
// has, or an API key (wire formats, §4.1).
func (k *ask) google() error {
	text := k.said(jsonSetting)
	switch {
	case text != "":
		c, err := k.googleCredential(text)
		if err != nil {
			return err
		}
		return k.exchange(k.service(jsonSetting), c, jsonSetting)
	case !k.Key.Empty() && isAPIKey(k.Key.Reveal()):
		return k.set("X-Goog-Api-Key", k.Key.Reveal(), theKey)
	case !k.Key.Empty():
		return k.bearer(k.Key, theKey)
	case k.reach() == Nothing:
		return k.missing(googleWant)
	}
	return k.googleOwn()
}

// isAPIKey tells Google's API keys from access tokens, which begin with ya29. or
// are JWTs (Google Cloud, "Manage API keys"; express mode of Vertex AI).
func isAPIKey(key string) bool {
	return strings.HasPrefix(key, "AIza") || strings.HasPrefix(key, "AQ.")
}

// googleCredential is what a key file says.
type googleCredential struct {
	kind, tokenURL                  string
	email, keyID, key               string // of a service account
	clientID, clientSecret, refresh string // of an authorized user
}

func (k *ask) googleCredential(text string) (*googleCredential, error) {
	c, what := readGoogle([]byte(text), func(u *url.URL) bool { return k.a.trusts.Trusts(u) })
	if what != "" {
		return nil, k.bad(jsonSetting, what)
	}
	if c.kind == "service_account" {
		if _, err := k.a.keys.rsa(c.key, ""); err != nil {
			return nil, k.bad(jsonSetting, "holds a private_key that "+err.Error())
		}
	}
	return c, nil
}

// readGoogle returns what is wrong with a key file as the end of a sentence.
func readGoogle(text []byte, trusts func(*url.URL) bool) (c *googleCredential, what string) {
	o, err := jsonx.Parse(text)
	if err != nil {
		return nil, "is not a JSON object"
	}
	get := func(name string) string { t, _ := jsonx.Text(o.Get(name)); return strings.TrimSpace(t) }
	c = &googleCredential{
		kind: get("type"), tokenURL: get("token_uri"), email: get("client_email"), keyID: get("private_key_id"), key: get("private_key"),
		clientID: get("client_id"), clientSecret: get("client_secret"), refresh: get("refresh_token"),
	}
	if c.kind == "" && c.key != "" {
		c.kind = "service_account"
	}
	need := func(name, value string) {
		if value == "" && what == "" {
			what = "has no " + name
		}
	}
	switch c.kind {
	case "service_account":
		need("client_email", c.email)
		need("private_key", c.key)
	case "authorized_user":
		need("client_id", c.clientID)
		need("client_secret", c.clientSecret)
		need("refresh_token", c.refresh)
	default:
		return nil, "is neither of type service_account nor authorized_user"
	}
	c.tokenURL = cmp.Or(c.tokenURL, googleTokens)
	if u, err := url.Parse(c.tokenURL); err != nil || u.Host == "" || u.User != nil || !trusts(u) && !googles(u) {
		return nil, "has a token_uri that is not Google's"
	}
	return c, what
}

func googles(u *url.URL) bool { return u.Scheme == "https" && slices.Contains(googleHosts, u.Host) }

// exchange sends a token for a credential.
func (k *ask) exchange(s *service, c *googleCredential, setting string) error {
	s.secrets = append(s.secrets, secret.New(c.clientSecret), secret.New(c.refresh))
	a, scope := k.a, k.Provider.Auth.Scope
	id := digestOf("google", k.Provider.ID, scope, c.kind, c.tokenURL, c.email, c.keyID, c.key, c.clientID, c.clientSecret, c.refresh)
	g, err := k.grant(id, func(ctx context.Context) (grant, error) {
		form := url.Values{
			"grant_type": {"refresh_token"}, "client_id": {c.clientID}, "client_secret": {c.clientSecret}, "refresh_token": {c.refresh},
		}
		if c.kind == "service_account" {
			assertion, err := a.assertion(c, scope)
			if err != nil {
				return grant{}, err
			}
			form = url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
		}
		body, err := s.post(ctx, c.tokenURL, form)
		if err != nil {
			return grant{}, err
		}
		return s.bearerOf(body, a.now())
	})
	if err != nil {
		return err
	}
	return k.bearer(g.token, setting)
}

// assertion is the JWT a service account signs for itself (Google, "Using OAuth
// 2.0 for server to server applications"; RFC 7523).
func (a *Authority) assertion(c *googleCredential, scope string) (string, error) {
	key, err := a.keys.rsa(c.key, "")
	if err != nil {
		return "", err
	}
	now := a.now()
	header := map[string]any{"alg": "RS256", "typ": "JWT"}
	if c.keyID != "" {
		header["kid"] = c.keyID
	}
	claims := map[string]any{
		"iss": c.email, "sub": c.email, "aud": c.tokenURL, "scope": scope,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	head, err := jsonx.Marshal(header)
	if err != nil {
		return "", err
	}
	body, err := jsonx.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sig, err := signRS256(key, text)
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), err
}

// googleOwn is the chain of Application Default Credentials: the file the
// environment names, gcloud's, the metadata server.
func (k *ask) googleOwn() error {
	text, s, err := k.googleFile()
	switch {
	case err != nil:
		return err
	case text != nil:
		return k.googleOwnFile(s, text)
	case k.reach() < Machine:
		return k.missing(googleWant)
	}
	return k.googleMachine()
}

// googleOwnFile takes the operator's own word for every address in it.
func (k *ask) googleOwnFile(s *service, text []byte) error {
	f, what := readFederated(text)
	if f != nil && what == "" {
		return k.federate(f)
	}
	var c *googleCredential
	if f == nil {
		c, what = readGoogle(text, func(*url.URL) bool { return true })
	}
	if what == "" && c.kind == "service_account" {
		if _, err := k.a.keys.rsa(c.key, ""); err != nil {
			what = "holds a private_key that " + err.Error()
		}
	}
	if what != "" {
		return &llm.Error{
			Kind: llm.MissingKey, Status: http.StatusUnauthorized,
			Message: "the gateway's own credentials for " + k.Provider.ID + " cannot be used: their file " + what,
		}
	}
	return k.exchange(s, c, theKey)
}

func (k *ask) googleFile() (text []byte, s *service, err error) {
	s = k.ours(k.a.net)
	if path := k.a.getenv("GOOGLE_APPLICATION_CREDENTIALS"); path != "" {
		if text, err = k.a.readFile(path); err != nil {
			return nil, nil, s.noFile("GOOGLE_APPLICATION_CREDENTIALS", err)
		}
		return text, s, nil
	}
	folder := k.a.getenv("CLOUDSDK_CONFIG")
	if home := k.a.getenv("HOME"); folder == "" && home != "" {
		folder = filepath.Join(home, ".config", "gcloud")
	}
	if folder == "" {
		return nil, s, nil
	}
	if text, err = k.a.readFile(filepath.Join(folder, "application_default_credentials.json")); err != nil {
		return nil, s, nil //nolint:nilerr // most machines have none
	}
	return text, s, nil
}

// googleMachine asks the metadata server.
func (k *ask) googleMachine() error {
	a, scope, s := k.a, k.Provider.Auth.Scope, k.ours(k.a.machine)
	g, err := k.grant(digestOf("google machine", k.Provider.ID, scope), func(ctx context.Context) (grant, error) {
		body, err := s.get(ctx, http.MethodGet, a.googleMetadata()+"/computeMetadata/v1/instance/service-accounts/default/token?scopes="+url.QueryEscape(scope), "Metadata-Flavor", "Google")
		if err != nil {
			return grant{}, err
		}
		return s.bearerOf(body, a.now())
	})
	if err != nil {
		return err
	}
	return k.bearer(g.token, theKey)
}
