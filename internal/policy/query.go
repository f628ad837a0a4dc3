package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sluice/internal/jsonx"
	"sluice/internal/secret"
)

// Limits of regular expressions in conditions (S45).
const (
	maxPattern = 1 << 10
	maxSubject = 8 << 10
)

// Env is what conditions can look at.
type Env struct {
	Metadata map[string]string
	Params   []byte        // the client's JSON body before overrides; nil: none
	Path     string        // of the request at the gateway
	Caller   secret.String // credential of the caller: no condition sees it, the health of targets does
}

// lookup finds a dotted path of any depth: metadata.x, params.a.b, url.pathname.
func (e *Env) lookup(path []string) jsonx.Value {
	switch path[0] {
	case "metadata":
		if v, ok := e.Metadata[strings.Join(path[1:], ".")]; ok {
			return jsonx.Quote(v)
		}
	case "params":
		return jsonx.At(e.Params, path[1:]...)
	case "url":
		if len(path) == 2 && path[1] == "pathname" {
			return jsonx.Quote(e.Path)
		}
	}
	return nil
}

// Query is one compiled condition: all its parts must hold.
type Query []part

type part struct {
	path []string // of a field test
	test func(jsonx.Value) bool
	any  []Query // $or
	all  []Query // $and
}

func (q Query) holds(env *Env) bool {
	for _, p := range q {
		if !p.holds(env) {
			return false
		}
	}
	return true
}

func (p part) holds(env *Env) bool {
	switch {
	case p.any != nil:
		for _, q := range p.any {
			if q.holds(env) {
				return true
			}
		}
		return false
	case p.all != nil:
		for _, q := range p.all {
			if !q.holds(env) {
				return false
			}
		}
		return true
	}
	return p.test(env.lookup(p.path))
}

// queryProblem is a fault in a query; Router texts are the incumbent's.
type queryProblem string

func (p queryProblem) Error() string { return string(p) }

func compileQuery(v jsonx.Value, depth int) (Query, error) {
	o, err := jsonx.Parse(v)
	if err != nil || depth > maxDepth {
		return nil, queryProblem("Expected an object of conditions")
	}
	var q Query
	for key, want := range o.All() {
		switch {
		case key == "$and" || key == "$or":
			list, err := compileList(want, depth)
			if err != nil {
				return nil, err
			}
			if key == "$and" {
				q = append(q, part{all: list})
			} else {
				q = append(q, part{any: list})
			}
		case strings.HasPrefix(key, "$"):
			return nil, queryProblem("Unsupported operator used in the query router: " + key)
		default:
			parts, err := compileField(strings.Split(key, "."), want)
			if err != nil {
				return nil, err
			}
			q = append(q, parts...)
		}
	}
	return q, nil
}

func compileList(v jsonx.Value, depth int) ([]Query, error) {
	list := []Query{}
	if jsonx.KindOf(v) != jsonx.Array {
		return nil, queryProblem("$and and $or take an array of conditions")
	}
	for e := range jsonx.Elements(v) {
		q, err := compileQuery(e, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

func compileField(path []string, want jsonx.Value) (parts []part, err error) {
	if jsonx.KindOf(want) != jsonx.Composite {
		return []part{{path: path, test: equal(want)}}, nil
	}
	tests, err := jsonx.Parse(want)
	if err != nil {
		return nil, err
	}
	for op, operand := range tests.All() {
		make, ok := operators[op]
		if !ok {
			return nil, queryProblem("Unsupported operator used in the query router: " + op)
		}
		test, err := make(operand)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{path: path, test: test})
	}
	return parts, nil
}

type test = func(jsonx.Value) bool

var operators = map[string]func(jsonx.Value) (test, error){
	"$eq":    func(w jsonx.Value) (test, error) { return equal(w), nil },
	"$ne":    func(w jsonx.Value) (test, error) { return not(equal(w)), nil },
	"$gt":    compare(func(a, b float64) bool { return a > b }),
	"$gte":   compare(func(a, b float64) bool { return a >= b }),
	"$lt":    compare(func(a, b float64) bool { return a < b }),
	"$lte":   compare(func(a, b float64) bool { return a <= b }),
	"$in":    member,
	"$nin":   func(w jsonx.Value) (test, error) { in, err := member(w); return not(in), err },
	"$regex": matches,
}

func not(t test) test { return func(v jsonx.Value) bool { return !t(v) } }

// equal is strict: 1 is not "1". Numbers are compared by value.
func equal(want jsonx.Value) test {
	return func(got jsonx.Value) bool { return same(want, got) }
}

func same(a, b jsonx.Value) bool {
	if jsonx.KindOf(a) != jsonx.KindOf(b) {
		return false
	}
	switch jsonx.KindOf(a) {
	case jsonx.String:
		s, _ := jsonx.Text(a)
		t, _ := jsonx.Text(b)
		return s == t
	case jsonx.Number:
		x, okX := jsonx.Float(a)
		y, okY := jsonx.Float(b)
		return okX && okY && x == y
	case jsonx.Bool, jsonx.Null:
		return string(a) == string(b)
	}
	return false
}

func member(want jsonx.Value) (test, error) {
	if jsonx.KindOf(want) != jsonx.Array {
		return nil, queryProblem("$in and $nin take an array")
	}
	return func(got jsonx.Value) bool {
		for w := range jsonx.Elements(want) {
			if same(w, got) {
				return true
			}
		}
		return false
	}, nil
}

// compare reads both sides as numbers, texts too.
func compare(holds func(a, b float64) bool) func(jsonx.Value) (test, error) {
	return func(want jsonx.Value) (test, error) {
		b, ok := asFloat(want)
		if !ok {
			return nil, queryProblem("$gt, $gte, $lt and $lte take a number")
		}
		return func(got jsonx.Value) bool {
			a, ok := asFloat(got)
			return ok && holds(a, b)
		}, nil
	}
}

func asFloat(v jsonx.Value) (float64, bool) {
	if s, ok := jsonx.Text(v); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return f, err == nil
	}
	return jsonx.Float(v)
}

// matches runs on RE2, in linear time. JavaScript patterns with look-around or
// back references do not compile there and are reported.
func matches(want jsonx.Value) (test, error) {
	pattern, ok := jsonx.Text(want)
	if !ok || len(pattern) > maxPattern {
		return nil, queryProblem(fmt.Sprintf("$regex takes a pattern of at most %d bytes", maxPattern))
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, queryProblem("$regex pattern is not supported (RE2 syntax, without look-around and back references)")
	}
	return func(got jsonx.Value) bool {
		text := string(got)
		if s, ok := jsonx.Text(got); ok {
			text = s
		}
		return len(got) > 0 && len(text) <= maxSubject && re.MatchString(text)
	}, nil
}
