package policy

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"sluice/internal/egress"
	"sluice/internal/provider"
	"sluice/providers"
)

func realCompiler(t testing.TB) *Compiler {
	t.Helper()
	catalogue, err := provider.Load(providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := egress.NewPolicy("localhost")
	if err != nil {
		t.Fatal(err)
	}
	return &Compiler{Catalogue: catalogue, Egress: trusted}
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// TestSamePlan: equal sources share one plan, and whatever shapes a plan tells
// sources apart.
func TestSamePlan(t *testing.T) {
	c := realCompiler(t)
	azure := func(h ...string) Source {
		return Source{Provider: "azure-openai", Header: header(append(h, "x-portkey-azure-resource-name", "r", "x-portkey-azure-deployment-id", "d")...)}
	}
	const config = `{"provider":"openai"}`
	plans := map[*Plan]string{}
	for _, row := range []struct {
		name string
		src  Source
		same Source
	}{
		{"config", Source{Config: config}, Source{Config: config, Header: header("x-portkey-trace-id", "t", "x-portkey-azure-resource-name", "r")}},
		{"another config", Source{Config: config + " "}, Source{Config: config + " "}},
		{"provider", Source{Provider: "openai"}, Source{Provider: "openai", Header: header("x-portkey-metadata", `{"a":"b"}`, "x-portkey-trace-id", "t", "accept", "x")}},
		{"both", Source{Provider: "openai", Config: config}, Source{Provider: "openai", Config: config}},
		{"timeout", Source{Provider: "openai", Timeout: "5"}, Source{Provider: "openai", Timeout: "5"}},
		{"custom host", Source{Provider: "openai", CustomHost: "http://localhost"}, Source{Provider: "openai", CustomHost: "http://localhost"}},
		{"forward", Source{Provider: "openai", Forward: "5"}, Source{Provider: "openai", Forward: "5"}},
		{"strict", Source{Provider: "openai", Strict: "false"}, Source{Provider: "openai", Strict: "false"}},
		{"vendor's settings", azure("x-portkey-azure-api-version", "1"), azure("x-portkey-azure-api-version", "1")},
		{"other settings", azure("x-portkey-azure-api-version", "2"), azure("x-portkey-azure-api-version", "2")},
		{"no settings", azure(), azure("x-portkey-request-timeout", "ignored here: it is in the source")},
	} {
		first, err := c.Compile(row.src)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if second, err := c.Compile(row.same); err != nil || first != second {
			t.Errorf("%s: compiled twice (%v)", row.name, err)
		}
		if other, taken := plans[first]; taken {
			t.Errorf("%s has the plan of %s", row.name, other)
		}
		plans[first] = row.name
	}
}

func TestFailuresAreNotKept(t *testing.T) {
	c := realCompiler(t)
	if plan, err := c.Compile(Source{Config: `{"provider":"nope"}`}); plan != nil || err == nil {
		t.Errorf("plan %v, error %v", plan, err)
	}
}

// TestKeyHasAllOfAVendorsHeaders walks the real catalogue: a header that shapes
// a target and is not in the key would hand one caller's plan to another.
func TestKeyHasAllOfAVendorsHeaders(t *testing.T) {
	c := realCompiler(t)
	for _, p := range c.Catalogue.All() {
		names := []string{}
		for _, v := range p.Vars {
			names = append(names, v.Header)
		}
		for _, name := range p.Headers {
			names = append(names, "x-portkey-"+name)
		}
		if p.HostHeader != "" {
			names = append(names, p.HostHeader)
		}
		for _, name := range names {
			a, b := Source{Provider: p.ID, Header: header(name, "a")}, Source{Provider: p.ID, Header: header(name, "b")}
			if string(a.appendKey(nil)) == string(b.appendKey(nil)) {
				t.Errorf("%s: %s shapes the plan and is not part of its key", p.ID, name)
			}
		}
	}
}

func TestKeyPartsDoNotRunTogether(t *testing.T) {
	a := Source{Provider: "openai", Config: "a", Header: header("X-Portkey-Openai-Beta", "b")}
	b := Source{Provider: "openai", Config: "a", Header: header("X-Portkey-Openai-Be", "tab")}
	d := Source{Config: "ao", Provider: "penai"}
	if string(a.appendKey(nil)) == string(b.appendKey(nil)) || string(d.appendKey(nil)) == string((&Source{Config: "a", Provider: "openai"}).appendKey(nil)) {
		t.Error("two sources have one key")
	}
}

func TestCompileFromManyGoroutines(t *testing.T) {
	c := realCompiler(t)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 50 {
				want := int64(i%7 + 1)
				plan, err := c.Compile(Source{Provider: "openai", Timeout: fmt.Sprint(want)})
				if err != nil {
					t.Errorf("goroutine %d: %v", g, err)
				} else if got := plan.Root.(*Target).Timeout.Milliseconds(); got != want {
					t.Errorf("goroutine %d: the plan of %d ms came for %d ms", g, got, want)
				}
			}
		})
	}
	all.Wait()
}

// TestPlansAreBounded is R32: a caller can ask for as many different plans as it
// likes, and only so many are kept.
func TestPlansAreBounded(t *testing.T) {
	c := realCompiler(t)
	c.sized.Do(func() { c.plans.Max = 64 * targetCost }) // the shipped bound takes long to reach
	for i := range 1000 {
		if _, err := c.Compile(Source{Provider: "openai", Timeout: fmt.Sprint(i + 1)}); err != nil {
			t.Fatal(err)
		}
		if f := c.Fill(); f.Held > f.Limit {
			t.Fatalf("after %d: %+v", i, f)
		}
	}
	if f := c.Fill(); f.Held < f.Limit/4 || f.Lost < 800 {
		t.Errorf("%+v", f)
	}
	if f := realCompiler(t).Fill(); f.Limit != 2*maxCached {
		t.Errorf("the shipped bound: %+v", f)
	}
}

// known are sources of requests that have come before.
func known() map[string]Source {
	headers := []string{"accept", "*/*", "accept-encoding", "gzip", "authorization", "Bearer k", "content-length", "300", "content-type", "application/json", "user-agent", "OpenAI/Python 2.0", "x-stainless-lang", "python", "x-stainless-os", "Linux", "x-stainless-runtime", "CPython", "x-portkey-trace-id", "t"}
	const config = `{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"a","override_params":{"model":"gpt-4o-mini"}},{"provider":"anthropic","api_key":"b","retry":{"attempts":2,"on_status_codes":[429,503]}}]}`
	return map[string]Source{
		"config":   {Config: config, Header: header(append(headers, "x-portkey-config", config)...)},
		"provider": {Provider: "openai", CustomHost: "http://localhost:8080/v1", Header: header(append(headers, "x-portkey-provider", "openai", "x-portkey-custom-host", "http://localhost:8080/v1")...)},
		"settings": {Provider: "azure-openai", Header: header(append(headers, "x-portkey-provider", "azure-openai", "x-portkey-azure-resource-name", "r", "x-portkey-azure-deployment-id", "d", "x-portkey-azure-api-version", "v")...)},
	}
}

func BenchmarkKnownPlan(b *testing.B) {
	for name, src := range known() {
		b.Run(name, func(b *testing.B) {
			c := realCompiler(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Compile(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestKnownPlanIsCheap: what every request pays must not become garbage.
func TestKnownPlanIsCheap(t *testing.T) {
	c := realCompiler(t)
	for name, src := range known() {
		one := func() {
			if _, err := c.Compile(src); err != nil {
				t.Fatal(err)
			}
		}
		one()
		if n := testing.AllocsPerRun(100, one); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
