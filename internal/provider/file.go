package provider

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/llm"
)

// file is a provider file as written; schema.json describes it.
type file struct {
	ID         string             `yaml:"id"`
	Aliases    []string           `yaml:"aliases"`
	Title      string             `yaml:"title"`
	Docs       string             `yaml:"docs"`
	Status     string             `yaml:"status"`
	BaseURL    string             `yaml:"base_url"`
	CustomHost string             `yaml:"custom_host"`
	HostHeader string             `yaml:"host_header"`
	Local      bool               `yaml:"local"`
	Auth       fileAuth           `yaml:"auth"`
	Ops        map[string]fileOp  `yaml:"ops"`
	Also       map[string]string  `yaml:"also"`
	Relay      string             `yaml:"relay"`
	Paths      map[string]string  `yaml:"paths"`
	Vars       map[string]fileVar `yaml:"vars"`
	Headers    []string           `yaml:"headers"`
	Send       map[string]string  `yaml:"send"`
	Quirks     fileQuirks         `yaml:"quirks"`

	Private  map[string]map[string]string `yaml:"private"`
	Variants []fileVariant                `yaml:"variants"`
}

type fileVariant struct {
	When struct {
		Model []string            `yaml:"model"`
		Vars  map[string][]string `yaml:",inline"`
	} `yaml:"when"`
	Model   string            `yaml:"model"`
	KeyName string            `yaml:"key_name"`
	BaseURL string            `yaml:"base_url"`
	Ops     map[string]fileOp `yaml:"ops"`
	Also    map[string]string `yaml:"also"`
	Relay   string            `yaml:"relay"`
	Paths   map[string]string `yaml:"paths"`
	Quirks  *fileQuirks       `yaml:"quirks"`
}

type fileAuth struct {
	Scheme   Scheme  `yaml:"scheme"`
	Name     string  `yaml:"name"`
	Prefix   *string `yaml:"prefix"`
	Env      string  `yaml:"env"`
	Optional bool    `yaml:"optional"`

	Service  string   `yaml:"service"`
	Scope    string   `yaml:"scope"`
	TokenURL string   `yaml:"token_url"`
	Nonce    string   `yaml:"nonce"`
	Hosts    []string `yaml:"hosts"`
}

type fileOp struct {
	Dialect    string `yaml:"dialect"`
	Path       string `yaml:"path"`
	StreamPath string `yaml:"stream_path"`
	ManyPath   string `yaml:"many_path"`

	When  map[string]string `yaml:"when"`
	Strip []string          `yaml:"strip"`
}

type fileVar struct {
	Header   string   `yaml:"header"`
	Kind     VarKind  `yaml:"kind"`
	Default  string   `yaml:"default"`
	Suffixes []string `yaml:"suffixes"`
	Optional bool     `yaml:"optional"`
	From     string   `yaml:"from"`
}

type fileQuirks struct {
	Rename         map[string]string            `yaml:"rename"`
	Drop           []string                     `yaml:"drop"`
	DropInMessages []string                     `yaml:"drop_in_messages"`
	Clamp          map[string][]*float64        `yaml:"clamp"`
	DeveloperRole  string                       `yaml:"developer_role"`
	Values         map[string]map[string]string `yaml:"values"`
	Reply          []string                     `yaml:"reply"`
	Set            map[string]string            `yaml:"set"`
	DropModel      bool                         `yaml:"drop_model"`
}

// provider turns what was written into a Provider; what check cannot see any
// more in the result is reported here.
func (f *file) provider() (*Provider, []*problem) {
	p := &Provider{
		ID: f.ID, Aliases: f.Aliases, Title: f.Title, Docs: f.Docs, Status: f.Status,
		BaseURL: f.BaseURL, CustomHost: f.CustomHost == "required", HostHeader: f.HostHeader, Local: f.Local,
		Auth: f.Auth.auth(),
		Also: f.Also, Relay: f.Relay, Paths: f.Paths, Headers: f.Headers, Send: f.Send,
	}
	var problems []*problem
	if f.CustomHost != "" && !p.CustomHost {
		problems = append(problems, &problem{"custom_host", `can only be "required"`})
	}
	var bad []*problem
	p.Ops, bad = operations("ops", f.Ops)
	problems = append(problems, bad...)
	p.Vars = make(map[string]Var, len(f.Vars))
	for name, v := range f.Vars {
		if v.Kind == "" {
			v.Kind = LabelVar
		}
		p.Vars[name] = Var(v)
	}
	for _, name := range sortedKeys(f.Private) {
		m := Private{Name: name}
		for _, part := range sortedKeys(f.Private[name]) {
			m.Common = append(m.Common, Rename{part, f.Private[name][part]})
		}
		p.Private = append(p.Private, m)
	}
	p.Quirks, bad = f.Quirks.quirks()
	problems = append(problems, bad...)
	if len(f.Variants) > 0 {
		p.variants = &variants{}
	}
	for i := range f.Variants {
		v, bad := f.Variants[i].variant(fmt.Sprintf("variants[%d]", i))
		p.variants.list = append(p.variants.list, v)
		problems = append(problems, bad...)
	}
	return p, problems
}

func operations(key string, list map[string]fileOp) (map[llm.Op]Endpoint, []*problem) {
	var problems []*problem
	ops := make(map[llm.Op]Endpoint, len(list))
	for name, e := range list {
		op, ok := llm.ParseOp(name)
		if !ok || op == llm.Relay {
			problems = append(problems, &problem{key + "." + name, "is not an operation; there are " + strings.Join(llm.OpNames(), ", ")})
		}
		ops[op] = Endpoint(e)
	}
	return ops, problems
}

func (f *fileVariant) variant(key string) (Variant, []*problem) {
	v := Variant{
		Models: f.When.Model, Vars: f.When.Vars,
		Model: f.Model, KeyName: f.KeyName, BaseURL: f.BaseURL, Also: f.Also, Relay: f.Relay, Paths: f.Paths,
	}
	var problems []*problem
	if len(v.Models)+len(v.Vars) == 0 {
		problems = append(problems, &problem{key + ".when", "is missing: name models or values of variables"})
	}
	if f.Ops != nil {
		var bad []*problem
		v.Ops, bad = operations(key+".ops", f.Ops)
		problems = append(problems, bad...)
	}
	if f.Quirks != nil {
		q, bad := f.Quirks.quirks()
		v.Quirks, problems = &q, append(problems, bad...)
	}
	return v, problems
}

func (f *fileAuth) auth() Auth {
	a := Auth{
		Scheme: f.Scheme, Name: f.Name, Env: f.Env, Optional: f.Optional,
		Service: f.Service, Scope: f.Scope, TokenURL: f.TokenURL, Nonce: f.Nonce, Hosts: f.Hosts,
	}
	switch {
	case f.Prefix != nil:
		a.Prefix = *f.Prefix
	case a.Scheme == Bearer, !a.Plain() && a.Name == "":
		a.Prefix = "Bearer "
	}
	return a
}

func (f *fileQuirks) quirks() (Quirks, []*problem) {
	q := Quirks{Drop: f.Drop, DropInMessages: f.DropInMessages, DeveloperRole: f.DeveloperRole, Reply: f.Reply, DropModel: f.DropModel}
	var problems []*problem
	for _, from := range sortedKeys(f.Rename) {
		q.Rename = append(q.Rename, Rename{from, f.Rename[from]})
	}
	for _, name := range sortedKeys(f.Set) {
		q.Set = append(q.Set, Setting{name, f.Set[name]})
	}
	for _, field := range sortedKeys(f.Clamp) {
		ends := f.Clamp[field]
		if len(ends) != 2 {
			problems = append(problems, &problem{"quirks.clamp." + field, "needs two ends, null for an open one"})
			continue
		}
		q.Clamp = append(q.Clamp, Clamp{field, ends[0], ends[1]})
	}
	for _, field := range sortedKeys(f.Values) {
		for _, from := range sortedKeys(f.Values[field]) {
			q.Values = append(q.Values, Replace{field, from, f.Values[field][from]})
		}
	}
	return q, problems
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
