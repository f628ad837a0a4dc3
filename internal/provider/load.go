package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"sluice/internal/jsonx"
)

// modelsFile lists, by provider id, the models known to be served there.
const modelsFile = "models.json"

// Load reads every *.yaml of a folder except those that begin with an
// underscore, one provider each, and models.json when there is one. It is
// strict: what it does not know or what cannot be right is an error that names
// the file, the line and the key.
func Load(fsys fs.FS) (*Catalogue, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{}
	for _, name := range files {
		if strings.HasPrefix(name, "_") {
			continue
		}
		p, lines, err := read(fsys, name)
		if err != nil {
			return nil, err
		}
		if err := c.add(p); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, lines.of("id"), err)
		}
	}
	return c, c.loadModels(fsys)
}

func (c *Catalogue) loadModels(fsys fs.FS) error {
	raw, err := fs.ReadFile(fsys, modelsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var models map[string][]string
	if err := jsonx.Unmarshal(raw, &models); err != nil {
		return fmt.Errorf("%s: %w", modelsFile, err)
	}
	for id, list := range models {
		p, ok := c.byName[id]
		if !ok || p.ID != id {
			return fmt.Errorf("%s: %q is not the id of a provider", modelsFile, id)
		}
		p.Models = list
	}
	return nil
}

func read(fsys fs.FS, name string) (*Provider, lines, error) {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, nil, err
	}
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, nil, readable(name, err)
	}
	p, problems := f.provider()
	if problems = append(problems, check(p)...); strings.TrimSuffix(name, ".yaml") != p.ID {
		problems = append(problems, &problem{"id", "must be the name of the file"})
	}
	if len(problems) > 0 {
		line, first := lines(raw).first(problems)
		return nil, nil, fmt.Errorf("%s:%d: %w", name, line, first)
	}
	return p, lines(raw), nil
}

// problem is one thing wrong with a provider file.
type problem struct{ key, what string }

func (p *problem) Error() string { return p.key + ": " + p.what }

var (
	unknownField = regexp.MustCompile(`line (\d+): field (.+) not found in type \S+`)
	yamlLine     = regexp.MustCompile(`line (\d+): `)
)

// readable puts file and line in front and takes Go's words out.
func readable(name string, err error) error {
	text := unknownField.ReplaceAllString(err.Error(), `line $1: unknown key "$2"`)
	text = strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimPrefix(text, "yaml: "), "unmarshal errors:")), " ")
	line := yamlLine.FindStringSubmatch(text)
	if line == nil {
		return fmt.Errorf("%s: %s", name, text)
	}
	return fmt.Errorf("%s:%s: %s", name, line[1], strings.Replace(text, line[0], "", 1))
}

// lines is the text of a file, to find a key in once something is wrong.
type lines []byte

// first returns the problem nearest to the top of the file.
func (l lines) first(problems []*problem) (line int, first *problem) {
	for _, p := range problems {
		if at := l.of(strings.Split(p.key, ".")...); first == nil || at < line {
			line, first = at, p
		}
	}
	return line, first
}

// of returns the line of the deepest key of the path that is there.
func (l lines) of(path ...string) int {
	var doc yaml.Node
	if yaml.Unmarshal(l, &doc) != nil || len(doc.Content) == 0 {
		return 1
	}
	line, node := 1, doc.Content[0]
	for _, key := range path {
		next := (*yaml.Node)(nil)
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Kind == yaml.MappingNode && node.Content[i].Value == key {
				line, next = node.Content[i].Line, node.Content[i+1]
			}
		}
		if next == nil {
			break
		}
		node = next
	}
	return line
}
