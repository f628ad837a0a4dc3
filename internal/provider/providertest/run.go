package providertest

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sluice/internal/llm"
	"sluice/internal/provider"
)

// ops are the operations a provider may have an endpoint for.
var ops = []llm.Op{llm.Chat, llm.Complete, llm.Embed, llm.Rerank, llm.Draw, llm.Speak, llm.Models}

// customHost is an address nobody has.
const customHost = "http://127.0.0.1:1/base"

// model is a name with everything a path must not swallow.
const model = "org/model 1.5:free?x#y"

// Run checks every provider of a catalogue.
func Run(t *testing.T, c *provider.Catalogue) {
	t.Helper()
	for _, p := range c.All() {
		t.Run(p.ID, func(t *testing.T) { Check(t, c, p) })
	}
}

// Check checks one provider of a catalogue.
func Check(t *testing.T, c *provider.Catalogue, p *provider.Provider) {
	t.Helper()
	names(t, c, p)
	key(t, p)
	for _, op := range ops {
		endpoint(t, p, op)
	}
	relay(t, p)
	variables(t, p)
	quirks(t, p)
}

// Vars returns a valid value for each of a provider's variables.
func Vars(p *provider.Provider) map[string]string {
	vars := make(map[string]string, len(p.Vars))
	for name, v := range p.Vars {
		switch v.Kind {
		case provider.HostVar:
			vars[name] = "acme" + v.Suffixes[0]
		case provider.LabelsVar:
			vars[name] = "acme.eu-west-1"
		case provider.SegmentVar:
			vars[name] = "acme 1.5/x"
		default:
			vars[name] = "acme-1"
		}
	}
	return vars
}

// base is what replaces the base URL, if the provider has none.
func base(p *provider.Provider) string {
	if p.CustomHost {
		return customHost
	}
	return ""
}

func names(t *testing.T, c *provider.Catalogue, p *provider.Provider) {
	t.Helper()
	for _, name := range append([]string{p.ID}, p.Aliases...) {
		if got, ok := c.Find(name); !ok || got != p {
			t.Errorf("%q does not find it", name)
		}
		if got := c.Suggest(strings.ToUpper(name)); got != p.ID {
			t.Errorf("%q suggests %q", strings.ToUpper(name), got)
		}
	}
}

func key(t *testing.T, p *provider.Provider) {
	t.Helper()
	const secret = "k3y"
	name, value := p.Auth.Header(secret)
	switch p.Auth.Scheme {
	case provider.Bearer:
		if name != "Authorization" || !strings.HasSuffix(value, " "+secret) {
			t.Errorf("the key goes out as %s: %s", name, value)
		}
	case provider.Header:
		if name != p.Auth.Name || !strings.HasSuffix(value, secret) {
			t.Errorf("the key goes out as %s: %s", name, value)
		}
	case provider.SigV4, provider.Azure, provider.OCI, provider.OAuth:
		if want := p.Auth.Name; name != want && (name != "Authorization" || want != "") || !strings.HasSuffix(value, secret) {
			t.Errorf("the key goes out as %s: %s", name, value)
		}
	default:
		if name != "" || value != "" {
			t.Errorf("scheme %s sends %s: %s", p.Auth.Scheme, name, value)
		}
	}
}

// endpoint checks where one operation goes, or that it is refused.
func endpoint(t *testing.T, p *provider.Provider, op llm.Op) {
	t.Helper()
	own, err := p.URL(op, "", base(p), Vars(p), model)
	if _, has := p.Ops[op]; !has {
		var e *llm.Error
		if !errors.As(err, &e) || e.Kind != llm.NotSupported || e.Status != 501 || !strings.HasSuffix(e.Message, " is not supported by "+p.ID) {
			t.Errorf("%s, which it has not: %s, %v", op, own, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", op, err)
		return
	}
	wellFormed(t, p, own)
	custom, err := p.URL(op, "", customHost+"/", Vars(p), model)
	if err != nil || !strings.HasPrefix(custom, customHost+"/") || strings.HasPrefix(custom, customHost+"//") {
		t.Errorf("%s on a custom host: %s, %v", op, custom, err)
	}
	if tail := strings.TrimPrefix(custom, customHost); !strings.HasSuffix(own, tail) {
		t.Errorf("%s is %s, but on a custom host %s", op, own, custom)
	}
}

// relay checks paths the gateway does not understand.
func relay(t *testing.T, p *provider.Provider) {
	t.Helper()
	at := func(path, host string) string {
		got, err := p.URL(llm.Relay, path, host, Vars(p), model)
		if err != nil {
			t.Errorf("relay of %s: %v", path, err)
		}
		return got
	}
	if got, want := at("/no-such/path", customHost), customHost+p.Relay+"/no-such/path"; !strings.Contains(p.Relay, "{") && got != want {
		t.Errorf("relayed to %s, want %s", got, want)
	}
	for from := range p.Paths {
		got := at(from, base(p))
		wellFormed(t, p, got)
		path, query, _ := strings.Cut(got, "?")
		below := path + "/x1/cancel"
		if query != "" {
			below += "?" + query
		}
		if deeper := at(from+"/x1/cancel", base(p)); deeper != below {
			t.Errorf("%s is relayed to %s, what lies below it to %s", from, got, deeper)
		}
	}
	for _, path := range []string{"", "x", "/../x", "/a/%2e%2e/x", "/a%2f..%2fx", `/a\x`, "/a%00"} {
		if got, err := p.URL(llm.Relay, path, base(p), Vars(p), model); err == nil {
			t.Errorf("the path %q is relayed to %s", path, got)
		}
	}
}

var hostForm = regexp.MustCompile(`^[a-z0-9.-]+(:[0-9]+)?$`)

func wellFormed(t *testing.T, p *provider.Provider, text string) {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil || strings.ContainsAny(text, "{} #\"") || strings.Contains(u.EscapedPath(), "//") || !hostForm.MatchString(u.Host) {
		t.Errorf("%s is not a good address: %v", text, err)
		return
	}
	if u.Scheme != "https" && !p.Local && !p.CustomHost {
		t.Errorf("%s is not https", text)
	}
	if p.Local && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		t.Errorf("%s is called local", text)
	}
}

// hostile are values that no variable may carry into an address as they are.
var hostile = []string{"..", ".", "a\r\nb", "a\x00", "evil.test/", "evil.test#", "evil.test?", "me@evil.test", `evil.test\`, "evil.test:1"}

// variables checks that a missing one is named and that none can change where
// a request goes.
func variables(t *testing.T, p *provider.Provider) {
	t.Helper()
	for name, v := range p.Vars {
		needs := 0
		for _, op := range ops {
			e, has := p.Ops[op]
			if !has || !strings.Contains(p.BaseURL+e.Path, "{"+name+"}") {
				continue
			}
			needs++
			missing(t, p, op, name, v)
			for _, value := range hostile {
				vars := Vars(p)
				good, err := p.URL(op, "", base(p), vars, model)
				vars[name] = value
				bad, badErr := p.URL(op, "", base(p), vars, model)
				if err != nil || badErr == nil && !sameShape(good, bad) {
					t.Errorf("%s with %s %q goes to %s, %v", op, name, value, bad, err)
				}
			}
		}
		if needs == 0 && len(p.Ops) > 0 && v.Default == "" {
			t.Logf("%s is only needed by relayed paths", name)
		}
	}
}

func missing(t *testing.T, p *provider.Provider, op llm.Op, name string, v provider.Var) {
	t.Helper()
	vars := Vars(p)
	delete(vars, name)
	got, err := p.URL(op, "", base(p), vars, model)
	var e *llm.Error
	switch {
	case v.Default != "" && err != nil:
		t.Errorf("%s without %s: %v", op, name, err)
	case v.Default == "" && (!errors.As(err, &e) || e.Kind != llm.InvalidRequest || e.Status != 400 || e.Param != v.Header || !strings.Contains(e.Message, v.Header)):
		t.Errorf("%s without %s: %s, %v", op, name, got, err)
	}
}

// sameShape reports whether two addresses differ in the value of one path
// segment or query parameter at most, never in the host.
func sameShape(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Host == y.Host && x.User == nil && y.User == nil && y.Fragment == "" &&
		strings.Count(x.EscapedPath(), "/") == strings.Count(y.EscapedPath(), "/") && len(x.Query()) == len(y.Query())
}
