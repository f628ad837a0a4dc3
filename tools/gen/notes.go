package main

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// notes are the comments of a provider file: the reasons and sources a page
// repeats.
type notes struct {
	head   string            // above the first key
	auth   string            // beside auth
	quirks map[string]string // by quirk, and by quirk and field: "rename", "rename.seed"
	vars   map[string]string
}

func readNotes(raw []byte) (notes, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return notes{}, err
	}
	n := notes{quirks: map[string]string{}, vars: map[string]string{}}
	n.head = plain(doc.HeadComment)
	for key, value := range members(doc.Content[0]) {
		switch key.Value {
		case "id":
			n.head = join(n.head, plain(key.HeadComment))
		case "auth":
			n.auth = comment(key, value)
		case "vars":
			for name, v := range members(value) {
				n.vars[name.Value] = comment(name, v)
			}
		case "quirks":
			for quirk, fields := range members(value) {
				n.quirks[quirk.Value] = comment(quirk, fields)
				for field, v := range members(fields) {
					n.quirks[quirk.Value+"."+field.Value] = comment(field, v)
				}
			}
		}
	}
	return n, nil
}

func members(m *yaml.Node) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if m.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(m.Content); i += 2 {
			if !yield(m.Content[i], m.Content[i+1]) {
				return
			}
		}
	}
}

// comment is what is written above or beside a key.
func comment(key, value *yaml.Node) string {
	return join(plain(key.HeadComment), plain(key.LineComment), plain(value.LineComment))
}

func join(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}

// plain takes the comment signs and line ends out.
func plain(comment string) string {
	var words []string
	for line := range strings.Lines(comment) {
		words = append(words, strings.Fields(strings.TrimLeft(strings.TrimSpace(line), "# "))...)
	}
	return strings.Join(words, " ")
}
