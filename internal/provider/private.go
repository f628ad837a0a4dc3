package provider

import (
	"slices"

	"sluice/internal/jsonx"
)

// Private is a top-level member that a vendor added to requests of its dialect.
// A request that may go to several vendors does not take it to those who do not
// know it: what was meant for one is none of the other's business, and many
// refuse what they do not know (vocabulary, families).
type Private struct {
	Name   string
	Common []Rename // members of it that all vendors know, and by which name
}

// Foreign lists the members that other vendors added and p does not have.
func (c *Catalogue) Foreign(p *Provider) []Private {
	var foreign []Private
	for _, other := range c.sorted {
		for _, m := range other.Private {
			if !knows(p.Private, m.Name) && !knows(foreign, m.Name) {
				foreign = append(foreign, m)
			}
		}
	}
	return foreign
}

func knows(list []Private, name string) bool {
	return slices.ContainsFunc(list, func(m Private) bool { return m.Name == name })
}

// DropForeign takes such members out of a request. What of them all vendors
// know moves to its common place, unless something is there; the rest is
// returned as lost.
func DropForeign(body *jsonx.Object, foreign []Private) (notCarried []string) {
	for _, m := range foreign {
		v := body.Get(m.Name)
		if v == nil {
			continue
		}
		body.Delete(m.Name)
		if !moved(body, m, v) && !idle(v) {
			notCarried = append(notCarried, m.Name)
		}
	}
	return notCarried
}

// moved reports whether all of the member found a common place.
func moved(body *jsonx.Object, m Private, v jsonx.Value) bool {
	o, err := jsonx.Parse(v)
	if err != nil {
		return false
	}
	found := 0
	for _, c := range m.Common {
		if part := o.Get(c.From); part != nil && body.Get(c.To) == nil {
			body.Set(c.To, part)
			found++
		}
	}
	return found > 0 && found == o.Len()
}
