package policy

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/egress"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/recent"
	"sluice/internal/secret"
)

// Source is the policy part of one request's headers.
type Source struct {
	Config     string // x-portkey-config: an object, or the name of a stored one
	Provider   string // x-portkey-provider
	CustomHost string // x-portkey-custom-host
	Forward    string // x-portkey-forward-headers
	Timeout    string // x-portkey-request-timeout
	Strict     string // x-portkey-strict-open-ai-compliance
	Lossless   string // x-sluice-lossless
	Header     http.Header
}

// Compiler makes plans. Its fields are set before the first Compile.
type Compiler struct {
	Catalogue *provider.Catalogue
	Egress    *egress.Policy
	Named     map[string][]byte // stored configs by name
	Default   []byte            // the config of requests that name nothing; nil: none

	plans recent.Map[*Plan]
	sized sync.Once // plans has its bound
}

// Compile returns the plan for a request. Errors are *llm.Error with the texts
// of the contract, §2.2, in its order.
func (c *Compiler) Compile(src Source) (*Plan, error) {
	c.sized.Do(func() { c.plans.Max = maxCached })
	key := src.appendKey(make([]byte, 0, usualKey))
	if plan, ok := c.plans.Get(key); ok {
		return plan, nil
	}
	plan, err := c.compile(src, maxConfig)
	if err != nil {
		return nil, err
	}
	c.plans.Put(key, plan, plan.cost())
	return plan, nil
}

// Check compiles a config by itself, as a stored one: unknown keys are errors.
func (c *Compiler) Check(config []byte) error {
	plan, err := c.compile(Source{Config: string(config)}, maxStored)
	if err == nil && len(plan.Warnings) > 0 {
		return invalidConfig(plan.Warnings)
	}
	return err
}

func (c *Compiler) compile(src Source, limit int) (*Plan, error) {
	b := build{Compiler: c, limit: limit}
	if src.Config == "" && src.Provider == "" && c.Default == nil {
		return nil, missingProvider
	}
	if err := b.headers(src); err != nil {
		return nil, err
	}
	config, err := b.config(src)
	if err != nil {
		return nil, err
	}
	var root Node
	if config == nil {
		root = b.leaf(entry{ref: "config"}, inherited{})
	} else {
		root, err = b.tree(config)
	}
	if err != nil {
		return nil, err
	}
	if b.forwardsItself {
		return nil, &llm.Error{Kind: llm.InvalidRequest, Status: 400, Message: forwardItself, Param: "x-portkey-forward-headers"}
	}
	b.shareCallerKey()
	b.keepApart()
	watch(root, false, Codes{})
	return &Plan{Root: root, Warnings: b.warnings, size: len(b.targets)}, nil
}

// lossless is the one value of x-sluice-lossless and of the config key.
const lossless = "require"

const forwardItself = "forward_headers must not contain the 'x-portkey-forward-headers' header"

var missingProvider = &llm.Error{
	Kind: llm.InvalidRequest, Status: 400, Param: "x-portkey-provider",
	Message: "Either x-portkey-config or x-portkey-provider header is required",
}

// build is one compilation under way.
type build struct {
	*Compiler
	limit          int     // bytes of a config that is written out
	header         overlay // what the headers say, stronger than any config
	forwardsItself bool
	targets        []*Target
	count          int
	problems       []string
	forbidden      bool  // a problem is a refused destination
	routerErr      error // the first fault of a query router
	warnings       []string
}

// overlay is what headers lay over every target.
type overlay struct {
	provider   *provider.Provider
	customHost string
	private    bool
	forward    []string
	timeout    time.Duration
	lenient    bool
	lossless   bool
	fields     map[string]string
}

func (b *build) headers(src Source) error {
	h := &b.header
	if err := b.named(&src); err != nil {
		return err
	}
	if src.CustomHost != "" {
		host, private, err := b.destination(src.CustomHost)
		if err != nil {
			return &llm.Error{Kind: llm.Forbidden, Status: 400, Message: "Invalid custom host", Param: "x-portkey-custom-host", Err: err}
		}
		h.customHost, h.private = host, private
	}
	if src.Timeout != "" {
		ms, err := strconv.Atoi(strings.TrimSpace(src.Timeout))
		if err != nil || ms < 1 || ms > maxTimeout {
			return &llm.Error{
				Kind: llm.InvalidRequest, Status: 400, Param: "x-portkey-request-timeout",
				Message: "x-portkey-request-timeout must be a whole number of milliseconds from 1 to 3600000",
			}
		}
		h.timeout = time.Duration(ms) * time.Millisecond
	}
	h.lenient = src.Strict == "false"
	if src.Lossless != "" && src.Lossless != lossless {
		return &llm.Error{Kind: llm.InvalidRequest, Status: 400, Param: "x-sluice-lossless", Message: "x-sluice-lossless can only be " + lossless}
	}
	h.lossless = src.Lossless == lossless
	for name := range strings.SplitSeq(src.Forward, ",") {
		if name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)); name != "" {
			h.forward = append(h.forward, name)
			b.forwardsItself = b.forwardsItself || name == "X-Portkey-Forward-Headers"
		}
	}
	return nil
}

// named finds the provider that a header names.
func (b *build) named(src *Source) error {
	if src.Provider == "" {
		return nil
	}
	p, ok := b.Catalogue.Find(strings.TrimSpace(src.Provider))
	if !ok {
		e := &llm.Error{Kind: llm.InvalidRequest, Status: 400, Message: "Invalid provider passed", Param: "x-portkey-provider"}
		if near := b.Catalogue.Suggest(src.Provider); near != "" {
			e.Details = []string{"did you mean " + near + "?"}
		}
		return e
	}
	b.header.provider = p
	b.header.fields = headerFields(p, src.Header)
	if p.HostHeader != "" && src.CustomHost == "" {
		src.CustomHost = src.Header.Get(p.HostHeader)
	}
	return nil
}

func (b *build) destination(text string) (host string, private bool, err error) {
	u, err := egress.ParseURL(text)
	if err != nil {
		return "", false, err
	}
	if err := b.Egress.CheckURL(u); err != nil {
		return "", false, err
	}
	return u.String(), b.Egress.Private(u), nil
}

// headerFields reads a provider's own settings from x-portkey-NAME headers.
func headerFields(p *provider.Provider, h http.Header) map[string]string {
	fields := map[string]string{}
	for name, v := range p.Vars {
		if value := h.Get(v.Header); value != "" {
			fields[name] = value
		}
	}
	for _, s := range p.Auth.Settings() {
		if value := h.Get(s.Header()); value != "" {
			fields[s.Name] = value
		}
	}
	for _, name := range p.Headers {
		if value := h.Get("X-Portkey-" + name); value != "" {
			fields[provider.FieldName(name)] = value
		}
	}
	return fields
}

// config finds the config object of a request; nil means there is none.
func (b *build) config(src Source) (*jsonx.Object, error) {
	text := []byte(strings.TrimSpace(src.Config))
	switch {
	case src.Config == "" && src.Provider != "":
		return nil, nil
	case src.Config == "":
		text = b.Default
	case isName(text):
		stored, ok := b.Named[string(text)]
		if !ok {
			return nil, notJSON("no config of that name is stored")
		}
		text = stored
	case len(text) > b.limit:
		return nil, invalidConfig([]string{problem(nil, fmt.Sprintf("the config is larger than %d KiB", b.limit>>10))})
	}
	if err := jsonx.Check(text); err != nil {
		return nil, notJSON(err.Error())
	}
	o, err := jsonx.Parse(text)
	if err != nil {
		return nil, invalidConfig([]string{problem(nil, "Expected object, received "+jsonx.KindOf(text).String())})
	}
	return &o, nil
}

// isName tells the name of a stored config from an object written out.
func isName(text []byte) bool {
	if len(text) > 128 {
		return false
	}
	for _, c := range text {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	kind := jsonx.KindOf(text)
	return kind != jsonx.Absent && jsonx.Check(text) != nil
}

func notJSON(detail string) error {
	return &llm.Error{
		Kind: llm.InvalidConfig, Status: 400, Param: "x-portkey-config", Details: []string{detail},
		Message: "Invalid config passed. You need to pass a valid json",
	}
}

func invalidConfig(problems []string) *llm.Error {
	const most = 20
	if len(problems) > most {
		problems = problems[:most]
	}
	return &llm.Error{Kind: llm.InvalidConfig, Status: 400, Message: "Invalid config passed", Param: "x-portkey-config", Details: problems}
}

func problem(path []string, message string) string {
	return "path: " + strings.Join(path, ",") + ", message: " + message
}

func (b *build) tree(config *jsonx.Object) (Node, error) {
	e := b.read(config, nil, "config")
	if e.provider == nil && e.targets == nil && b.header.provider == nil && !e.refused {
		return nil, &llm.Error{
			Kind: llm.InvalidRequest, Status: 400, Param: "x-portkey-config",
			Message: "Either x-portkey-provider needs to be passed. Or the x-portkey-config header should have a valid config with provider details in it.",
		}
	}
	root := b.expand(e, inherited{}, 1)
	if len(b.problems) > 0 {
		err := invalidConfig(b.problems)
		if b.forbidden {
			err.Kind = llm.Forbidden
		}
		return nil, err
	}
	if e.legacy {
		return nil, &llm.Error{
			Kind: llm.InvalidConfig, Status: 400, Param: "x-portkey-config",
			Message: "This version of config is not supported in this route. Please migrate to the latest version",
		}
	}
	if b.routerErr != nil {
		return nil, b.routerErr
	}
	return root, nil
}

// shareCallerKey decides which targets may have the caller's own credential:
// those of the provider the caller named, or all without a key if they are of
// one provider. A key never reaches a vendor it was not given for.
func (b *build) shareCallerKey() {
	var keyless []*Target
	for _, t := range b.targets {
		if t.Key.Empty() && !t.BringsCredential() && t.Provider.Auth.Scheme != provider.NoAuth {
			keyless = append(keyless, t)
		}
	}
	sole := !slices.ContainsFunc(keyless, func(t *Target) bool { return t.Provider != keyless[0].Provider })
	for _, t := range keyless {
		t.CallerKey = sole && b.header.provider == nil || t.Provider == b.header.provider
	}
}

// keepApart makes sure that what a request says to one vendor alone does not
// reach another of the plan.
func (b *build) keepApart() {
	if !slices.ContainsFunc(b.targets, func(t *Target) bool { return t.Provider != b.targets[0].Provider }) {
		return
	}
	for _, t := range b.targets {
		t.Foreign = b.Catalogue.Foreign(t.Provider)
	}
}

func keyOf(text string) secret.String {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text+" ", "Bearer "); ok { // of a bare "Bearer" nothing is left
		text = strings.TrimSpace(rest)
	}
	return secret.New(text)
}
