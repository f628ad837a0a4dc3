package app

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/dialect/all"
	"sluice/internal/egress"
	"sluice/internal/gateway"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/route"
	"sluice/internal/seal"
	"sluice/internal/secret"
	"sluice/internal/server"
	"sluice/internal/telemetry"
	"sluice/internal/upstream"
	"sluice/providers"
)

// Version is set when a release is built.
var Version = "0.1.0-dev"

// App is a whole gateway, not yet listening.
type App struct {
	Config *config.Config
	Egress *egress.Policy
	Server *server.Server

	client *upstream.Client
	auth   *auth.Authority
	log    *slog.Logger
	legacy *legacy
}

// New builds a gateway. Every error is the configuration's fault. mock is the
// address of the fake provider, if one is to be known.
func New(c *config.Config, getenv func(string) string, log *slog.Logger, mock net.Addr) (*App, error) {
	return build(c, getenv, log, mock, nil)
}

// legacy is what a gateway takes over from the one it replaces (R27): what is
// counted for all requests together, what is known of targets, the proofs of
// answers under way, and the token by which our own requests are known.
type legacy struct {
	shared *server.Shared
	seals  *seal.Memory
	hop    string

	metrics *telemetry.Metrics
	health  *route.Health
	budget  *route.Budget
	conns   atomic.Int64        // of clients
	now     atomic.Pointer[App] // the newest, whose figures are shown
}

func newLegacy() *legacy {
	l := &legacy{
		shared: &server.Shared{}, seals: seal.New(), hop: rand.Text(),
		metrics: telemetry.New(Version, runtime.Version()), health: route.NewHealth(), budget: route.NewBudget(),
	}
	l.watch()
	return l
}

func build(c *config.Config, getenv func(string) string, log *slog.Logger, mock net.Addr, from *legacy) (*App, error) {
	if from == nil {
		from = newLegacy()
	}
	catalogue, err := loadCatalogue(mock != nil)
	if err != nil {
		return nil, err
	}
	policies, err := newEgress(c)
	if err != nil {
		return nil, err
	}
	if mock != nil {
		if err := addMock(catalogue, policies, mock); err != nil {
			return nil, err
		}
	}
	compiler, err := newCompiler(c, catalogue, policies)
	if err != nil {
		return nil, err
	}
	keys, err := newKeys(c, catalogue, getenv)
	if err != nil {
		return nil, err
	}
	own, err := newOwn(c, catalogue)
	if err != nil {
		return nil, err
	}
	dialer := &egress.Dialer{Policy: policies, Timeout: c.Limits.Connect}
	authority := auth.New(auth.Options{Dialer: dialer, Getenv: getenv, Own: own})
	client := upstream.New(upstream.Options{
		Limits: upstreamLimits(c.Limits), Dialects: all.Find, Agent: "sluice/" + Version, Hop: from.hop,
		Dialer: dialer, Auth: authority, Seals: from.seals,
	})
	options := server.Options{
		Gateway:  &gateway.Gateway{Compiler: compiler, Walker: newWalker(c, from), Client: client, Keys: keys, Auth: authority},
		Dialects: all.Find, Limits: serverLimits(c.Limits), AllowedHosts: c.AllowedHosts, AllowedOrigins: c.Origins, Hop: from.hop, Log: log, Version: Version,
		Shared: from.shared, Meter: from.metrics,
	}
	if showsMetrics(c) {
		options.Metrics = from.metrics.Append
	}
	a := &App{Config: c, Egress: policies, Server: server.New(options), client: client, auth: authority, log: log, legacy: from}
	from.now.Store(a)
	return a, nil
}

func newWalker(c *config.Config, from *legacy) *route.Walker {
	w := route.NewWalker(c.Limits.UpstreamCalls)
	w.Observer, w.Budget, w.Health = from.metrics, from.budget, nil
	if c.Ejection {
		w.Health = from.health
	}
	return w
}

// embedded is the catalogue of this binary. It is read once a process, since
// nobody changes it.
var embedded = sync.OnceValues(func() (*provider.Catalogue, error) { return provider.Load(providers.FS) })

// loadCatalogue returns the shared catalogue, or one of its own to who adds to it.
func loadCatalogue(own bool) (*provider.Catalogue, error) {
	if own {
		return provider.Load(providers.FS)
	}
	return embedded()
}

// newEgress applies S12: without a list, this machine is trusted as long as
// nobody else can ask us to connect to it.
func newEgress(c *config.Config) (*egress.Policy, error) {
	trusted := c.TrustedHosts
	if !c.TrustedSet && c.Loopback() {
		trusted = egress.DefaultTrusted
	}
	p, err := egress.NewPolicy(trusted)
	if err != nil {
		return nil, fmt.Errorf("trusted_hosts (TRUSTED_CUSTOM_HOSTS): %w", err)
	}
	return p, nil
}

// newCompiler checks the stored configs, strictly: what nobody knows in them is
// an error here, not a warning (R50).
func newCompiler(c *config.Config, catalogue *provider.Catalogue, p *egress.Policy) (*policy.Compiler, error) {
	compiler := &policy.Compiler{Catalogue: catalogue, Egress: p, Named: c.Configs, Default: c.Default}
	if named, ok := c.Configs[string(c.Default)]; ok {
		compiler.Default = named
	} else if len(c.Default) > 0 && c.Default[0] != '{' {
		return nil, fmt.Errorf("default_config: no config is named %q", c.Default)
	}
	for name, text := range c.Configs {
		if err := compiler.Check(text); err != nil {
			return nil, fmt.Errorf("config %q: %s", name, describe(err))
		}
	}
	if compiler.Default != nil {
		if err := compiler.Check(compiler.Default); err != nil {
			return nil, fmt.Errorf("default_config: %s", describe(err))
		}
	}
	return compiler, nil
}

// newKeys collects the operator's credentials: those of the file or, without
// one and on a loopback listener, each vendor's usual environment variable.
func newKeys(c *config.Config, catalogue *provider.Catalogue, getenv func(string) string) (gateway.Keys, error) {
	keys := gateway.Keys{}
	for id, key := range c.Keys {
		p, ok := catalogue.Find(id)
		if !ok {
			hint := ""
			if near := catalogue.Suggest(id); near != "" {
				hint = " (did you mean " + near + "?)"
			}
			return nil, fmt.Errorf("providers: unknown provider %q%s", id, hint)
		}
		keys[p.ID] = key
	}
	if c.File != "" || !c.Loopback() {
		return keys, nil
	}
	for _, p := range catalogue.All() {
		if p.Auth.Env != "" {
			if text := getenv(p.Auth.Env); text != "" {
				keys[p.ID] = secret.New(text)
			}
		}
	}
	return keys, nil
}

// newOwn says who may use this machine's own identity, under the rule of
// newKeys; metadata services only where the operator named the provider.
func newOwn(c *config.Config, catalogue *provider.Catalogue) (func(string) auth.Reach, error) {
	rest, named := auth.Nothing, map[string]bool{}
	if !c.OwnSet && c.File == "" && c.Loopback() {
		rest = auth.Local
	}
	for _, id := range c.Own {
		p, ok := catalogue.Find(id)
		switch {
		case id == "all":
			rest = auth.Machine
		case id == "none":
		case !ok:
			return nil, fmt.Errorf("own_credentials (SLUICE_OWN_CREDENTIALS): unknown provider %q", id)
		default:
			named[p.ID] = true
		}
	}
	return func(id string) auth.Reach {
		if named[id] {
			return auth.Machine
		}
		return rest
	}, nil
}

// addMock makes the fake provider known as "mock". Its address is trusted.
func addMock(catalogue *provider.Catalogue, p *egress.Policy, addr net.Addr) error {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return err
	}
	p.Trust(at)
	openai := func(path string) provider.Endpoint { return provider.Endpoint{Dialect: "openai", Path: path} }
	return catalogue.Add(&provider.Provider{
		ID: "mock", Title: "Built-in fake provider", BaseURL: "http://" + at.String() + "/v1", Local: true,
		Auth: provider.Auth{Scheme: provider.NoAuth},
		Ops: map[llm.Op]provider.Endpoint{
			llm.Chat: openai("/chat/completions"), llm.Complete: openai("/completions"), llm.Embed: openai("/embeddings"),
			llm.Models: {Path: "/models"},
		},
	})
}

func upstreamLimits(l config.Limits) upstream.Limits {
	return upstream.Limits{
		Connect: l.Connect, FirstByte: l.FirstByte, FirstByteStream: l.FirstByteStream, Idle: l.Idle,
		Total: l.Total, TotalStream: l.TotalStream,
		ResponseBytes: l.ResponseBytes, EventBytes: int(l.EventBytes), HeaderBytes: 256 << 10,
	}
}

func serverLimits(l config.Limits) server.Limits {
	return server.Limits{
		BodyBytes: l.BodyBytes, UploadBytes: l.UploadBytes, BufferBytes: l.BufferBytes, InFlight: int64(l.InFlight),
		BodyTime: l.ReadBody, StallTime: l.BodyStall, WriteStall: l.WriteStall,
		HeaderBytes: 32 << 10, HeadersBytes: int(l.HeaderBytes), HeaderCount: 256, LineBytes: 16 << 10,
	}
}

// Handler is the gateway without a listener.
func (a *App) Handler() http.Handler { return a.Server }

// Close gives up the connections to providers.
func (a *App) Close() {
	a.client.Close()
	a.auth.Close()
}

// environment is os.Getenv, in one place.
func environment(name string) string { return os.Getenv(name) }
