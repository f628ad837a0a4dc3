package upstream

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// sentHeaders is what the provider gets to see.
func sentHeaders(t *testing.T, change func(*Request, *policy.Target), key string) http.Header {
	t.Helper()
	r, target := chat(t, unary), acme()
	change(r, target)
	var sent http.Header
	_, err := clientOf(func(req *http.Request) (*http.Response, error) {
		sent = req.Header.Clone()
		return answering(200, strings.NewReader(reply))(req)
	}).Do(t.Context(), r, target, secret.New(key))
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// basis is what every provider sees.
func basis(more ...string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"sluice/test"}}
	for i := 0; i < len(more); i += 2 {
		if h.Del(more[i]); more[i+1] != "" {
			h.Set(more[i], more[i+1])
		}
	}
	return h
}

// everything a client may send, and nothing of it is asked for.
func client() http.Header {
	return http.Header{
		"Authorization": {"Bearer caller"}, "X-Api-Key": {"caller"}, "Api-Key": {"caller"}, "X-Goog-Api-Key": {"caller"}, "Cookie": {"session=1"},
		"X-Portkey-Config": {"{}"}, "X-Portkey-Trace-Id": {"t"}, "Proxy-Authorization": {"Basic x"}, "X-Forwarded-For": {"10.0.0.1"}, "X-Team": {"red"},
		"Connection": {"X-Team"}, "Transfer-Encoding": {"chunked"}, "Te": {"trailers"}, "Upgrade": {"h2c"}, "Expect": {"100-continue"}, "Host": {"evil"},
		"Content-Length": {"5"}, "Content-Encoding": {"gzip"}, "Metadata-Flavor": {"Google"}, "X-Aws-Ec2-Metadata-Token": {"x"}, "Metadata": {"true"},
		"User-Agent": {"sdk/1"}, "Accept-Encoding": {"br"}, "Content-Type": {"text/evil"}, HopHeader: {"forged"},
	}
}

func names(h http.Header) (out []string) {
	for name := range h {
		out = append(out, name)
	}
	return append(out, "X-Missing")
}

// TestToTheProvider is S43 and the contract, §2.6 and §3.11.
func TestToTheProvider(t *testing.T) {
	for _, c := range []struct {
		name   string
		key    string
		change func(*Request, *policy.Target)
		want   http.Header
	}{
		{"nothing is passed on unasked", "k", func(r *Request, _ *policy.Target) { r.Header = client() }, basis("Authorization", "Bearer k")},
		{"no key, no header", "", func(r *Request, _ *policy.Target) { r.Header = client() }, basis()},
		{
			"asked for everything", "k", func(r *Request, t *policy.Target) { r.Header, t.Forward = client(), names(client()) },
			basis("Authorization", "Bearer k", "X-Team", "red", "X-Forwarded-For", "10.0.0.1", "User-Agent", "sdk/1"),
		},
		{"the caller's key may go there", "caller", func(r *Request, t *policy.Target) {
			r.Header, t.Forward, t.CallerKey = client(), []string{"X-Api-Key"}, true
		}, basis("Authorization", "Bearer caller", "X-Api-Key", "caller")},
		{"no keys at all there", "", func(r *Request, t *policy.Target) {
			t.Provider.Auth = provider.Auth{Scheme: provider.NoAuth}
			r.Header, t.Forward = client(), []string{"Authorization"}
		}, basis("Authorization", "Bearer caller")},
		{"a key header of another name", "k", func(r *Request, t *policy.Target) {
			t.Provider.Auth = provider.Auth{Scheme: provider.Header, Name: "x-api-key"}
			r.Header = client()
		}, basis("X-Api-Key", "k")},
		{"several values", "k", func(r *Request, t *policy.Target) {
			r.Header, t.Forward = http.Header{"X-Team": {"red"}}, []string{"X-Team"}
		}, basis("Authorization", "Bearer k", "X-Team", "red")},
		{"accept", "k", func(r *Request, _ *policy.Target) { r.Header.Set("Accept", "text/event-stream") }, basis("Authorization", "Bearer k", "Accept", "text/event-stream")},
		{"the vendor's own, from the config", "k", func(r *Request, t *policy.Target) {
			t.Headers = []policy.Header{{Name: "Acme-Project", Value: "p", Default: "d"}}
			r.Header.Set("Acme-Project", "client's")
		}, basis("Authorization", "Bearer k", "Acme-Project", "p")},
		{"the vendor's own, from the client", "k", func(r *Request, t *policy.Target) {
			t.Headers = []policy.Header{{Name: "Acme-Project", Default: "d"}}
			r.Header.Set("Acme-Project", "client's")
		}, basis("Authorization", "Bearer k", "Acme-Project", "client's")},
		{"the vendor's own, by default", "k", func(_ *Request, t *policy.Target) {
			t.Headers = []policy.Header{{Name: "Acme-Version", Default: "d"}, {Name: "Acme-Beta"}}
		}, basis("Authorization", "Bearer k", "Acme-Version", "d")},
		{"a private address", "k", func(r *Request, t *policy.Target) {
			r.Header, t.Private, t.Forward = client(), true, []string{HopHeader}
		}, basis("Authorization", "Bearer k", HopHeader, "hop-token")},
		{"a local vendor", "k", func(_ *Request, t *policy.Target) { t.Provider.Local = true }, basis("Authorization", "Bearer k", HopHeader, "hop-token")},
		{"no body", "k", func(r *Request, t *policy.Target) {
			t.Provider.Ops[llm.Models] = provider.Endpoint{Path: "/models"}
			r.Op, r.Method, r.Body = llm.Models, "GET", nil
		}, basis("Authorization", "Bearer k", "Content-Type", "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, sentHeaders(t, c.change, c.key)); diff != "" {
				t.Errorf("the provider sees (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeyInTheQuery(t *testing.T) {
	r, target := chat(t, unary), acme()
	target.Provider.Auth = provider.Auth{Scheme: provider.Query, Name: "key"}
	r.Op, r.Path, r.Query = llm.Relay, "/x", "a=1&key=theirs&b=2"
	var sent *http.Request
	answer, err := clientOf(func(req *http.Request) (*http.Response, error) {
		sent = req
		return answering(200, strings.NewReader("ok"))(req)
	}).Do(t.Context(), r, target, secret.New("k&k"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Stream.Close()
	if got := sent.URL.RawQuery; got != "a=1&b=2&key=k%26k" {
		t.Errorf("query %s", got)
	}
}

// TestFromTheProvider is S43, the other way.
func TestFromTheProvider(t *testing.T) {
	h := http.Header{}
	for _, name := range []string{
		"Set-Cookie", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Strict-Transport-Security", "Alt-Svc", "Server", "X-Powered-By",
		"Content-Security-Policy", "Clear-Site-Data", "Refresh", "Link", "Location", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding",
		"Upgrade", "Content-Length", "Content-Encoding", "X-Portkey-Provider", "X-Portkey-Trace-Id", "X-Hop", "X-Other-Hop",
		"Content-Type", "Retry-After", "Retry-After-Ms", "X-Ratelimit-Remaining-Requests", "X-Request-Id", "Openai-Processing-Ms", "Cf-Ray", "Date", "Cache-Control",
	} {
		h.Add(name, "v")
	}
	h.Add("Connection", "close, x-hop")
	h.Add("Connection", "X-Other-Hop")
	h.Add("X-Request-Id", "second")
	filterHeader(h)
	want := http.Header{
		"Content-Type": {"v"}, "Retry-After": {"v"}, "Retry-After-Ms": {"v"}, "X-Ratelimit-Remaining-Requests": {"v"}, "X-Request-Id": {"v", "second"},
		"Openai-Processing-Ms": {"v"}, "Cf-Ray": {"v"}, "Date": {"v"}, "Cache-Control": {"v"},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("the client sees (-want +got):\n%s", diff)
	}
}

// FuzzFilterHeader: whatever a provider answers, what must not pass does not.
func FuzzFilterHeader(f *testing.F) {
	f.Add("set-cookie", "a", "Set-Cookie")
	f.Add("X-A", "b", "x-a, ,close")
	f.Fuzz(func(t *testing.T, name, value, connection string) {
		h := http.Header{}
		h.Add(name, value)
		h.Add("Connection", connection)
		filterHeader(h)
		for left := range h {
			for _, listed := range strings.Split(connection, ",") {
				if left == http.CanonicalHeaderKey(strings.TrimSpace(listed)) {
					t.Errorf("%q is left, though Connection lists it", left)
				}
			}
			if lower := strings.ToLower(left); lower == "set-cookie" || lower == "connection" || strings.HasPrefix(lower, "access-control-") || strings.HasPrefix(lower, "x-portkey-") {
				t.Errorf("%q is left", left)
			}
		}
	})
}
