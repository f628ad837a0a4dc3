package gemini

import (
	"errors"
	"strconv"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

// Vertex AI can stream the arguments of a call, as values for places in an
// object that is never sent itself (Vertex AI, function calling, streaming
// arguments): {"jsonPath":"$.a[0].b","stringValue":"…","willContinue":true}.

// maxSteps and maxElements end objects no model would write.
const (
	maxSteps    = 100
	maxElements = 1 << 16
)

var errPath = errors.New("is no place in the arguments")

// tree is the object under construction.
type tree struct{ root node }

// node is one value of it.
type node struct {
	names    []string // of an object's members
	children []*node  // of an object or an array
	isArray  bool
	text     *strings.Builder // of a string
	scalar   jsonx.Value      // of anything else
}

// step is a member name, or a position where name is empty.
type step struct {
	name  string
	at    int
	named bool
}

// patch sets the value of one place; strings grow.
func (t *tree) patch(v jsonx.Value) error {
	path, _ := jsonx.Text(jsonx.At(v, "jsonPath"))
	steps, err := parsePath(path)
	if err != nil {
		return err
	}
	n := &t.root
	for _, s := range steps {
		if n, err = n.child(s); err != nil {
			return err
		}
	}
	if s, ok := jsonx.Text(jsonx.At(v, "stringValue")); ok {
		if n.text == nil {
			n.text = &strings.Builder{}
		}
		n.text.WriteString(s)
		return nil
	}
	for _, name := range []string{"numberValue", "boolValue"} {
		if m := jsonx.At(v, name); m != nil {
			n.scalar = m
			return nil
		}
	}
	n.scalar = jsonx.Value("null")
	return nil
}

func (n *node) child(s step) (*node, error) {
	if n.text != nil || len(n.children) > 0 && n.isArray == s.named {
		return nil, errPath
	}
	if !s.named {
		n.isArray = true
		if s.at >= maxElements || s.at > len(n.children) {
			return nil, errPath
		}
		if s.at == len(n.children) {
			n.children = append(n.children, &node{})
		}
		return n.children[s.at], nil
	}
	for i, name := range n.names {
		if name == s.name {
			return n.children[i], nil
		}
	}
	n.names = append(n.names, s.name)
	n.children = append(n.children, &node{})
	return n.children[len(n.children)-1], nil
}

// json is the object as far as it has come.
func (t *tree) json() jsonx.Value { return t.root.json(true) }

func (n *node) json(root bool) jsonx.Value {
	switch {
	case n.text != nil:
		return jsonx.Quote(n.text.String())
	case n.isArray:
		var l dialect.List
		for _, c := range n.children {
			l.Add(c.json(false))
		}
		return l.Array()
	case len(n.children) > 0 || root:
		var w dialect.Writer
		for i, c := range n.children {
			w.Raw(n.names[i], c.json(false))
		}
		return w.Object()
	case n.scalar != nil:
		return n.scalar
	}
	return jsonx.Value("null")
}

// parsePath reads the paths the vendor sends: $.a.b[0]['c d'].
func parsePath(path string) ([]step, error) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok || rest == "" || rest[0] == '[' && !strings.HasPrefix(rest, "['") && !strings.HasPrefix(rest, `["`) {
		return nil, errPath // the arguments are an object
	}
	var steps []step
	for rest != "" {
		var s step
		var err error
		if s, rest, err = nextStep(rest); err != nil || len(steps) == maxSteps {
			return nil, errPath
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func nextStep(rest string) (step, string, error) {
	switch {
	case rest[0] == '.':
		end := strings.IndexAny(rest[1:], ".[")
		if end < 0 {
			end = len(rest) - 1
		}
		name := rest[1 : end+1]
		if name == "" {
			return step{}, "", errPath
		}
		return step{name: name, named: true}, rest[end+1:], nil
	case len(rest) > 1 && rest[0] == '[' && (rest[1] == '\'' || rest[1] == '"'):
		name, after, ok := strings.Cut(rest[2:], string(rest[1])+"]")
		if !ok {
			return step{}, "", errPath
		}
		return step{name: name, named: true}, after, nil
	case rest[0] == '[':
		digits, after, _ := strings.Cut(rest[1:], "]")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 {
			return step{}, "", errPath
		}
		return step{at: n}, after, nil
	}
	return step{}, "", errPath
}
