package auth

import (
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"sluice/internal/egress"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// Reach is how far requests to a vendor may use the operator's own identity
// when the caller brings no credential.
type Reach uint8

// The reaches. Each holds those before it.
const (
	Nothing Reach = iota
	Local         // environment variables, and files they name
	Machine       // also the services that know who this machine is (metadata)
)

// Options are what an Authority is made of.
type Options struct {
	Dialer   *egress.Dialer
	Getenv   func(string) string
	ReadFile func(string) ([]byte, error) // nil: os.ReadFile
	Own      func(providerID string) Reach
	Now      func() time.Time // nil: time.Now
}

// Authority authorizes requests. It is safe for concurrent use.
type Authority struct {
	net, machine http.RoundTripper
	trusts       *egress.Policy
	getenv       func(string) string
	readFile     func(string) ([]byte, error)
	own          func(providerID string) Reach
	now          func() time.Time
	tokens       *tokens
	keys         keyring
}

// Target is who is asked, with the credential of whoever asks.
type Target struct {
	Provider   *provider.Provider
	Key        secret.String
	Settings   map[string]secret.String // those of the scheme, by name
	Vars       map[string]string        // for the {variables} of the catalogue
	CustomHost string                   // base URL a caller chose, if any

	used *digest // whose token Authorize sent last
}

// New makes an Authority with connections of its own.
func New(o Options) *Authority {
	a := &Authority{trusts: o.Dialer.Policy, getenv: o.Getenv, readFile: o.ReadFile, own: o.Own, now: o.Now}
	if a.readFile == nil {
		a.readFile = os.ReadFile
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.net = transport(o.Dialer)
	a.machine = transport(o.Dialer.Only(machineConnect, a.machineServices()...))
	a.tokens = newTokens(a.now)
	return a
}

// Close gives up fetches under way and idle connections, and waits for both.
func (a *Authority) Close() {
	a.tokens.close()
	for _, rt := range []http.RoundTripper{a.net, a.machine} {
		if t, ok := rt.(*http.Transport); ok {
			t.CloseIdleConnections()
		}
	}
}

// Authorize writes the target's credential into a request that is otherwise
// complete. body is what will be sent; streamed says that it is not known yet.
// Errors are *llm.Error.
func (a *Authority) Authorize(req *http.Request, body []byte, streamed bool, t *Target) error {
	k := &ask{Target: t, a: a, ctx: req.Context(), req: req, body: body, streamed: streamed}
	switch t.Provider.Auth.Scheme {
	case provider.SigV4:
		return k.aws()
	case provider.Google:
		return k.google()
	case provider.Azure:
		return k.azure()
	case provider.OCI:
		return k.oci()
	case provider.IAM:
		return k.iam()
	case provider.OAuth:
		return k.oauth()
	}
	if name, value := t.Provider.Auth.Header(t.Key.Reveal()); name != "" && !t.Key.Empty() {
		req.Header.Set(name, value)
	}
	return nil
}

// Refused tells that the vendor did not take what Authorize sent, so that a
// token which was called back before its end is fetched anew next time.
func (a *Authority) Refused(t *Target) {
	if t.used != nil {
		a.tokens.drop(*t.used)
	}
}

// Reach is how far the operator's own identity may be used for a target: never
// at an address a caller chose, unless it is one of the vendor's own.
func (a *Authority) Reach(p *provider.Provider, customHost string) Reach {
	switch {
	case p.Auth.Scheme != provider.SigV4 && p.Auth.Scheme != provider.Google && p.Auth.Scheme != provider.Azure:
		return Nothing // the others have none
	case a.own == nil || customHost != "" && !vendors(&p.Auth, customHost):
		return Nothing
	}
	return a.own(p.ID)
}

// vendors reports whether an address is within the vendor's own domains.
func vendors(auth *provider.Auth, customHost string) bool {
	rest, secure := strings.CutPrefix(customHost, "https://")
	host, _, _ := strings.Cut(rest, "/")
	for _, ending := range auth.Hosts {
		if secure && strings.HasSuffix(host, ending) { // with a port it has another ending
			return true
		}
	}
	return false
}

// ask is one request to be authorized.
type ask struct {
	*Target
	a        *Authority
	ctx      context.Context
	req      *http.Request
	body     []byte
	streamed bool
}

// grant gets what was kept for a credential, or fetches it.
func (k *ask) grant(d digest, f fetch) (grant, error) {
	k.used = &d
	return k.a.tokens.get(k.ctx, d, f)
}

// asIs sends the key the way the catalogue says.
func (k *ask) asIs() error {
	name, value := k.Provider.Auth.Header(k.Key.Reveal())
	return k.set(name, value, "authorization")
}

func (k *ask) bearer(token secret.String, field string) error {
	return k.set("Authorization", "Bearer "+token.Reveal(), field)
}

// set writes a header; field is who is to blame if its value cannot be sent.
func (k *ask) set(name, value, field string) error {
	if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return k.bad(field, "holds control characters")
	}
	k.req.Header.Set(name, value)
	return nil
}

// unsignable refuses bodies that pass on as they arrive.
func (k *ask) unsignable() error {
	return &llm.Error{
		Kind: llm.NotSupported, Status: http.StatusNotImplemented,
		Message: "uploads to " + k.Provider.ID + " are not supported: a request has to be signed with its body, which is not held",
	}
}
