package provider

import (
	"slices"
	"strings"
)

func (c *checker) auth() {
	a := &c.p.Auth
	switch a.Scheme {
	case Header, Query:
		c.must("auth.name", a.Name, headerForm)
	case Bearer, NoAuth, Google, IAM:
		if a.Name != "" {
			c.fail("auth.name", "does not go with scheme %s", a.Scheme)
		}
	case SigV4, Azure, OCI, OAuth:
		if a.Name != "" {
			c.must("auth.name", a.Name, headerForm)
		}
	case "":
		c.fail("auth.scheme", "is missing")
	default:
		c.fail("auth.scheme", "%q is not a known scheme", a.Scheme)
	}
	if a.Env != "" {
		c.must("auth.env", a.Env, envForm)
	}
	c.tokens(a)
}

// tokens checks what goes with some schemes only.
func (c *checker) tokens(a *Auth) {
	goes := func(key string, given, needed bool, schemes ...Scheme) {
		switch takes := slices.Contains(schemes, a.Scheme); {
		case given && !takes:
			c.fail("auth."+key, "does not go with scheme %s", a.Scheme)
		case !given && takes && needed:
			c.fail("auth."+key, "is needed by scheme %s", a.Scheme)
		}
	}
	goes("service", a.Service != "", true, SigV4)
	goes("scope", a.Scope != "", a.Scheme != OAuth, Google, Azure, OAuth)
	goes("token_url", a.TokenURL != "", true, IAM, OAuth)
	goes("nonce", a.Nonce != "", false, OAuth)
	goes("hosts", len(a.Hosts) > 0, false, SigV4, Google, Azure)
	if a.Service != "" {
		c.must("auth.service", a.Service, idForm)
	}
	if a.Nonce != "" {
		c.must("auth.nonce", a.Nonce, headerForm)
	}
	if a.TokenURL != "" && (!isURL(a.TokenURL) || !c.p.Local && !strings.HasPrefix(a.TokenURL, "https:")) {
		c.fail("auth.token_url", "%q is not an https URL", a.TokenURL)
	}
	for _, h := range a.Hosts {
		if !strings.HasPrefix(h, ".") || !labels(strings.TrimPrefix(h, ".")) {
			c.fail("auth.hosts", "%q must begin with a dot and end a host name", h)
		}
	}
}

func (a *Auth) has(setting string) bool {
	return slices.ContainsFunc(a.Settings(), func(s AuthSetting) bool { return s.Name == setting })
}
