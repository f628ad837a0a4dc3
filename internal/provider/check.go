package provider

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"sluice/internal/llm"
)

var (
	idForm     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	aliasForm  = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)
	fieldForm  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	headerForm = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	envForm    = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// checker collects what is wrong with one provider.
type checker struct {
	p        *Provider
	problems []*problem
}

func (c *checker) fail(key, format string, args ...any) {
	c.problems = append(c.problems, &problem{key, fmt.Sprintf(format, args...)})
}

// must fails unless the value has the form.
func (c *checker) must(key, value string, form *regexp.Regexp) {
	if !form.MatchString(value) {
		c.fail(key, "%q does not match %s", value, form)
	}
}

// check returns everything that cannot be right about a provider.
func check(p *Provider) []*problem {
	c := &checker{p: p}
	c.identity()
	c.auth()
	c.addresses()
	c.relayed()
	c.variables()
	c.quirks()
	c.private()
	if len(c.problems) == 0 {
		c.forms()
	}
	return c.problems
}

func (c *checker) identity() {
	p := c.p
	c.must("id", p.ID, idForm)
	for _, a := range p.Aliases {
		c.must("aliases", a, aliasForm)
	}
	if p.Title == "" {
		c.fail("title", "is missing")
	}
	if p.Docs != "" && !isURL(p.Docs) {
		c.fail("docs", "%q is not an http(s) URL", p.Docs)
	}
	if p.Status != "" && p.Status != Legacy && p.Status != Dead {
		c.fail("status", "%q is neither %s nor %s; leave it out for an active vendor", p.Status, Legacy, Dead)
	}
	for _, h := range p.Headers {
		c.must("headers", h, headerForm)
	}
	for h := range p.Send {
		c.must("send", h, headerForm)
	}
	if p.HostHeader != "" {
		c.must("host_header", p.HostHeader, headerForm)
	}
}

func (c *checker) addresses() {
	p := c.p
	switch {
	case p.CustomHost && p.BaseURL != "":
		c.fail("base_url", "must be empty where a custom host is required")
	case !p.CustomHost && !isURL(p.BaseURL):
		c.fail("base_url", "%q is not an http(s) URL", p.BaseURL)
	case strings.HasSuffix(p.BaseURL, "/"):
		c.fail("base_url", "must not end with a slash")
	case !p.Local && strings.HasPrefix(p.BaseURL, "http:"):
		c.fail("base_url", "must be https unless the server is local")
	}
	c.operations()
	for name, path := range p.Also {
		c.location("also."+name, path)
		if !aliasForm.MatchString(name) || name == p.Ops[llm.Chat].Dialect {
			c.fail("also", "%q is not the name of another dialect", name)
		}
	}
}

func (c *checker) operations() {
	for op, e := range c.p.Ops {
		key := "ops." + op.String()
		c.location(key+".path", e.Path)
		switch {
		case op == llm.Models && e.Dialect != "":
			c.fail(key+".dialect", "does not go with the list of models")
		case op != llm.Models && !aliasForm.MatchString(e.Dialect):
			c.fail(key+".dialect", "%q is not the name of a dialect", e.Dialect)
		}
		if e.StreamPath != "" {
			c.location(key+".stream_path", e.StreamPath)
		}
		for header, path := range e.When {
			c.location(key+".when."+header, path)
		}
		if e.ManyPath != "" {
			c.location(key+".many_path", e.ManyPath)
		}
	}
}

func (c *checker) relayed() {
	p := c.p
	if p.Relay != "" && (p.Relay[0] != '/' || strings.HasSuffix(p.Relay, "/")) {
		c.fail("relay", "must begin, and not end, with a slash")
	}
	for from, to := range p.Paths {
		c.location("paths."+from, to)
		if checkPath(from) != nil || strings.HasSuffix(from, "/") {
			c.fail("paths."+from, "must be a path behind /v1")
		}
		if rule := p.Relay + from; to == rule || to == p.BaseURL+rule {
			c.fail("paths."+from, "says what holds anyway")
		}
	}
}

// location fails unless to is a path or a whole https URL.
func (c *checker) location(key, to string) {
	if strings.HasPrefix(to, Beside) && !c.p.CustomHost {
		c.fail(key, "%q goes up from a custom host, and there is none", to)
	}
	if whole := isURL(to) && strings.HasPrefix(to, "https:"); !whole && !strings.HasPrefix(to, "/") {
		c.fail(key, "%q is neither a path nor an https URL", to)
	}
}

// isURL accepts absolute URLs; variables count as letters.
func isURL(s string) bool {
	u, err := url.Parse(variable.ReplaceAllString(s, "v"))
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.Fragment == ""
}

// variables makes sure that every {variable} is declared and every declared
// one is used.
func (c *checker) variables() {
	p := c.p
	unused := make(map[string]bool, len(p.Vars))
	for name, v := range p.Vars {
		unused[name] = true
		c.declared("vars."+name, name, v)
	}
	use := func(key, template string) {
		for _, found := range variable.FindAllString(template, -1) {
			name := strings.Trim(found, "{+}")
			_, known := p.Vars[name]
			if delete(unused, name); !known && name != "model" {
				c.fail(key, "{%s} is not among vars", name)
			}
		}
		if strings.ContainsAny(variable.ReplaceAllString(template, ""), "{}") {
			c.fail(key, "holds a brace that is not part of a {variable}")
		}
	}
	useAll("", p, use)
	for i, v := range p.Variants() {
		form := p.Clone()
		form.overlay(&v)
		useAll(fmt.Sprintf("variants[%d].", i), form, use)
		for name := range v.Vars {
			if _, known := p.Vars[name]; !known {
				c.fail(fmt.Sprintf("variants[%d].when.%s", i, name), "is not among vars")
			}
			delete(unused, name)
		}
	}
	for name := range unused {
		c.fail("vars."+name, "is not used in any URL or setting")
	}
}

// useAll hands every text that may hold variables to use.
func useAll(key string, p *Provider, use func(key, template string)) {
	use(key+"base_url", p.BaseURL)
	use(key+"auth.token_url", p.Auth.TokenURL)
	use(key+"relay", p.Relay)
	for op, e := range p.Ops {
		use(key+"ops."+op.String()+".path", e.Path)
		use(key+"ops."+op.String()+".stream_path", e.StreamPath)
		use(key+"ops."+op.String()+".many_path", e.ManyPath)
	}
	for name, path := range p.Also {
		use(key+"also."+name, path)
	}
	for from, to := range p.Paths {
		use(key+"paths."+from, to)
	}
	for name, value := range p.Send {
		use(key+"send."+name, value)
	}
	for _, s := range p.Quirks.Set {
		use(key+"quirks.set."+s.Field, s.Value)
	}
}

// forms checks the provider as its variants make it.
func (c *checker) forms() {
	for i, v := range c.p.Variants() {
		form := c.p.Clone()
		form.overlay(&v)
		inner := &checker{p: form}
		inner.addresses()
		inner.relayed()
		inner.quirks()
		for _, found := range inner.problems {
			c.fail(fmt.Sprintf("variants[%d].%s", i, found.key), "%s", found.what)
		}
	}
	if len(c.p.Variants()) > 64 {
		c.fail("variants", "must be 64 at most")
	}
}

func (c *checker) declared(key, name string, v Var) {
	c.must(key, name, fieldForm)
	c.must(key+".header", v.Header, headerForm)
	switch v.Kind {
	case LabelVar, LabelsVar, SegmentVar:
	case HostVar:
		if len(v.Suffixes) == 0 {
			c.fail(key, "a host needs suffixes, so that keys cannot be sent anywhere else")
		}
	default:
		c.fail(key+".kind", "%q is not a kind of variable", v.Kind)
	}
	for _, s := range v.Suffixes {
		if v.Kind != HostVar || !strings.HasPrefix(s, ".") || !labels(strings.TrimPrefix(s, ".")) {
			c.fail(key+".suffixes", "%q must begin with a dot, and goes with a host only", s)
		}
	}
	if setting, member, _ := strings.Cut(v.From, "."); v.From != "" && (member == "" || !c.p.Auth.has(setting)) {
		c.fail(key+".from", "%q is not a member of a setting of scheme %s", v.From, c.p.Auth.Scheme)
	}
	if v.Default != "" && c.p.checkVar(v, v.Default) != nil {
		c.fail(key+".default", "%q is not a valid %s", v.Default, v.Kind)
	}
}

func (c *checker) private() {
	for _, m := range c.p.Private {
		c.must("private", m.Name, fieldForm)
		for _, r := range m.Common {
			c.must("private."+m.Name, r.From, fieldForm)
			c.must("private."+m.Name, r.To, fieldForm)
		}
	}
}

func (c *checker) quirks() {
	q := &c.p.Quirks
	touched := map[string]string{} // a field can have one fate
	touch := func(key, field string) {
		c.must(key, field, fieldForm)
		if other := touched[field]; other != "" {
			c.fail(key, "%s is already under %s", field, other)
		}
		touched[field] = key
	}
	for _, r := range q.Rename {
		touch("quirks.rename", r.From)
		c.must("quirks.rename."+r.From, r.To, fieldForm)
	}
	for _, field := range q.Drop {
		touch("quirks.drop", field)
	}
	for _, field := range q.DropInMessages {
		c.must("quirks.drop_in_messages", field, fieldForm)
	}
	for _, v := range q.Clamp {
		touch("quirks.clamp", v.Field)
		if v.Min == nil && v.Max == nil || v.Min != nil && v.Max != nil && *v.Min > *v.Max {
			c.fail("quirks.clamp."+v.Field, "is an empty or an endless range")
		}
	}
	if q.DeveloperRole != "" {
		c.must("quirks.developer_role", q.DeveloperRole, fieldForm)
	}
	for _, name := range q.Reply {
		if _, known := ReplyQuirks[name]; !known {
			c.fail("quirks.reply", "%q is not a known quirk", name)
		}
	}
}
