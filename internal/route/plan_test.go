package route_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sluice/internal/egress"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
)

// object is a config under construction.
type object = map[string]any

// compile makes a plan of a config object, as a request's would be.
func compile(tb testing.TB, config any) policy.Node {
	tb.Helper()
	text, err := jsonx.Marshal(config)
	if err != nil {
		tb.Fatal(err)
	}
	var catalogue provider.Catalogue
	if err := catalogue.Add(&provider.Provider{
		ID: "acme", Title: "Acme", BaseURL: "https://api.acme.example/v1",
		Auth: provider.Auth{Scheme: provider.Bearer},
		Ops:  map[llm.Op]provider.Endpoint{llm.Chat: {Dialect: "openai", Path: "/chat/completions"}},
	}); err != nil {
		tb.Fatal(err)
	}
	plan, err := (&policy.Compiler{Catalogue: &catalogue, Egress: &egress.Policy{}}).Compile(policy.Source{Config: string(text)})
	if err != nil {
		tb.Fatalf("compile %s: %v", text, err)
	}
	return plan.Root
}

// leaf is a target of its own; more holds pairs of keys and values.
func leaf(more ...any) object {
	o := object{"provider": "acme", "api_key": "k"}
	for i := 0; i < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	return o
}

func branch(strategy object, targets ...any) object {
	return object{"strategy": strategy, "targets": targets}
}

// tree is a random plan as the reference model sees it: what the rules need to
// know, and nothing of how package route holds it.
type tree struct {
	mode    string // empty: a target
	path    string
	kids    []*tree
	weights []float64
	on      []int // of a fallback, nil: none given
	picks   int   // the child a conditional leads to, -1: none

	attempts   int // extra tries of a target
	retryOn    []int
	retryAfter bool
	script     []outcome // what each attempt meets; the last one repeats
}

// outcome is what one attempt meets.
type outcome struct {
	class  llm.Class // empty: an answer
	status int
	kind   llm.Kind
	asked  time.Duration // retry-after
	final  bool
	leaves bool // the client goes away meanwhile
}

var outcomes = []outcome{
	{class: llm.ClassStatus, status: 400, kind: llm.UpstreamStatus},
	{class: llm.ClassStatus, status: 401, kind: llm.UpstreamStatus},
	{class: llm.ClassStatus, status: 429, kind: llm.UpstreamStatus},
	{class: llm.ClassStatus, status: 429, kind: llm.UpstreamStatus, asked: 1500 * time.Millisecond},
	{class: llm.ClassStatus, status: 429, kind: llm.UpstreamStatus, asked: 60 * time.Second},
	{class: llm.ClassStatus, status: 503, kind: llm.UpstreamStatus, asked: 61 * time.Second},
	{class: llm.ClassStatus, status: 500, kind: llm.UpstreamStatus},
	{class: llm.ClassStatus, status: 503, kind: llm.UpstreamStatus},
	{class: llm.ClassDNS, status: 502, kind: llm.Unreachable},
	{class: llm.ClassConnect, status: 502, kind: llm.Unreachable},
	{class: llm.ClassTLS, status: 502, kind: llm.Unreachable},
	{class: llm.ClassWrite, status: 502, kind: llm.Unreachable},
	{class: llm.ClassReset, status: 502, kind: llm.Unreachable},
	{class: llm.ClassFirstByte, status: 504, kind: llm.UpstreamTimeout},
	{class: llm.ClassFirstByte, status: 408, kind: llm.RequestTimeout},
	{class: llm.ClassIdle, status: 504, kind: llm.UpstreamTimeout},
	{class: llm.ClassInvalid, status: 502, kind: llm.InvalidResponse},
	{class: "local", status: 501, kind: llm.NotSupported},
	{class: llm.ClassReset, status: 502, kind: llm.Unreachable, final: true},
	{class: llm.ClassCanceled, status: 499, kind: llm.Canceled, final: true, leaves: true},
	{},
	{},
	{}, // answers
}

var codeLists = [][]int{nil, nil, {}, {429}, {500, 503}, {502}, {408, 504}, {400, 401}, {200, 246, 299}, {501}}

// plant makes a random plan.
func plant(r *rand.Rand, path string, depth int) *tree {
	t := &tree{path: path, picks: -1}
	if depth == 0 || r.IntN(3) == 0 {
		t.attempts, t.retryOn, t.retryAfter = max(r.IntN(9)-3, 0), codeLists[r.IntN(len(codeLists))], r.IntN(2) == 0
		for range 1 + r.IntN(4) {
			t.script = append(t.script, outcomes[r.IntN(len(outcomes))])
		}
		return t
	}
	t.mode = []string{"single", "fallback", "fallback", "loadbalance", "conditional"}[r.IntN(5)]
	t.on = codeLists[r.IntN(len(codeLists))]
	for i := range 1 + r.IntN(4) {
		t.kids = append(t.kids, plant(r, fmt.Sprintf("%s.targets[%d]", path, i), depth-1))
		t.weights = append(t.weights, float64(r.IntN(4)))
	}
	t.weights[r.IntN(len(t.kids))]++ // not all may be 0
	if t.mode == "conditional" && r.IntN(8) > 0 {
		t.picks = r.IntN(len(t.kids))
	}
	return t
}

// config writes the plan as a caller would.
func (t *tree) config() object {
	if t.mode == "" {
		retry := object{"attempts": t.attempts, "use_retry_after_header": t.retryAfter}
		if t.retryOn != nil {
			retry["on_status_codes"] = t.retryOn
		}
		return leaf("retry", retry)
	}
	strategy := object{"mode": t.mode}
	if t.mode == "fallback" && t.on != nil {
		strategy["on_status_codes"] = t.on
	}
	if t.mode == "conditional" {
		then := "nobody"
		if t.picks >= 0 {
			then = fmt.Sprint("kid", t.picks)
		}
		strategy["conditions"] = []any{
			object{"query": object{"metadata.never": "true"}, "then": "kid0"},
			object{"query": object{"metadata.always": "yes"}, "then": then},
		}
	}
	var kids []any
	for i, k := range t.kids {
		o := k.config()
		o["weight"], o["name"] = t.weights[i], fmt.Sprint("kid", i)
		kids = append(kids, o)
	}
	return branch(strategy, kids...)
}
