package policy

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// Plan is a compiled request policy. It is immutable and shared by requests.
type Plan struct {
	Root     Node
	Warnings []string // unknown keys and the like, for x-sluice-warning (R50)
	size     int      // targets in it
}

// Node is a place in the plan: *Target, *Fallback, *LoadBalance or *Conditional.
type Node interface{ node() }

// Target is one place a request can go, with all it inherited.
type Target struct {
	Path       string // config, config.targets[1], …
	Provider   *provider.Provider
	Key        secret.String // empty: see CallerKey
	CallerKey  bool          // the caller's own credential may go here
	CustomHost string        // base URL in place of the provider's; checked
	Private    bool          // CustomHost leads to this machine or network
	Overrides  []Override
	Fields     map[string]string        // the provider's own settings, by snake_case name
	Settings   map[string]secret.String // the same, of its way to authenticate; nil: none
	Headers    []Header                 // the provider's own, in the order of the catalogue
	urls       map[string]*url.URL      // by path, where nothing of it depends on the request
	Foreign    []provider.Private       // members of a request that are other vendors' own, where the plan knows several
	Forward    []string                 // canonical names of client headers to pass on
	Retry      Retry
	Breaker    *Breaker      // nil: the built-in rule
	Timeout    time.Duration // 0: none was asked for
	Strict     bool          // strict OpenAI compliance
	Lossless   bool          // refuse what cannot be carried whole

	Origin      string // scheme and host of where it is
	Identity    string // of its health: provider, origin, its own credential's digest, breaker
	Replaceable bool   // a strategy above has another target
	Only        Codes  // not unset: that strategy moves on after these only
}

// settle takes what authenticates out of the other settings, so that it is
// nowhere in plain text, and fills the variables that are read from it.
func (t *Target) settle() {
	var fields map[string]string
	for _, s := range t.Provider.Auth.Settings() {
		text := t.Fields[s.Name]
		if text == "" {
			continue
		}
		if fields == nil {
			fields, t.Settings = maps.Clone(t.Fields), map[string]secret.String{}
		}
		t.Settings[s.Name] = secret.New(text)
		delete(fields, s.Name)
	}
	if fields == nil {
		return
	}
	t.Fields = fields
	for name, v := range t.Provider.Vars {
		setting, member, ok := strings.Cut(v.From, ".")
		if value := t.Settings[setting].Reveal(); ok && fields[name] == "" && jsonx.Check([]byte(value)) == nil {
			if text, ok := jsonx.Text(jsonx.At([]byte(value), member)); ok {
				fields[name] = text
			}
		}
	}
}

// BringsCredential reports that the target's settings hold a secret, so that it
// needs no key of anybody's.
func (t *Target) BringsCredential() bool {
	return slices.ContainsFunc(t.Provider.Auth.Settings(), func(s provider.AuthSetting) bool { return s.Secret && !t.Settings[s.Name].Empty() })
}

// Header is a header of the provider's own: with a value from the config or
// from x-portkey-NAME, else with the client's value, else with the default. The
// name is in canonical form.
type Header struct {
	Name, Value, Default string

	said []string // made once
}

// Said is the value that does not come from the client.
func (h *Header) Said() []string {
	if h.said != nil {
		return h.said
	}
	return []string{cmp.Or(h.Value, h.Default)}
}

// URL is the address of a path at this target; see provider.Provider.Address.
// Addresses that do not depend on the request are made once; they must not be
// changed.
// The provider is the target's, in the form it has for the model.
func (t *Target) URL(p *provider.Provider, path, model string) (*url.URL, error) {
	if u := t.urls[path]; u != nil && p == t.Provider {
		return u, nil
	}
	text, err := p.Address(path, t.CustomHost, t.Fields, model)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Message: "the address of the provider cannot be built from the request", Err: err}
	}
	return u, nil
}

func (t *Target) keep(path string) {
	if u, err := t.URL(t.Provider, path, ""); err == nil { // without a model: it is no part of this one
		t.urls[path] = u
	}
}

// prepare makes what every request to the target would make again.
func (t *Target) prepare() {
	t.urls = map[string]*url.URL{}
	t.identify()
	for _, e := range t.Provider.Ops {
		t.keep(e.Path)
	}
	for _, path := range t.Provider.Also {
		t.keep(path)
	}
	for _, name := range t.Provider.Headers {
		t.header(name, t.Fields[provider.FieldName(name)], t.Provider.Sent(name, t.Fields))
	}
	for name := range t.Provider.Send {
		if !slices.Contains(t.Provider.Headers, name) {
			t.header(name, t.Provider.Sent(name, t.Fields), "")
		}
	}
}

func (t *Target) header(name, value, otherwise string) {
	h := Header{Name: http.CanonicalHeaderKey(name), Value: value, Default: otherwise}
	h.said = h.Said()
	t.Headers = append(t.Headers, h)
}

// Override is one member that replaces the client's (contract, §3.10).
type Override struct {
	Name  string
	Value jsonx.Value
}

// Retry says how often and on what a target is tried again.
type Retry struct {
	Attempts      int // extra tries, 0 to 5
	On            Codes
	UseRetryAfter bool
}

// Fallback tries its targets in order.
type Fallback struct {
	Targets []Node
	On      Codes // unset: every failure moves on
}

// LoadBalance draws one target by weight.
type LoadBalance struct {
	Targets []Node
	Weights []float64 // finite, not negative, not all 0
}

// Conditional sends a request to the first target whose query holds.
type Conditional struct {
	Targets []Node
	Rules   []Rule
	Default string // name of a target, empty: none
	names   map[string]int
}

// Rule is one condition of a Conditional.
type Rule struct {
	Query Query
	Then  string
}

func (*Target) node()      {}
func (*Fallback) node()    {}
func (*LoadBalance) node() {}
func (*Conditional) node() {}

// Choose returns the target that the request is for (contract, §3.7).
func (c *Conditional) Choose(env *Env) (Node, error) {
	name := c.Default
	for _, rule := range c.Rules {
		if rule.Query.holds(env) {
			name = rule.Then
			break
		}
	}
	if name == "" {
		return nil, routerError("Query router did not resolve to any valid target")
	}
	i, ok := c.names[name]
	if !ok {
		return nil, routerError("Invalid target name found in the query router: " + name)
	}
	return c.Targets[i], nil
}

func routerError(message string) error {
	return &llm.Error{Kind: llm.InvalidRequest, Status: 400, Message: message, Param: "strategy"}
}

// Codes is a set of status codes; the zero value is "not given".
type Codes struct {
	given bool
	list  []int
}

// CodesOf makes a set.
func CodesOf(list ...int) Codes { return Codes{given: true, list: list} }

// Given reports whether the config named any list, be it an empty one.
func (c Codes) Given() bool { return c.given }

// Match reports whether a failure is among the codes. A failure without a
// status of its own stands for those a client would have seen: one that never
// connected for 500, 502 and 503, a timeout for 408 and 504. Codes of success
// never match (R15, R19).
func (c Codes) Match(e *llm.Error) bool {
	for _, code := range c.list {
		if code >= 200 && code < 300 {
			continue
		}
		if code == e.Status || stands(e, code) {
			return true
		}
	}
	return false
}

func stands(e *llm.Error, code int) bool {
	switch e.Class {
	case llm.ClassDNS, llm.ClassConnect, llm.ClassTLS, llm.ClassWrite, llm.ClassReset:
		return code == 500 || code == 502 || code == 503
	case llm.ClassFirstByte, llm.ClassIdle:
		return code == 408 || code == 504
	}
	return false
}
