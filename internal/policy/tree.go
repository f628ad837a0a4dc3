package policy

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"sluice/internal/jsonx"
	"sluice/internal/provider"
)

// inherited is what a level hands down to its targets (contract, §3.3).
type inherited struct {
	overrides []Override
	retry     *Retry
	breaker   *Breaker
	entry     // only customHost, private, forward, timeout and strict
}

// under joins a level with what it inherits; the level wins.
func (in inherited) under(e *entry) inherited {
	out := inherited{overrides: merge(in.overrides, e.overrides), retry: e.retry}
	if out.retry == nil {
		out.retry = in.retry
	}
	out.breaker = e.ownBreaker(in.breaker)
	out.customHost, out.private = e.customHost, e.private
	if e.customHost == "" {
		out.customHost, out.private = in.customHost, in.private
	}
	if out.forward = e.forward; e.forward == nil {
		out.forward = in.forward
	}
	if out.timeout = e.timeout; e.timeout == 0 {
		out.timeout = in.timeout
	}
	out.lossless = e.lossless || in.lossless
	if out.strict = e.strict; e.strict == nil {
		out.strict = in.strict
	}
	return out
}

// ownBreaker is the level's own, else its strategy's, else what it inherits.
func (e *entry) ownBreaker(inherited *Breaker) *Breaker {
	switch {
	case e.breaker != nil:
		return e.breaker
	case e.strategy != nil && e.strategy.breaker != nil:
		return e.strategy.breaker
	}
	return inherited
}

func merge(parent, child []Override) []Override {
	out := slices.Clone(parent)
	for _, o := range child {
		if i := slices.IndexFunc(out, func(p Override) bool { return p.Name == o.Name }); i >= 0 {
			out[i] = o
		} else {
			out = append(out, o)
		}
	}
	return out
}

const nothingThere = "Invalid configuration. It must have either 'provider' and 'api_key', or 'strategy' and 'targets', or 'cache', or 'retry', or 'request_timeout'"

// expand turns a level, and all below it, into a node.
func (b *build) expand(e entry, in inherited, depth int) Node {
	if e.strategy != nil && e.targets == nil && !e.strategy.isSingle() && !e.refused {
		b.report(at(e.path, "targets"), "Required")
		return nil
	}
	if e.targets != nil {
		return b.branch(e, in.under(&e), depth)
	}
	if e.provider == nil && !e.refused && (b.header.provider == nil || len(e.path) == 0 && !e.something) {
		b.report(e.path, nothingThere)
		return nil
	}
	return b.leaf(e, in)
}

func (s *strategy) isSingle() bool { return s == nil || s.mode == "single" }

func (b *build) branch(e entry, in inherited, depth int) Node {
	if len(e.targets) == 0 {
		b.report(at(e.path, "targets"), "there must be at least one target")
		return nil
	}
	if depth > maxDepth {
		b.report(at(e.path, "targets"), "more than %d levels of targets", maxDepth)
		return nil
	}
	var nodes []Node
	var weights []float64
	names := map[string]int{}
	for i, v := range e.targets {
		path := at(e.path, "targets", strconv.Itoa(i))
		o, err := jsonx.Parse(v)
		if err != nil {
			b.report(path, "Expected object, received %s", jsonx.KindOf(v))
			continue
		}
		child := b.read(&o, path, fmt.Sprintf("%s.targets[%d]", e.ref, i))
		nodes = append(nodes, b.expand(child, in, depth+1))
		weights = append(weights, child.weight)
		if _, taken := names[child.name]; !taken && child.name != "" {
			names[child.name] = i
		}
	}
	b.reportStray(e)
	return b.choose(e, nodes, weights, names)
}

// choose makes the node of a level's strategy. Targets without a strategy
// count as single.
func (b *build) choose(e entry, nodes []Node, weights []float64, names map[string]int) Node {
	if len(nodes) == 0 {
		return nil
	}
	if e.strategy.isSingle() {
		return nodes[0]
	}
	switch e.strategy.mode {
	case "fallback":
		return &Fallback{Targets: nodes, On: e.strategy.on}
	case "loadbalance":
		if !slices.ContainsFunc(weights, func(w float64) bool { return w > 0 }) {
			b.report(at(e.path, "targets"), "at least one weight must be more than 0")
		}
		return &LoadBalance{Targets: nodes, Weights: weights}
	case "conditional":
		return &Conditional{Targets: nodes, Rules: b.rules(e), Default: e.strategy.fallback, names: names}
	}
	return nil
}

// rules reads the conditions. Their faults keep the incumbent's texts, which
// say "query router" and come alone.
func (b *build) rules(e entry) (rules []Rule) {
	if jsonx.KindOf(e.strategy.conditions) != jsonx.Array || len(slices.Collect(jsonx.Elements(e.strategy.conditions))) == 0 {
		b.router("No conditions passed in the query router")
		return nil
	}
	i := 0
	for v := range jsonx.Elements(e.strategy.conditions) {
		path := at(e.path, "strategy", "conditions", strconv.Itoa(i))
		then, ok := jsonx.Text(jsonx.At(v, "then"))
		if !ok {
			b.report(at(path, "then"), "Required")
		}
		query, err := compileQuery(jsonx.At(v, "query"), 1)
		switch {
		case err != nil && strings.HasPrefix(err.Error(), "Unsupported operator"):
			b.router(err.Error())
		case err != nil:
			b.report(at(path, "query"), "%s", err)
		}
		rules = append(rules, Rule{Query: query, Then: then})
		i++
	}
	return rules
}

func (b *build) router(message string) {
	if b.routerErr == nil {
		b.routerErr = routerError(message)
	}
}

// leaf makes a target of a level without targets.
func (b *build) leaf(e entry, in inherited) *Target {
	in = in.under(&e)
	t := &Target{
		Path: e.ref, Provider: e.provider, Key: keyOf(e.key), Fields: e.fields,
		CustomHost: in.customHost, Private: in.private, Overrides: in.overrides,
		Forward: in.forward, Timeout: in.timeout, Breaker: in.breaker,
		Strict:   !b.header.lenient && (in.strict == nil || *in.strict),
		Lossless: b.header.lossless || in.lossless,
	}
	if in.retry != nil {
		t.Retry = *in.retry
	}
	if t.Provider == nil {
		t.Provider, t.Fields = b.header.provider, b.header.fields
	}
	b.ownHost(t, e)
	b.overlay(t)
	if t.Provider != nil {
		t.settle()
		b.own(t, e)
		t.prepare()
		b.targets = append(b.targets, t)
	}
	return t
}

// ownHost takes the address from the key some vendors have for it.
func (b *build) ownHost(t *Target, e entry) {
	if t.Provider == nil || t.Provider.HostHeader == "" || t.CustomHost != "" {
		return
	}
	key := provider.FieldName(t.Provider.HostHeader)
	if text := t.Fields[key]; text != "" {
		var err error
		if t.CustomHost, t.Private, err = b.destination(text); err != nil {
			b.forbidden = true
			b.report(at(e.path, key), "Invalid custom host")
		}
	}
}

func (b *build) overlay(t *Target) {
	if b.header.customHost != "" {
		t.CustomHost, t.Private = b.header.customHost, b.header.private
	}
	if b.header.timeout > 0 {
		t.Timeout = b.header.timeout
	}
	if b.header.forward != nil {
		t.Forward = b.header.forward
	}
}

// own checks the settings of the target's provider: which are missing, and
// which keys nobody knows.
func (b *build) own(t *Target, e entry) {
	var missing []string
	for name, v := range t.Provider.Vars {
		if t.Fields[name] == "" && v.Default == "" && !v.Optional && t.CustomHost == "" && e.provider != nil {
			missing = append(missing, "'"+name+"'")
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		b.report(e.path, "%s are required for '%s' provider", strings.Join(missing, ", "), t.Provider.ID)
	}
	for _, name := range e.other {
		if key := snake(name); !b.known(t, key) {
			b.unknown(e.ref, name)
		}
	}
}

func (b *build) known(t *Target, key string) bool {
	if _, ok := t.Provider.Vars[key]; ok || t.Provider.HostHeader != "" && key == provider.FieldName(t.Provider.HostHeader) {
		return true
	}
	if slices.ContainsFunc(t.Provider.Auth.Settings(), func(s provider.AuthSetting) bool { return s.Name == key }) {
		return true
	}
	return slices.ContainsFunc(t.Provider.Headers, func(h string) bool {
		return provider.FieldName(h) == key
	})
}

// reportStray warns of keys that mean nothing beside targets.
func (b *build) reportStray(e entry) {
	for _, name := range e.other {
		b.unknown(e.ref, name)
	}
}

func setStrategy(b *build, e *entry, path []string, v jsonx.Value) {
	o, err := jsonx.Parse(v)
	if err != nil {
		wrongType(b, path, "object", v)
		return
	}
	s := &strategy{}
	for name, value := range o.All() {
		switch snake(name) {
		case "mode":
			s.mode, _ = jsonx.Text(value)
		case "on_status_codes":
			s.on = b.codes(at(path, name), value)
		case "conditions":
			s.conditions = value
		case "cb_config":
			if jsonx.KindOf(value) != jsonx.Null {
				s.breaker = b.readBreaker(at(path, name), value)
			}
		case "default":
			if s.fallback, _ = jsonx.Text(value); jsonx.KindOf(value) != jsonx.String {
				wrongType(b, at(path, name), "string", value)
			}
		default:
			b.unknown(e.ref+".strategy", name)
		}
	}
	if o.Get("mode") == nil {
		b.report(at(path, "mode"), "Required")
	} else if !slices.Contains([]string{"single", "loadbalance", "fallback", "conditional"}, s.mode) {
		b.report(at(path, "mode"), "Invalid 'mode' value. Must be one of: single, loadbalance, fallback, conditional")
	}
	e.strategy = s
}
