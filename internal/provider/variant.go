package provider

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"sluice/internal/llm"
)

// Variant is how a vendor differs for some of its models, or for some value of
// a variable: another place, another wire format. Fields that are not given
// stay the vendor's own.
type Variant struct {
	Models []string            // what a model begins with, any of them
	Vars   map[string][]string // values of variables; one that ends with * is a beginning

	Model   string // the vendor's name of the model: {rest} is what is behind the beginning, others are variables
	KeyName string // the header a key goes in there, as it is
	BaseURL string
	Ops     map[llm.Op]Endpoint
	Also    map[string]string
	Relay   string
	Paths   map[string]string
	Quirks  *Quirks
}

// variants are the forms of a provider, made when they are first needed.
type variants struct {
	list []Variant
	made sync.Map // of the numbers of those that hold, as bits → *Provider
}

// Variants are the ways in which the vendor differs.
func (p *Provider) Variants() []Variant {
	if p.variants == nil {
		return nil
	}
	return p.variants.list
}

// For returns the provider as it is for a model and the caller's variables, and
// the vendor's own name of the model.
func (p *Provider) For(vars map[string]string, model string) (*Provider, string) {
	if p.variants == nil {
		return p, model
	}
	holding, name := uint64(0), model
	for i := range p.variants.list {
		if v := &p.variants.list[i]; v.holds(p, vars, model) {
			holding |= 1 << i
			name = v.named(vars, name, model)
		}
	}
	if holding == 0 {
		return p, model
	}
	made, ok := p.variants.made.Load(holding)
	if !ok {
		made, _ = p.variants.made.LoadOrStore(holding, p.with(holding))
	}
	form, _ := made.(*Provider)
	return form, name
}

func (v *Variant) holds(p *Provider, vars map[string]string, model string) bool {
	if len(v.Models) > 0 && !slices.ContainsFunc(v.Models, func(begin string) bool { return strings.HasPrefix(model, begin) }) {
		return false
	}
	for name, values := range v.Vars {
		value := vars[name]
		if value == "" {
			value = p.Vars[name].Default
		}
		if !slices.ContainsFunc(values, func(want string) bool { return matches(want, value) }) {
			return false
		}
	}
	return true
}

func matches(want, value string) bool {
	if begin, any := strings.CutSuffix(want, "*"); any {
		return strings.HasPrefix(value, begin)
	}
	return want == value
}

// named is the vendor's name of the model. A variable the caller did not give
// leaves it as it is.
func (v *Variant) named(vars map[string]string, name, model string) string {
	if v.Model == "" {
		return name
	}
	missing := false
	named := variable.ReplaceAllStringFunc(v.Model, func(word string) string {
		if word == "{rest}" {
			return v.rest(model)
		}
		value := vars[word[1:len(word)-1]]
		missing = missing || value == ""
		return value
	})
	if missing {
		return name
	}
	return named
}

// rest is the model without the beginning that named the variant.
func (v *Variant) rest(model string) string {
	for _, begin := range v.Models {
		if rest, ok := strings.CutPrefix(model, begin); ok {
			return rest
		}
	}
	return model
}

// with lays the variants over the provider, in their order.
func (p *Provider) with(holding uint64) *Provider {
	form := p.Clone()
	for i := range p.variants.list {
		if holding&(1<<i) != 0 {
			form.overlay(&p.variants.list[i])
		}
	}
	return form
}

// Clone copies a provider; the copy has no variants any more.
func (p *Provider) Clone() *Provider {
	form := *p
	form.variants = nil
	form.Ops, form.Also, form.Paths = maps.Clone(p.Ops), maps.Clone(p.Also), maps.Clone(p.Paths)
	return &form
}

func (p *Provider) overlay(v *Variant) {
	if v.BaseURL != "" && !p.CustomHost {
		p.BaseURL = v.BaseURL
	}
	if v.KeyName != "" {
		p.Auth.Name, p.Auth.Prefix = v.KeyName, ""
	}
	if v.Ops != nil && len(v.Models) > 0 { // other models have other operations
		maps.DeleteFunc(p.Ops, func(op llm.Op, _ Endpoint) bool { return op != llm.Models })
		p.Also = nil
	}
	for op, e := range v.Ops {
		if p.Ops == nil {
			p.Ops = map[llm.Op]Endpoint{}
		}
		p.Ops[op] = e
	}
	if v.Also != nil {
		p.Also = v.Also
	}
	if v.Relay != "" {
		p.Relay = v.Relay
	}
	if v.Paths != nil {
		p.Paths = v.Paths
	}
	if v.Quirks != nil {
		p.Quirks = *v.Quirks
	}
}
