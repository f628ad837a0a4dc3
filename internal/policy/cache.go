package policy

import (
	"slices"
	"strings"

	"sluice/internal/recent"
)

// Bounds of what is kept, per generation. A plan is counted by its targets and
// not only by its key: the name of a stored config is short, and goes with as
// many different timeouts as a caller likes.
const (
	maxCached  = 16 << 20
	targetCost = 1 << 10 // bytes, about what one takes
)

// Fill is how full the memory of plans is, in bytes.
func (c *Compiler) Fill() recent.Fill {
	c.sized.Do(func() { c.plans.Max = maxCached })
	return c.plans.Fill()
}

// cost is what keeping a plan takes, beside its key.
func (p *Plan) cost() int { return p.size * targetCost }

// usualKey is longer than most keys are: those are built on the stack.
const usualKey = 1 << 10

// appendKey joins all that a plan is made from. The parts are told apart by a
// byte that no header can hold.
func (s *Source) appendKey(key []byte) []byte {
	for _, part := range [...]string{s.Config, s.Provider, s.CustomHost, s.Forward, s.Timeout, s.Strict, s.Lossless} {
		key = append(append(key, part...), 0)
	}
	if s.Provider == "" {
		return key
	}
	// The provider's own headers: few requests have any, and none many.
	own := make([]string, 0, 8)
	for name := range s.Header {
		if strings.HasPrefix(name, "X-Portkey-") && !slices.Contains(perRequest, name) {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	for _, name := range own {
		key = append(append(append(append(key, name...), 0), s.Header.Get(name)...), 0)
	}
	return key
}

// perRequest are headers that do not shape a plan, or are in Source already.
var perRequest = []string{
	"X-Portkey-Config", "X-Portkey-Provider", "X-Portkey-Custom-Host", "X-Portkey-Forward-Headers",
	"X-Portkey-Request-Timeout", "X-Portkey-Strict-Open-Ai-Compliance", "X-Portkey-Trace-Id",
	"X-Portkey-Metadata", "X-Portkey-Cache-Force-Refresh", "X-Portkey-Api-Key", "X-Portkey-Virtual-Key",
	"X-Portkey-Package-Version", "X-Portkey-Runtime", "X-Portkey-Runtime-Version",
}
