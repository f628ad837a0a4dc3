package gateway_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/dialect"
	"sluice/internal/dialect/openai"
	"sluice/internal/egress"
	"sluice/internal/gateway"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/route"
	"sluice/internal/secret"
	"sluice/internal/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const reply = `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`

// vendor is a provider that notes what it was sent.
type vendor struct {
	*httptest.Server
	mu   sync.Mutex // guards sent
	sent []string   // path, key and body of each request
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.sent = append(v.sent, r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(body))
		v.mu.Unlock()
		if strings.HasPrefix(r.URL.Path, "/down") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(v.Close)
	return v
}

// newGateway knows vendors that all live at the same server.
func newGateway(t *testing.T, v *vendor, keys gateway.Keys) *gateway.Gateway {
	t.Helper()
	catalogue := &provider.Catalogue{}
	bearer := provider.Auth{Scheme: provider.Bearer, Prefix: "Bearer "}
	for id, auth := range map[string]provider.Auth{
		"acme": bearer, "beta": bearer, "down": bearer,
		"open":  {Scheme: provider.NoAuth},
		"maybe": {Scheme: provider.Bearer, Prefix: "Bearer ", Optional: true},
	} {
		if err := catalogue.Add(&provider.Provider{
			ID: id, Title: id, BaseURL: v.URL + "/" + id, Local: true, Auth: auth,
			Ops: map[llm.Op]provider.Endpoint{llm.Chat: {Dialect: "openai", Path: "/chat"}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	trusted, err := egress.NewPolicy("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	client := upstream.New(upstream.Options{
		Limits: upstream.Limits{
			Connect: 5 * time.Second, FirstByteStream: time.Minute, FirstByte: time.Minute, Idle: time.Minute, TotalStream: time.Minute, Total: time.Minute,
			ResponseBytes: 1 << 20, EventBytes: 1 << 20, HeaderBytes: 64 << 10,
		},
		Dialer:   &egress.Dialer{Policy: trusted, Timeout: 5 * time.Second},
		Dialects: func(name string) (*dialect.Dialect, bool) { return &openai.Dialect, name == "openai" },
	})
	t.Cleanup(client.Close)
	return &gateway.Gateway{Compiler: &policy.Compiler{Catalogue: catalogue, Egress: trusted}, Walker: route.NewWalker(16), Client: client, Keys: keys}
}

func exchange(t *testing.T, body, key string, src policy.Source) *gateway.Exchange {
	t.Helper()
	o, err := jsonx.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return &gateway.Exchange{
		Request: upstream.Request{Op: llm.Chat, Method: http.MethodPost, Path: "/chat/completions", Header: http.Header{}, Dialect: &openai.Dialect, Body: &o, Key: secret.New(key)},
		Source:  src,
	}
}

// TestWhoseKey: a target's own, else the caller's where it was meant for that
// vendor, else the operator's, which never goes to an address a caller chose.
func TestWhoseKey(t *testing.T) {
	v := newVendor(t)
	operators := gateway.Keys{"acme": secret.New("operator"), "maybe": secret.New("operator"), "open": secret.New("operator")}
	elsewhere := policy.Source{CustomHost: v.URL + "/elsewhere"}
	for _, c := range []struct {
		name, caller string
		keys         gateway.Keys
		src          policy.Source
		want         string // path and key; of a failure its message
	}{
		{"the caller's", "caller", operators, policy.Source{Provider: "acme"}, "/acme/chat Bearer caller"},
		{"the operator's", "", operators, policy.Source{Provider: "acme"}, "/acme/chat Bearer operator"},
		{"the target's", "caller", operators, policy.Source{Config: `{"provider":"acme","api_key":"target"}`}, "/acme/chat Bearer target"},
		{"the caller's, to where the caller says", "caller", operators, policy.Source{Provider: "acme", CustomHost: elsewhere.CustomHost}, "/elsewhere/chat Bearer caller"},
		{"the target's, to where the caller says", "", operators, policy.Source{Config: `{"provider":"acme","api_key":"target"}`, CustomHost: elsewhere.CustomHost}, "/elsewhere/chat Bearer target"},
		{
			"the operator's, but to where the caller says", "", operators,
			policy.Source{Provider: "acme", CustomHost: elsewhere.CustomHost},
			"no API key for acme at a custom host: send one as Authorization: Bearer, or give the target an api_key",
		},
		{"none is needed", "caller", operators, policy.Source{Provider: "open"}, "/open/chat "},
		{"none is needed there", "", nil, policy.Source{Provider: "maybe"}, "/maybe/chat "},
		{"optional, and there is one", "", operators, policy.Source{Provider: "maybe"}, "/maybe/chat Bearer operator"},
		{"optional, but to where the caller says", "", operators, policy.Source{Provider: "maybe", CustomHost: elsewhere.CustomHost}, "/elsewhere/chat "},
		{"nobody has one", "", nil, policy.Source{Provider: "beta"}, "no API key for beta: send one as Authorization: Bearer, or give the target an api_key"},
		{"two vendors, no word for which the caller's key is", "caller", operators, policy.Source{Config: `{"strategy":{"mode":"fallback"},"targets":[{"provider":"acme"},{"provider":"beta"}]}`}, "/acme/chat Bearer operator"},
		{
			"the same without the operator's", "caller", nil,
			policy.Source{Config: `{"strategy":{"mode":"single"},"targets":[{"provider":"beta"},{"provider":"acme"}]}`},
			"the Authorization key was not sent to beta, since it may belong to another provider: give the target an api_key, or name the provider in x-portkey-provider",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v.sent = nil
			_, err := newGateway(t, v, c.keys).Do(t.Context(), exchange(t, `{"model":"m"}`, c.caller, c.src))
			if err != nil {
				var e *llm.Error
				if !errors.As(err, &e) || e.Message != c.want || e.Kind != llm.MissingKey || e.Status != 401 || e.Provider == "" {
					t.Errorf("%+v", err)
				}
				if len(v.sent) > 0 {
					t.Errorf("it was sent: %q", v.sent)
				}
				return
			}
			if want := c.want + ` {"model":"m"}`; len(v.sent) != 1 || v.sent[0] != want {
				t.Errorf("sent %q, want %q", v.sent, want)
			}
		})
	}
}

// TestProviderInTheModel is for clients that can set no header.
func TestProviderInTheModel(t *testing.T) {
	v := newVendor(t)
	for _, c := range []struct {
		model string
		src   policy.Source
		want  string // path and model; empty: refused
	}{
		{"@acme/m-1", policy.Source{}, "/acme/chat m-1"},
		{"@acme/org/m-1", policy.Source{}, "/acme/chat org/m-1"},
		{"@acme/m-1", policy.Source{Provider: "beta"}, "/beta/chat @acme/m-1"},
		{"@acme/m-1", policy.Source{Config: `{"provider":"beta"}`}, "/beta/chat @acme/m-1"},
		{"acme/m-1", policy.Source{}, ""},
		{"@acme/", policy.Source{}, ""},
		{"@acme", policy.Source{}, ""},
		{"@nobody/m-1", policy.Source{}, ""},
		{"", policy.Source{}, ""},
	} {
		v.sent = nil
		answer, err := newGateway(t, v, nil).Do(t.Context(), exchange(t, `{"model":"`+c.model+`"}`, "k", c.src))
		if c.want == "" {
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != 400 || e.Kind != llm.InvalidRequest || len(v.sent) > 0 {
				t.Errorf("%q: %v, sent %q", c.model, err, v.sent)
			}
			continue
		}
		path, model, _ := strings.Cut(c.want, " ")
		if err != nil || answer.Path != "config" || len(v.sent) != 1 || v.sent[0] != path+` Bearer k {"model":"`+model+`"}` {
			t.Errorf("%q: %v, sent %q", c.model, err, v.sent)
		}
	}
}

// TestPrepare finds faults in the headers without a body, and nothing where
// only the body can tell.
func TestPrepare(t *testing.T) {
	v := newVendor(t)
	g := newGateway(t, v, nil)
	if err := g.Prepare(&gateway.Exchange{Source: policy.Source{Provider: "nobody"}}); err == nil {
		t.Error("an unknown provider passed")
	}
	if err := g.Prepare(&gateway.Exchange{}); err != nil {
		t.Errorf("nothing named: %v", err)
	}
	x := exchange(t, `{"model":"m"}`, "k", policy.Source{Provider: "acme"})
	if err := g.Prepare(x); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Do(t.Context(), x); err != nil || len(v.sent) != 1 {
		t.Errorf("%v, sent %q", err, v.sent)
	}
}

// TestExchangeTellsTheStory: warnings, attempts and the target that answered;
// the conditions see the request.
func TestExchangeTellsTheStory(t *testing.T) {
	v := newVendor(t)
	x := exchange(t, `{"model":"m","tier":"gold"}`, "", policy.Source{Config: `{"strategy":{"mode":"conditional","conditions":[
		{"query":{"params.tier":"gold","metadata.team":"red","url.pathname":"/v1/chat/completions"},"then":"both"}]},
		"targets":[{"name":"both","colour":"blue","strategy":{"mode":"fallback"},"targets":[{"provider":"down","api_key":"a"},{"provider":"acme","api_key":"b"}]}]}`})
	x.Metadata, x.FullPath = map[string]string{"team": "red"}, "/v1/chat/completions"
	answer, err := newGateway(t, v, nil).Do(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if x.Attempts != 2 || answer.Path != "config.targets[0].targets[1]" || answer.Provider != "acme" || string(answer.Body) != reply {
		t.Errorf("%d attempts, %+v", x.Attempts, answer.Origin)
	}
	if len(x.Warnings) != 1 || !strings.Contains(x.Warnings[0], `unknown key "colour"`) {
		t.Errorf("warnings %q", x.Warnings)
	}
	if len(v.sent) != 2 || !strings.HasPrefix(v.sent[0], "/down/chat Bearer a ") || !strings.HasPrefix(v.sent[1], "/acme/chat Bearer b ") {
		t.Errorf("sent %q", v.sent)
	}
}

// TestOverridesDoNotLeak: an override of one target is not there for the next.
func TestOverridesDoNotLeak(t *testing.T) {
	v := newVendor(t)
	x := exchange(t, `{"model":"m"}`, "", policy.Source{Config: `{"strategy":{"mode":"fallback"},"targets":[
		{"provider":"down","api_key":"a","override_params":{"model":"x","top_p":1}},{"provider":"acme","api_key":"b"}]}`})
	if _, err := newGateway(t, v, nil).Do(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if len(v.sent) != 2 || !strings.HasSuffix(v.sent[0], ` {"model":"x","top_p":1}`) || !strings.HasSuffix(v.sent[1], ` {"model":"m"}`) {
		t.Errorf("sent %q", v.sent)
	}
}
