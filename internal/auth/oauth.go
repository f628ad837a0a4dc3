package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"sluice/internal/provider"
)

// iam exchanges an API key of IBM Cloud for a token. A key that is a token
// already is sent as it is.
func (k *ask) iam() error {
	key := strings.TrimSpace(k.Key.Reveal())
	if key == "" {
		return k.missing("send an API key as Authorization: Bearer, or give the target an api_key")
	}
	if strings.HasPrefix(key, "eyJ") && strings.Count(key, ".") == 2 { // a JWT
		return k.bearer(k.Key, theKey)
	}
	to, err := k.Provider.TokenURL(k.Vars)
	if err != nil {
		return err
	}
	a, s := k.a, k.service(theKey)
	g, err := k.grant(digestOf("iam", k.Provider.ID, to, key), func(ctx context.Context) (grant, error) {
		body, err := s.post(ctx, to, url.Values{"grant_type": {"urn:ibm:params:oauth:grant-type:apikey"}, "apikey": {key}}, "Accept", "application/json")
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

// oauth fetches a token for a client (RFC 6749, section 4.4), or sends a key, which
// is a token already, as it is.
func (k *ask) oauth() error {
	const name = "oauth_client_secret"
	client, given, err := k.all("oauth_client_id", name)
	switch {
	case err != nil:
		return err
	case !given && k.Key.Empty():
		return k.missing("send " + provider.HeaderName("oauth_client_id") + " and " + provider.HeaderName(name) + " (oauth_client_id and " + name + " in a config), or a token as Authorization: Bearer")
	case !given:
		return k.asIs()
	}
	to, err := k.Provider.TokenURL(k.Vars)
	if err != nil {
		return err
	}
	scope := cmp.Or(k.said("oauth_scope"), k.Provider.Auth.Scope)
	a, s, nonce := k.a, k.service(name), k.Provider.Auth.Nonce
	basic := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(client[0]) + ":" + url.QueryEscape(client[1]))) // encoded first: RFC 6749, 2.3.1
	g, err := k.grant(digestOf("oauth", k.Provider.ID, to, client[0], client[1], scope), func(ctx context.Context) (grant, error) {
		header := []string{"Authorization", "Basic " + basic, "Accept", "application/json"}
		if nonce != "" {
			header = append(header, nonce, newUUID())
		}
		form := url.Values{"grant_type": {"client_credentials"}}
		if scope != "" {
			form.Set("scope", scope)
		}
		body, err := s.post(ctx, to, form, header...)
		if err != nil {
			return grant{}, err
		}
		return s.bearerOf(body, a.now())
	})
	if err != nil {
		return err
	}
	return k.bearer(g.token, name)
}

// newUUID is a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
