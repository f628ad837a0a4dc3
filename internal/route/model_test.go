package route_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/route"
)

// course is what happened on one walk, of the model or of the walker.
type course struct {
	Calls []string
	Waits []time.Duration
	End   string // who answered or failed, how, after how many retries
}

// model is the reference: rules R13 to R19 and the contract, §3.4 to §3.8,
// written down a second time and as plainly as possible.
type model struct {
	course
	dice     float64 // the one number all dice show
	maxCalls int
	leavesAt int // the client goes away in this wait, counted from 1; 0: never
	used     map[string]int
	gone     bool
}

// failure is a walk's failure so far; nil means an answer.
type failure struct {
	outcome
	path    string
	nth     int
	retries int
}

func (f *failure) closed(m *model) bool { return m.gone || f.final || len(m.Calls) >= m.maxCalls }

func (m *model) walk(t *tree) *failure {
	switch t.mode {
	case "single":
		return m.walk(t.kids[0])
	case "fallback":
		var f *failure
		for i, kid := range t.kids {
			f = m.walk(kid)
			goesOn := f != nil && (t.on == nil || f.kind == llm.NotSupported || listed(t.on, f.outcome))
			if !goesOn || f.closed(m) || i == len(t.kids)-1 {
				break
			}
		}
		return f
	case "loadbalance":
		first := m.draw(t.weights)
		f := m.walk(t.kids[first])
		if f == nil || f.closed(m) || !slices.Contains([]llm.Class{llm.ClassDNS, llm.ClassConnect, llm.ClassTLS}, f.class) {
			return f
		}
		rest := slices.Clone(t.weights)
		rest[first] = 0
		if second := m.draw(rest); second >= 0 {
			return m.walk(t.kids[second])
		}
		return f
	case "conditional":
		if t.picks < 0 {
			m.End = "router"
			return &failure{outcome: outcome{status: 400, kind: llm.InvalidRequest}}
		}
		return m.walk(t.kids[t.picks])
	}
	return m.target(t)
}

// draw finds the first child whose share of the whole reaches past the dice.
func (m *model) draw(weights []float64) int {
	sum, upTo := 0.0, 0.0
	for _, w := range weights {
		sum += w
	}
	for i, w := range weights {
		if upTo += w; m.dice*sum < upTo {
			return i
		}
	}
	return -1
}

func (m *model) target(t *tree) *failure {
	for retries := 0; ; retries++ {
		m.Calls = append(m.Calls, t.path)
		nth := m.used[t.path]
		m.used[t.path]++
		o := t.script[min(nth, len(t.script)-1)]
		f := &failure{o, t.path, nth, retries}
		if o.class == "" {
			m.End = ended(t.path, nth, retries, 0)
			return nil
		}
		m.gone = m.gone || o.leaves
		m.End = ended(t.path, nth, retries, o.status)
		if t.attempts == 0 || !listed(t.retryOn, o) || o.final || m.gone {
			return f
		}
		tooLong := t.retryAfter && o.asked > 60*time.Second
		if retries == t.attempts || tooLong {
			m.End = ended(t.path, nth, -1, o.status)
			return f
		}
		if f.closed(m) {
			return f
		}
		wait := []time.Duration{1e9, 2e9, 4e9, 8e9, 8e9}[retries]
		wait += time.Duration(float64(wait) * (m.dice/2 - 0.25))
		if t.retryAfter && o.asked > 0 {
			wait = o.asked + time.Duration(float64(o.asked)*m.dice/10)
		}
		m.Waits = append(m.Waits, wait)
		if len(m.Waits) == m.leavesAt {
			m.gone, m.End = true, ended(t.path, -1, retries, 499)
			return &failure{outcome: outcome{status: 499, kind: llm.Canceled, final: true}, path: t.path}
		}
	}
}

// listed is R15: which codes a failure matches, nil standing for the default.
func listed(codes []int, o outcome) bool {
	if codes == nil {
		codes = []int{429, 500, 502, 503, 504}
	}
	also := []int{}
	switch o.class {
	case llm.ClassDNS, llm.ClassConnect, llm.ClassTLS, llm.ClassWrite, llm.ClassReset:
		also = []int{500, 502, 503}
	case llm.ClassFirstByte, llm.ClassIdle:
		also = []int{408, 504}
	}
	return slices.ContainsFunc(codes, func(c int) bool { return c >= 300 && (c == o.status || slices.Contains(also, c)) })
}

func ended(path string, nth, retries, status int) string {
	return fmt.Sprintf("%s attempt %d: %d after %d retries", path, nth, status, retries)
}

// walked is the course the real walker takes through the same plan.
func walked(t *testing.T, root *tree, m *model) (c course) {
	leaves := map[string]*tree{}
	var collect func(*tree)
	collect = func(t *tree) {
		leaves[t.path] = t
		for _, k := range t.kids {
			collect(k)
		}
	}
	collect(root)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &route.Walker{MaxCalls: m.maxCalls, Random: func() float64 { return m.dice }}
	w.Sleep = func(ctx context.Context, d time.Duration) error {
		c.Waits = append(c.Waits, d)
		if len(c.Waits) == m.leavesAt {
			cancel()
		}
		return context.Cause(ctx)
	}
	used := map[string]int{}
	answer, err := w.Walk(ctx, compile(t, root.config()), &policy.Env{Metadata: map[string]string{"always": "yes"}}, func(_ context.Context, target *policy.Target) (*llm.Answer, error) {
		c.Calls = append(c.Calls, target.Path)
		nth := used[target.Path]
		used[target.Path]++
		script := leaves[target.Path].script
		o := script[min(nth, len(script)-1)]
		if o.class == "" {
			return &llm.Answer{Status: 200, Body: []byte(strconv.Itoa(nth))}, nil
		}
		if o.leaves {
			cancel()
		}
		return nil, &llm.Error{Kind: o.kind, Status: o.status, Class: o.class, Message: strconv.Itoa(nth), RetryAfter: o.asked, Final: o.final}
	})
	var e *llm.Error
	switch {
	case err == nil:
		nth, _ := strconv.Atoi(string(answer.Body))
		c.End = ended(answer.Path, nth, answer.Retries, 0)
	case !errors.As(err, &e):
		t.Fatalf("%v is not an *llm.Error", err)
	case e.Param == "strategy":
		c.End = "router"
	default:
		nth, err := strconv.Atoi(e.Message)
		if err != nil {
			nth = -1
		}
		c.End = ended(e.Path, nth, e.Retries, e.Status)
	}
	return c
}

// TestWalkFollowsTheRules compares random walks with the reference model. A
// failure prints the seed of its plan; ROUTE_SEED=that runs it alone.
func TestWalkFollowsTheRules(t *testing.T) {
	first, rounds := rand.Uint64(), 3000
	if text := os.Getenv("ROUTE_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, rounds = seed, 1
	}
	ends := map[bool]int{}
	for seed := first; seed < first+uint64(rounds); seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		root := plant(r, "config", r.IntN(4))
		m := &model{
			dice: (float64(r.IntN(64)) + 0.5) / 64, maxCalls: 1 + r.IntN(16), leavesAt: max(r.IntN(12)-6, 0),
			used: map[string]int{},
		}
		m.walk(root)
		got := walked(t, root, m)
		if diff := cmp.Diff(m.course, got); diff != "" {
			t.Fatalf("ROUTE_SEED=%d: the walk differs from the rules (-want +got):\n%s", seed, diff)
		}
		ends[len(got.Calls) > 1]++
	}
	if rounds > 1 && (ends[true] < rounds/10 || ends[false] < rounds/10) {
		t.Errorf("the random plans are too uniform: %v", ends)
	}
}
