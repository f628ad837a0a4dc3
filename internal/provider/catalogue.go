package provider

import (
	"fmt"
	"slices"
	"strings"
)

// Catalogue holds the vendors by id and alias. It is safe for concurrent use
// once everything was added.
type Catalogue struct {
	byName map[string]*Provider // ids and aliases
	sorted []*Provider
}

// Find looks up an id or an alias. Ids are lower case and match exactly.
func (c *Catalogue) Find(idOrAlias string) (*Provider, bool) {
	p, ok := c.byName[idOrAlias]
	return p, ok
}

// All returns every vendor, by id.
func (c *Catalogue) All() []*Provider { return slices.Clone(c.sorted) }

// Add puts one more vendor in. It is for vendors made in code, such as the
// built-in fake one, and must not be called once requests are served.
func (c *Catalogue) Add(p *Provider) error {
	if problems := check(p); len(problems) > 0 {
		return fmt.Errorf("provider %s: %w", p.ID, problems[0])
	}
	return c.add(p)
}

func (c *Catalogue) add(p *Provider) error {
	names := append([]string{p.ID}, p.Aliases...)
	for i, name := range names {
		if other, taken := c.byName[name]; taken {
			return fmt.Errorf("%q already names provider %s", name, other.ID)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%q is given twice", name)
		}
	}
	if c.byName == nil {
		c.byName = map[string]*Provider{}
	}
	for _, name := range names {
		c.byName[name] = p
	}
	at, _ := slices.BinarySearchFunc(c.sorted, p.ID, func(q *Provider, id string) int { return strings.Compare(q.ID, id) })
	c.sorted = slices.Insert(c.sorted, at, p)
	return nil
}

// Suggest returns the id whose name is closest to a mistyped one, "" if none
// is close enough to be what was meant.
func (c *Catalogue) Suggest(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	if len(id) > 64 {
		return "" // not a typing error, and not worth the time
	}
	if p, ok := c.byName[strings.NewReplacer("_", "-", " ", "-", ".", "-").Replace(id)]; ok {
		return p.ID
	}
	best, found := 1+max(1, len(id)/4), ""
	for _, p := range c.sorted {
		for _, name := range append([]string{p.ID}, p.Aliases...) {
			if d := distance(id, name); d < best {
				best, found = d, p.ID
			}
		}
	}
	return found
}

// distance counts the insertions, removals, replacements and swaps of
// neighbours between two names (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
