package policy

import (
	"fmt"
	"math"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/provider"
)

// Limits of a config (reliability rules, section 1; R10, R15).
const (
	maxConfig   = 48 << 10  // in a header
	maxStored   = 256 << 10 // in a file
	maxDepth    = 8
	maxTargets  = 128
	maxAttempts = 5
	maxTimeout  = 3_600_000 // milliseconds
)

// entry is one level of a config object, read but not yet joined with its parents.
type entry struct {
	path []string // in the object, for messages
	ref  string   // config.targets[1], for the response header

	name       string
	provider   *provider.Provider
	refused    bool // it named a provider or targets, but not in a way that counts; reported
	key        string
	weight     float64
	customHost string
	private    bool
	forward    []string
	timeout    time.Duration
	strict     *bool
	lossless   bool
	breaker    *Breaker
	retry      *Retry
	overrides  []Override
	strategy   *strategy
	targets    []jsonx.Value // nil: no such key
	fields     map[string]string
	other      []string // keys that may be the provider's own
	something  bool     // it has one of the keys that make a config worth having
	legacy     bool
}

type strategy struct {
	mode       string
	on         Codes
	conditions jsonx.Value
	breaker    *Breaker
	fallback   string // the default of a conditional
}

// snake turns camelCase into snake_case; other names stay as they are.
func snake(name string) string {
	var out strings.Builder
	for _, c := range []byte(name) {
		if c >= 'A' && c <= 'Z' {
			if out.Len() > 0 && !strings.HasSuffix(out.String(), "_") {
				out.WriteByte('_')
			}
			c |= 0x20
		}
		out.WriteByte(c)
	}
	return out.String()
}

func (b *build) report(path []string, format string, args ...any) {
	b.problems = append(b.problems, problem(path, fmt.Sprintf(format, args...)))
}

// read takes one level apart. It goes on after a problem, to report them all.
func (b *build) read(o *jsonx.Object, path []string, ref string) entry {
	e := entry{path: path, ref: ref, weight: 1, fields: map[string]string{}}
	seen := map[string]bool{}
	for name, v := range o.All() {
		key := snake(name)
		if seen[key] {
			b.report(at(path, name), "given twice, in two spellings")
			continue
		}
		seen[key] = true
		if set, known := configKeys[key]; known {
			if jsonx.KindOf(v) != jsonx.Null {
				set(b, &e, at(path, name), v)
			}
			continue
		}
		e.field(key, name, v)
	}
	return e
}

func at(path []string, steps ...string) []string {
	return append(slices.Clone(path), steps...)
}

// field keeps a key that may be one of the provider's own settings.
func (e *entry) field(key, name string, v jsonx.Value) {
	e.other = append(e.other, name)
	switch jsonx.KindOf(v) {
	case jsonx.String:
		e.fields[key], _ = jsonx.Text(v)
	case jsonx.Number, jsonx.Bool, jsonx.Composite:
		e.fields[key] = string(v)
	}
}

type setter func(b *build, e *entry, path []string, v jsonx.Value)

// configKeys are the keys of the contract, §3.1, in snake_case.
var configKeys map[string]setter

func init() { // the setters refer to each other through read
	configKeys = map[string]setter{
		"strategy":                  setStrategy,
		"targets":                   setTargets,
		"provider":                  setProvider,
		"api_key":                   text(func(e *entry, s string) { e.key = s }),
		"name":                      text(func(e *entry, s string) { e.name = s }),
		"id":                        ignore,
		"weight":                    setWeight,
		"retry":                     setRetry,
		"request_timeout":           setTimeout,
		"custom_host":               setCustomHost,
		"forward_headers":           setForward,
		"override_params":           setOverrides,
		"strict_open_ai_compliance": setStrict,
		"lossless":                  setLossless,
		"cb_config":                 setBreaker,
		"on_status_codes":           func(b *build, _ *entry, p []string, v jsonx.Value) { b.codes(p, v) },
		"cache":                     setCache,
		"options":                   func(_ *build, e *entry, _ []string, _ jsonx.Value) { e.legacy = true },
		"mode":                      ignore,
		"before_request_hooks":      later, "after_request_hooks": later,
		"input_guardrails": later, "output_guardrails": later,
		"default_input_guardrails": later, "default_output_guardrails": later,
		"input_mutators": later, "output_mutators": later,
	}
}

func ignore(*build, *entry, []string, jsonx.Value) {}

// later refuses what would be unsafe to leave out: a check nobody runs.
func later(b *build, e *entry, path []string, v jsonx.Value) {
	e.something = true
	for range jsonx.Elements(v) {
		b.report(path, "guardrails are not available in this version")
		return
	}
}

func wrongType(b *build, path []string, want string, v jsonx.Value) {
	b.report(path, "Expected %s, received %s", want, jsonx.KindOf(v))
}

func text(set func(*entry, string)) setter {
	return func(b *build, e *entry, path []string, v jsonx.Value) {
		s, ok := jsonx.Text(v)
		if !ok {
			wrongType(b, path, "string", v)
			return
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			b.report(path, "control characters are not allowed")
			return
		}
		set(e, s)
	}
}

func setProvider(b *build, e *entry, path []string, v jsonx.Value) {
	id, ok := jsonx.Text(v)
	if !ok {
		e.refused = true
		wrongType(b, path, "string", v)
		return
	}
	if e.provider, ok = b.Catalogue.Find(id); ok {
		return
	}
	e.refused = true
	hint := ""
	if near := b.Catalogue.Suggest(id); near != "" {
		hint = ": did you mean " + near + "?"
	}
	b.report(path, "Invalid 'provider' value%s", hint)
}

func setTargets(b *build, e *entry, path []string, v jsonx.Value) {
	if jsonx.KindOf(v) != jsonx.Array {
		e.refused = true
		wrongType(b, path, "array", v)
		return
	}
	e.targets = []jsonx.Value{}
	for t := range jsonx.Elements(v) {
		e.targets = append(e.targets, t)
	}
	if b.count += len(e.targets); b.count > maxTargets {
		b.report(path, "more than %d targets", maxTargets)
		e.targets = e.targets[:0]
	}
}

func setWeight(b *build, e *entry, path []string, v jsonx.Value) {
	w, ok := asFloat(v)
	if !ok && jsonx.KindOf(v) != jsonx.Number {
		wrongType(b, path, "number", v)
		return
	}
	if !ok || w < 0 || math.IsInf(w, 0) || math.IsNaN(w) {
		b.report(path, "a weight is a finite number, 0 or more")
		return
	}
	e.weight = w
}

func setTimeout(b *build, e *entry, path []string, v jsonx.Value) {
	e.something = true
	if jsonx.KindOf(v) != jsonx.Number {
		wrongType(b, path, "number", v)
		return
	}
	ms, ok := jsonx.Int(v)
	if !ok || ms < 1 || ms > maxTimeout {
		b.report(path, "request_timeout is a whole number of milliseconds from 1 to %d", maxTimeout)
		return
	}
	e.timeout = time.Duration(ms) * time.Millisecond
}

func setCustomHost(b *build, e *entry, path []string, v jsonx.Value) {
	s, ok := jsonx.Text(v)
	if !ok {
		wrongType(b, path, "string", v)
		return
	}
	host, private, err := b.destination(s)
	if err != nil {
		b.forbidden = true
		b.report(path, "Invalid custom host")
		return
	}
	e.customHost, e.private = host, private
}

func setForward(b *build, e *entry, path []string, v jsonx.Value) {
	if jsonx.KindOf(v) != jsonx.Array {
		wrongType(b, path, "array", v)
		return
	}
	e.forward = []string{}
	i := -1
	for item := range jsonx.Elements(v) {
		i++
		s, ok := jsonx.Text(item)
		switch name := textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(s)); {
		case !ok:
			wrongType(b, at(path, strconv.Itoa(i)), "string", item)
		case name == "X-Portkey-Forward-Headers":
			b.report(path, forwardItself)
		case name != "":
			e.forward = append(e.forward, name)
		}
	}
}

func setOverrides(b *build, e *entry, path []string, v jsonx.Value) {
	o, err := jsonx.Parse(v)
	if err != nil {
		wrongType(b, path, "object", v)
		return
	}
	for name, value := range o.All() {
		e.overrides = append(e.overrides, Override{name, value})
	}
}

func setStrict(b *build, e *entry, path []string, v jsonx.Value) {
	if jsonx.KindOf(v) != jsonx.Bool {
		wrongType(b, path, "boolean", v)
		return
	}
	strict := jsonx.IsTrue(v)
	e.strict = &strict
}

func setLossless(b *build, e *entry, path []string, v jsonx.Value) {
	if s, _ := jsonx.Text(v); s != lossless {
		b.report(path, "Invalid value. The only one is: %s", lossless)
		return
	}
	e.lossless = true
}

func setCache(b *build, e *entry, path []string, v jsonx.Value) {
	e.something = true
	mode, short := jsonx.Text(v) // "simple" is short for {"mode":"simple"}
	if !short {
		o, err := jsonx.Parse(v)
		if err != nil {
			wrongType(b, path, "object", v)
			return
		}
		mode, _ = jsonx.Text(o.Get("mode"))
	}
	switch mode {
	case "simple", "semantic":
		b.warnings = append(b.warnings, e.ref+".cache: caching is not available in this version")
	default:
		b.report(at(path, "mode"), "Invalid 'mode' value. Must be one of: simple, semantic")
	}
}

func setRetry(b *build, e *entry, path []string, v jsonx.Value) {
	e.something = true
	o, err := jsonx.Parse(v)
	if err != nil {
		wrongType(b, path, "object", v)
		return
	}
	r := Retry{On: defaultRetryCodes}
	attempts := false
	for name, value := range o.All() {
		switch snake(name) {
		case "attempts", "count":
			attempts = true
			r.Attempts = b.attempts(at(path, name), value)
		case "on_status_codes":
			r.On = b.codes(at(path, name), value)
		case "use_retry_after_header":
			if jsonx.KindOf(value) != jsonx.Bool {
				wrongType(b, at(path, name), "boolean", value)
			}
			r.UseRetryAfter = jsonx.IsTrue(value)
		default:
			b.unknown(e.ref+".retry", name)
		}
	}
	if !attempts {
		b.report(at(path, "attempts"), "Required")
	}
	e.retry = &r
}

var defaultRetryCodes = CodesOf(429, 500, 502, 503, 504)

func (b *build) attempts(path []string, v jsonx.Value) int {
	if jsonx.KindOf(v) != jsonx.Number {
		wrongType(b, path, "number", v)
		return 0
	}
	f, ok := jsonx.Float(v)
	if !ok || f < 0 || f != math.Trunc(f) {
		b.report(path, "attempts is a whole number from 0 to %d", maxAttempts)
		return 0
	}
	return int(min(f, maxAttempts))
}

func (b *build) codes(path []string, v jsonx.Value) Codes {
	c := Codes{given: true}
	if jsonx.KindOf(v) != jsonx.Array {
		wrongType(b, path, "array", v)
		return c
	}
	i := 0
	for item := range jsonx.Elements(v) {
		n, ok := jsonx.Int(item)
		switch {
		case jsonx.KindOf(item) != jsonx.Number:
			wrongType(b, at(path, strconv.Itoa(i)), "number", item)
		case !ok || n < 100 || n > 999:
			b.report(at(path, strconv.Itoa(i)), "a status code is a whole number from 100 to 999")
		default:
			c.list = append(c.list, int(n))
		}
		i++
	}
	return c
}

func (b *build) unknown(ref, name string) {
	b.warnings = append(b.warnings, fmt.Sprintf("%s: unknown key %.64q", ref, name))
}
