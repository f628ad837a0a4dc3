package policy

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/url"
	"sort"
	"time"

	"sluice/internal/jsonx"
)

// Breaker is a config's own rule for when a target is left out for a while, in
// place of the built-in one (reliability rules, R18). It is Portkey's cb_config
// (https://portkey.ai/docs/product/ai-gateway/circuit-breaker).
type Breaker struct {
	Failures    int           // so many failures open it; 0: the rate alone does
	Percent     float64       // so many failures of a hundred attempts do; 0: the rate does not count
	MinRequests int           // before the rate counts
	Cooldown    time.Duration // how long the target is out; 0: the built-in times
	On          Codes         // what counts as a failure; not given: what does by itself
}

// Bounds and defaults of a Breaker. Without a least number of requests, one
// failure would be a rate of 100 %.
const (
	defaultFailures = 5 // R18
	defaultMinimum  = 10
	maxBreaker      = 1_000_000
)

// setBreaker reads a cb_config. One that is not understood whole would not be
// obeyed, so an unknown key in it is an error, and not a warning as elsewhere.
func setBreaker(b *build, e *entry, path []string, v jsonx.Value) {
	e.breaker = b.readBreaker(path, v)
}

func (b *build) readBreaker(path []string, v jsonx.Value) *Breaker {
	o, err := jsonx.Parse(v)
	if err != nil {
		wrongType(b, path, "object", v)
		return nil
	}
	r := Breaker{MinRequests: defaultMinimum}
	seen := map[string]bool{}
	for name, value := range o.All() {
		key, p := snake(name), at(path, name)
		if seen[key] {
			b.report(p, "given twice, in two spellings")
		}
		seen[key] = true
		switch key {
		case "failure_threshold":
			r.Failures = int(b.between(p, value, 1, maxBreaker))
		case "failure_threshold_percentage":
			r.Percent = b.percent(p, value)
		case "minimum_requests":
			r.MinRequests = int(b.between(p, value, 1, maxBreaker))
		case "cooldown_interval":
			r.Cooldown = time.Duration(b.between(p, value, 1, maxTimeout)) * time.Millisecond
		case "failure_status_codes":
			r.On = b.codes(p, value)
		default:
			b.report(p, "Unrecognized key")
		}
	}
	if !seen["failure_threshold"] && !seen["failure_threshold_percentage"] {
		r.Failures = defaultFailures
	}
	return &r
}

func (b *build) between(path []string, v jsonx.Value, least, most int64) int64 {
	if jsonx.KindOf(v) != jsonx.Number {
		wrongType(b, path, "number", v)
		return least
	}
	n, ok := jsonx.Int(v)
	if !ok || n < least || n > most {
		b.report(path, "a whole number from %d to %d is needed", least, most)
		return least
	}
	return n
}

func (b *build) percent(path []string, v jsonx.Value) float64 {
	if jsonx.KindOf(v) != jsonx.Number {
		wrongType(b, path, "number", v)
		return 0
	}
	f, ok := jsonx.Float(v)
	if !ok || f <= 0 || f > 100 || math.IsNaN(f) {
		b.report(path, "a percentage is more than 0 and at most 100")
		return 0
	}
	return f
}

// identify says which targets are the same to whoever watches their health: the
// provider, where it is, with which credential, and under which rule. Of the
// credential only a digest is kept; the caller's, where it is used, is added by
// request.
func (t *Target) identify() {
	t.Origin = t.Provider.ID
	if u, err := t.URL(t.Provider, "/", ""); err == nil {
		t.Origin = originOf(u)
	}
	h := sha256.New()
	write := func(text string) { _, _ = fmt.Fprintf(h, "%d:%s", len(text), text) }
	write(t.Key.Reveal())
	names := make([]string, 0, len(t.Settings))
	for name := range t.Settings {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		write(name)
		write(t.Settings[name].Reveal())
	}
	t.Identity = t.Provider.ID + "\x00" + t.Origin + "\x00" + string(h.Sum(nil))
	if t.Breaker != nil {
		t.Identity += fmt.Sprintf("\x00%+v", *t.Breaker)
	}
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// watch marks the targets that a strategy can pass over for another (R18): those
// of a fallback or a balance that has more than one with a share. A conditional
// names its one target, so nothing of it is passed over. only is what the
// nearest such fallback moves on after.
func watch(n Node, replaceable bool, only Codes) {
	switch n := n.(type) {
	case *Target:
		if n.Replaceable, n.Only = replaceable, only; only.given {
			n.Identity += fmt.Sprintf("\x00%v", only.list)
		}
	case *Fallback:
		if len(n.Targets) > 1 {
			replaceable, only = true, n.On
		}
		for _, kid := range n.Targets {
			watch(kid, replaceable, only)
		}
	case *LoadBalance:
		shares := 0
		for _, w := range n.Weights {
			if w > 0 {
				shares++
			}
		}
		if shares > 1 {
			replaceable, only = true, Codes{}
		}
		for _, kid := range n.Targets {
			watch(kid, replaceable, only)
		}
	case *Conditional:
		for _, kid := range n.Targets {
			watch(kid, false, Codes{})
		}
	}
}
