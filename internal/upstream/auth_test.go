package upstream

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/auth"
	"sluice/internal/egress"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// fetching is a client and a target whose tokens come from the handler.
func fetching(t *testing.T, now func() time.Time, tokens http.HandlerFunc, f wire) (*Client, *policy.Target) {
	t.Helper()
	server := httptest.NewServer(tokens)
	p, err := egress.NewPolicy("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c := clientOf(f)
	c.authority = auth.New(auth.Options{Dialer: &egress.Dialer{Policy: p, Timeout: 5 * time.Second}, Getenv: func(string) string { return "" }, Now: now})
	t.Cleanup(func() { c.authority.Close(); server.Close() })
	target := acme()
	target.Provider.Auth = provider.Auth{Scheme: provider.OAuth, TokenURL: server.URL}
	target.Settings = map[string]secret.String{"oauth_client_id": secret.New("id"), "oauth_client_secret": secret.New("sss-secret")}
	return c, target
}

// TestWaitingForATokenCounts against the time the caller gave.
func TestWaitingForATokenCounts(t *testing.T) {
	asked := false
	c, target := fetching(t, nil, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	}, func(*http.Request) (*http.Response, error) { asked = true; return nil, io.EOF })
	target.Timeout = 20 * time.Millisecond
	_, err := c.Do(t.Context(), chat(t, unary), target, secret.String{})
	if e := failed(t, err); e.Kind != llm.RequestTimeout || e.Status != 408 || asked {
		t.Errorf("%+v, sent %v", e, asked)
	}
}

// TestRefusedTokenIsFetchedAnew once it is not brand new; until then the
// failure is the caller's to read.
func TestRefusedTokenIsFetchedAnew(t *testing.T) {
	var fetched atomic.Int64
	now := time.Now()
	c, target := fetching(t, func() time.Time { return now }, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"access_token":"tok-%d","expires_in":3600}`, fetched.Add(1))
	}, func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") == "Bearer tok-1" {
			return answering(401, strings.NewReader(`{"error":{"message":"no"}}`))(r)
		}
		return answering(200, strings.NewReader(reply))(r)
	})
	for i, want := range []int{401, 401, 401, 200} {
		_, err := c.Do(t.Context(), chat(t, unary), target, secret.String{})
		if want == 200 && err != nil || want != 200 && failed(t, err).Status != want {
			t.Errorf("%d: %v", i, err)
		}
		now = now.Add(20 * time.Second)
	}
}

// TestPiecesAreSignedApart: parts of one request go out at the same time, each
// with a signature of its own.
func TestPiecesAreSignedApart(t *testing.T) {
	c, target := fetching(t, nil, func(http.ResponseWriter, *http.Request) {}, nil)
	target.Provider.Auth = provider.Auth{Scheme: provider.SigV4, Service: "s"}
	target.Settings = map[string]secret.String{"aws_access_key_id": secret.New("A"), "aws_secret_access_key": secret.New("S")}
	r := chat(t, unary)
	whole := call{header: http.Header{}}
	if err := c.prepare(&whole, r, target, secret.String{}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	signed := make([]string, 4)
	for i := range signed {
		all.Go(func() {
			piece := whole
			piece.body = fmt.Appendf(nil, "{\"n\":%d}", i)
			var req http.Request
			if err := c.request(t.Context(), &req, r, &piece); err != nil {
				t.Error(err)
				return
			}
			signed[i] = req.Header.Get("Authorization")
		})
	}
	all.Wait()
	for i, s := range signed {
		if s == "" || slices.Contains(signed[:i], s) {
			t.Errorf("%q", signed)
		}
	}
}

// TestNoAuthority is a build error of ours, said as such.
func TestNoAuthority(t *testing.T) {
	target := acme()
	target.Provider.Auth = provider.Auth{Scheme: provider.SigV4}
	_, err := clientOf(nil).Do(t.Context(), chat(t, unary), target, secret.New("k"))
	if e := failed(t, err); e.Kind != llm.NotSupported {
		t.Errorf("%+v", e)
	}
}

// TestProofsBelongToTheCredential, also where it is no key.
func TestProofsBelongToTheCredential(t *testing.T) {
	target, r := acme(), chat(t, unary)
	target.Provider.Auth.Scheme = provider.SigV4
	first := ownerOf(r, target, secret.String{})
	target.Settings = map[string]secret.String{"aws_access_key_id": secret.New("A"), "aws_secret_access_key": secret.New("S")}
	second := ownerOf(r, target, secret.String{})
	target.Settings = map[string]secret.String{"aws_access_key_id": secret.New("A"), "aws_secret_access_key": secret.New("T")}
	if third := ownerOf(r, target, secret.String{}); first == second || second == third {
		t.Error("two callers are taken for one")
	}
}
