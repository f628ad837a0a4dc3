package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/egress"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/secret"
	"sluice/providers"
)

// world is a token server, the environment of a gateway, and a request.
type world struct {
	t      *testing.T
	server *httptest.Server
	env    map[string]string
	files  map[string]string
	reach  Reach
	now    time.Time
	trusts string

	mu     sync.Mutex // guards all below
	asked  []*http.Request
	forms  []url.Values
	answer func(w http.ResponseWriter, r *http.Request, form url.Values)
}

// newWorld has a token server that gives out tok-1, tok-2 and so on.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, env: map[string]string{}, files: map[string]string{}, now: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), trusts: "127.0.0.1"}
	w.answer = func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
		_, _ = fmt.Fprintf(rw, `{"access_token":"tok-%d","expires_in":3600}`, len(w.asked))
	}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked, w.forms = append(w.asked, r), append(w.forms, form)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		w.answer(rw, r, form)
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) authority() *Authority {
	w.t.Helper()
	policy, err := egress.NewPolicy(w.trusts)
	if err != nil {
		w.t.Fatal(err)
	}
	a := New(Options{
		Dialer: &egress.Dialer{Policy: policy, Timeout: 5 * time.Second},
		Getenv: func(name string) string { return w.env[name] },
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := w.files[name]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		},
		Own: func(string) Reach { return w.reach },
		Now: func() time.Time { return w.now },
	})
	w.t.Cleanup(a.Close)
	return a
}

var catalogue = sync.OnceValues(func() (*provider.Catalogue, error) { return provider.Load(providers.FS) })

func vendor(t *testing.T, id string) *provider.Provider {
	t.Helper()
	c, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	p, ok := c.Find(id)
	if !ok {
		t.Fatalf("no provider %s", id)
	}
	return p
}

// target is a vendor of the catalogue with a key and settings.
func target(t *testing.T, id, key string, settings ...string) *Target {
	t.Helper()
	to := &Target{Provider: vendor(t, id), Key: secret.New(key), Settings: map[string]secret.String{}}
	for i := 0; i < len(settings); i += 2 {
		to.Settings[settings[i]] = secret.New(settings[i+1])
	}
	return to
}

const asked = `{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`

func outgoing(t *testing.T, to string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(asked))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return req
}

// authorize returns the headers of a request to the target.
func authorize(t *testing.T, a *Authority, to *Target) (http.Header, error) {
	t.Helper()
	req := outgoing(t, "https://api.example.com/v1/chat")
	err := a.Authorize(req, []byte(asked), false, to)
	return req.Header, err
}

// fault is an error as a client reads it.
func fault(t *testing.T, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an *llm.Error", err)
	}
	return e
}

// discreet fails when a text repeats a secret.
func discreet(t *testing.T, text string, to *Target) {
	t.Helper()
	hidden := []string{to.Key.Reveal(), "PRIVATE KEY"}
	for _, s := range to.Provider.Auth.Settings() {
		if s.Secret {
			hidden = append(hidden, to.Settings[s.Name].Reveal())
		}
	}
	for _, h := range hidden {
		if len(h) > 3 && strings.Contains(text, h) {
			t.Errorf("a secret is in %q", text)
		}
	}
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs8(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(rsaKey())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
