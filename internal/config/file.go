package config

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"sluice/internal/jsonx"
	"sluice/internal/secret"
)

// FileError is a fault in a file, at a line.
type FileError struct {
	File    string
	Line    int
	Message string
}

func (e *FileError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message) }

// reader takes one file apart.
type reader struct {
	file   string
	getenv func(string) string
	c      *Config
	values int // written as JSON so far
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) error {
	return &FileError{r.file, n.Line, fmt.Sprintf(format, args...)}
}

// Parse reads a server file over c. JSON is YAML, so either will do.
func (c *Config) Parse(name string, text []byte, getenv func(string) string) error {
	r := &reader{file: name, getenv: getenv, c: c}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return nil
	}
	return r.mapping(doc.Content[0], r.top)
}

// mapping calls each for every member, and refuses names given twice.
func (r *reader) mapping(n *yaml.Node, each func(key string, k, v *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return r.fail(n, "expected names with values here")
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		if seen[k.Value] {
			return r.fail(k, "%q is given twice", k.Value)
		}
		seen[k.Value] = true
		if err := each(k.Value, k, v); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) top(key string, k, v *yaml.Node) error {
	switch key {
	case "providers":
		return r.mapping(v, r.provider)
	case "configs":
		return r.mapping(v, r.config)
	case "default_config":
		return r.defaultConfig(v)
	}
	for i := range Settings {
		if s := &Settings[i]; s.Key == key {
			text, err := r.scalar(v)
			if err == nil {
				if bad := s.set(r.c, text); bad != nil {
					err = r.fail(v, "%s: %s", key, bad)
				}
			}
			return err
		}
	}
	return r.fail(k, "unknown key %q%s", key, didYouMean(key, topKeys()))
}

func topKeys() []string {
	keys := []string{"providers", "configs", "default_config"}
	for i := range Settings {
		keys = append(keys, Settings[i].Key)
	}
	return keys
}

// scalar takes a plain value, or a list of them as a comma list.
func (r *reader) scalar(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return n.Value, nil
	case yaml.SequenceNode:
		var parts []string
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return "", r.fail(item, "expected a plain value")
			}
			parts = append(parts, item.Value)
		}
		return strings.Join(parts, ","), nil
	}
	return "", r.fail(n, "expected a plain value")
}

// provider reads providers.<id>: {api_key: …}.
func (r *reader) provider(id string, _, v *yaml.Node) error {
	return r.mapping(v, func(key string, k, v *yaml.Node) error {
		if key != "api_key" {
			return r.fail(k, "unknown key %q of a provider%s", key, didYouMean(key, []string{"api_key"}))
		}
		text, err := r.expand(v)
		r.c.Keys[id] = secret.New(text)
		return err
	})
}

func (r *reader) config(name string, k, v *yaml.Node) error {
	if !configName.MatchString(name) {
		return r.fail(k, "%q cannot name a config: use letters, digits, - _ and .", name)
	}
	object, err := r.json(v, 0)
	r.c.Configs[name] = object
	return err
}

var configName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,127}$`)

func (r *reader) defaultConfig(v *yaml.Node) error {
	if v.Kind == yaml.ScalarNode {
		r.c.Default = []byte(v.Value) // a name, resolved when the plans are made
		return nil
	}
	object, err := r.json(v, 0)
	r.c.Default = object
	return err
}

var reference = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

// expand replaces a value that is ${NAME} by the environment's.
func (r *reader) expand(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", r.fail(n, "expected a plain value")
	}
	m := reference.FindStringSubmatch(n.Value)
	if m == nil {
		return n.Value, nil
	}
	text := r.getenv(m[1])
	if text == "" {
		return "", r.fail(n, "the environment variable %s is not set", m[1])
	}
	return text, nil
}

const maxValues = 100_000

// json writes a YAML value as JSON. Values that are ${NAME} come from the
// environment.
func (r *reader) json(n *yaml.Node, depth int) (jsonx.Value, error) {
	if depth > jsonx.MaxDepth {
		return nil, r.fail(n, "nested too deeply")
	}
	if r.values++; r.values > maxValues { // a few lines of aliases can stand for millions
		return nil, r.fail(n, "more than %d values", maxValues)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.json(n.Alias, depth+1)
	case yaml.MappingNode:
		out := jsonx.Value{'{'}
		err := r.mapping(n, func(key string, _, v *yaml.Node) error {
			if len(out) > 1 {
				out = append(out, ',')
			}
			value, err := r.json(v, depth+1)
			out = append(append(append(out, jsonx.Quote(key)...), ':'), value...)
			return err
		})
		return append(out, '}'), err
	case yaml.SequenceNode:
		out := jsonx.Value{'['}
		for i, item := range n.Content {
			if i > 0 {
				out = append(out, ',')
			}
			value, err := r.json(item, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, value...)
		}
		return append(out, ']'), nil
	}
	return r.plain(n)
}

func (r *reader) plain(n *yaml.Node) (jsonx.Value, error) {
	switch n.Tag {
	case "!!null":
		return jsonx.Value("null"), nil
	case "!!bool":
		return jsonx.Value(strings.ToLower(n.Value)), nil
	case "!!int", "!!float":
		if jsonx.Check([]byte(n.Value)) == nil {
			return jsonx.Value(n.Value), nil
		}
		return nil, r.fail(n, "%q is not a number JSON can write", n.Value)
	}
	text, err := r.expand(n)
	return jsonx.Quote(text), err
}
