// Package credentials_test sends requests through the whole gateway to vendors
// that want more than a key in a header: what arrives there carries a signature
// that fits the very bytes, or a token that a token service gave out.
package credentials_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"sluice/internal/app"
	"sluice/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

const (
	chat      = `{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}`
	openAI    = `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`
	gemini    = `{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]},"finishReason":"STOP"}]}`
	awsSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// house is a gateway between a client and one server that is all vendors.
type house struct {
	t       *testing.T
	gateway string
	vendor  *httptest.Server
	log     *log

	mu     sync.Mutex // guards all below
	seen   []seen
	tokens int
	refuse bool
}

type seen struct {
	*http.Request
	body string
}

type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func newHouse(t *testing.T, env map[string]string) *house {
	t.Helper()
	h := &house{t: t, log: &log{}}
	h.vendor = httptest.NewServer(http.HandlerFunc(h.serve))
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1", true
	getenv := func(name string) string { return strings.ReplaceAll(env[name], "$VENDOR", h.vendor.URL) }
	a, err := app.New(c, getenv, slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), nil)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	a.Egress.Own(netip.MustParseAddrPort(srv.Listener.Addr().String()))
	h.gateway = srv.URL
	t.Cleanup(func() { srv.Close(); a.Close(); h.vendor.Close(); http.DefaultClient.CloseIdleConnections() })
	return h
}

func (h *house) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/token"):
		if h.refuse {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_client","error_description":"no such secret: %s"}`, strings.Split(string(body)+"client_secret=&", "client_secret=")[1])
			return
		}
		h.tokens++
		_, _ = fmt.Fprintf(w, `{"access_token":"fetched-%d","expires_in":3600}`, h.tokens)
		return
	case strings.Contains(r.URL.Path, "generateContent"):
		_, _ = io.WriteString(w, gemini)
	default:
		_, _ = io.WriteString(w, openAI)
	}
	h.seen = append(h.seen, seen{r, string(body)})
}

// ask sends a request and returns its status and answer. Nothing secret may be
// in the answer or the log.
func (h *house) ask(path, body string, header map[string]string, secrets ...string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.gateway+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		req.Header.Set(name, strings.ReplaceAll(value, "$VENDOR", h.vendor.URL))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	for _, s := range append(secrets, "fetched-", "PRIVATE KEY") {
		if strings.Contains(string(text)+fmt.Sprint(resp.Header)+h.log.b.String(), s) {
			h.t.Errorf("%q is in the answer or the log: %s\n%s", s, text, h.log.b.String())
		}
	}
	return resp.StatusCode, string(text)
}

func (h *house) last() seen {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.seen) == 0 {
		h.t.Fatal("nothing arrived")
	}
	return h.seen[len(h.seen)-1]
}

// signature is AWS Signature Version 4 made once more, from what arrived and
// from AWS's description alone.
func signature(r seen, secret string) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, rest, _ := strings.Cut(rest, ", SignedHeaders=")
	names, _, _ := strings.Cut(rest, ",")
	scope := strings.SplitN(credential, "/", 2)[1]
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	path, query, _ := strings.Cut(r.RequestURI, "?")
	params := strings.Split(query, "&")
	sort.Strings(params)
	segments := strings.Split(path, "/")
	for i := range segments {
		segments[i] = strings.ReplaceAll(url.QueryEscape(segments[i]), "+", "%20")
	}
	text := r.Method + "\n" + strings.Join(segments, "/") + "\n" + strings.Join(params, "&") + "\n"
	for name := range strings.SplitSeq(names, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	text += "\n" + names + "\n" + sum(r.body)
	key := []byte("AWS4" + secret)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+scope+"\n"+sum(text)) {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	return hex.EncodeToString(key)
}

func TestBedrockIsSigned(t *testing.T) {
	h := newHouse(t, nil)
	const path = "/guardrail/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Aguardrail%2Fg/version/1/apply"
	const body = `{"messages": [ {"role":"user","content":[{"text":"hello  ü"}]} ]}`
	for name, header := range map[string]map[string]string{
		"headers": {
			"x-portkey-provider": "bedrock", "x-portkey-custom-host": "$VENDOR", "x-portkey-aws-region": "eu-west-1",
			"x-portkey-aws-access-key-id": "AKIDEXAMPLE", "x-portkey-aws-secret-access-key": awsSecret, "x-portkey-aws-session-token": "session-secret",
		},
		"config": {"x-portkey-config": `{"provider":"bedrock","custom_host":"$VENDOR","awsRegion":"eu-west-1","aws_access_key_id":"AKIDEXAMPLE","awsSecretAccessKey":"` + awsSecret + `","aws_session_token":"session-secret"}`},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			status, text := h.ask("/v1"+path+"?b=2&a=1", body, header, awsSecret, "session-secret")
			r := h.last()
			if status != 200 || r.RequestURI != path+"?b=2&a=1" || r.body != body {
				t.Fatalf("%d %s: %s arrived as %q", status, text, r.RequestURI, r.body)
			}
			got := r.Header.Get("Authorization")
			if !strings.Contains(got, "/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ") || !strings.HasSuffix(got, "Signature="+signature(r, awsSecret)) {
				t.Errorf("%s\nwant a signature %s", got, signature(r, awsSecret))
			}
			if r.Header.Get("X-Portkey-Aws-Secret-Access-Key") != "" {
				t.Error("the secret itself was sent")
			}
		})
	}
}

func TestAzureWithAnApp(t *testing.T) {
	h := newHouse(t, map[string]string{"AZURE_AUTHORITY_HOST": "$VENDOR"})
	header := map[string]string{
		"x-portkey-provider": "azure-openai", "x-portkey-custom-host": "$VENDOR", "x-portkey-azure-resource-name": "r", "x-portkey-azure-deployment-id": "dep", "x-portkey-azure-api-version": "2024-10-21",
		"x-portkey-azure-auth-mode": "entra", "x-portkey-azure-entra-tenant-id": "tenant", "x-portkey-azure-entra-client-id": "client", "x-portkey-azure-entra-client-secret": "entra-secret",
	}
	for range 2 {
		status, text := h.ask("/v1/chat/completions", chat, header, "entra-secret")
		if r := h.last(); status != 200 || r.Header.Get("Authorization") != "Bearer fetched-1" || r.Header.Get("Api-Key") != "" || r.RequestURI != "/deployments/dep/chat/completions?api-version=2024-10-21" {
			t.Fatalf("%d %s: %s %v", status, text, r.RequestURI, r.Header)
		}
	}
	h.refuse = true
	header["x-portkey-azure-entra-client-secret"] = "other-secret"
	status, text := h.ask("/v1/chat/completions", chat, header, "entra-secret", "other-secret")
	if status != 401 || !strings.Contains(text, "x-portkey-azure-entra-client-secret (azure_entra_client_secret in a config): invalid_client: no such secret: [redacted]") || !strings.Contains(text, "azure-openai") {
		t.Errorf("%d %s", status, text)
	}
}

func TestVertexWithAServiceAccount(t *testing.T) {
	h := newHouse(t, nil)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "proj-1", "client_email": "a@proj-1.iam.gserviceaccount.com", "private_key_id": "k",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": h.vendor.URL + "/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]map[string]string{
		"text":               {"x-portkey-provider": "vertex-ai", "x-portkey-custom-host": "$VENDOR", "x-portkey-vertex-region": "us-central1", "x-portkey-vertex-service-account-json": string(file)},
		"object in a config": {"x-portkey-config": `{"provider":"vertex-ai","custom_host":"$VENDOR","vertex_region":"us-central1","vertex_service_account_json":` + string(file) + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			status, text := h.ask("/v1/chat/completions", chat, header)
			if r := h.last(); status != 200 || r.Header.Get("Authorization") != "Bearer fetched-1" || r.URL.Path != "/v1/projects/proj-1/locations/us-central1/publishers/google/models/gpt-4o:generateContent" {
				t.Errorf("%d %s: %s %v", status, text, r.URL, r.Header)
			}
		})
	}
}

// TestOwnIdentityStaysHome: at an address a caller chose, the gateway's own is
// not used, and who brought half a credential hears of the other half.
func TestOwnIdentityStaysHome(t *testing.T) {
	h := newHouse(t, map[string]string{"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "own-secret"})
	header := map[string]string{"x-portkey-provider": "bedrock", "x-portkey-custom-host": "$VENDOR"}
	for _, c := range []struct {
		setting, value, code string
		status               int
		says                 string
	}{
		{"", "", "missing_provider_key", 401, "no credentials for bedrock: send x-portkey-aws-access-key-id"},
		{"x-portkey-aws-role-arn", "arn:aws:iam::123456789012:role/R", "invalid_request", 400, "which is not sent to a custom host"},
		{"x-portkey-aws-access-key-id", "AKIDEXAMPLE", "invalid_request", 400, "bedrock also needs x-portkey-aws-secret-access-key (aws_secret_access_key in a config)"},
	} {
		own := map[string]string{c.setting: c.value}
		if c.setting == "" {
			own = map[string]string{}
		}
		for k, v := range header {
			own[k] = v
		}
		if status, text := h.ask("/v1/guardrail/g/version/1/apply", `{}`, own, "own-secret"); status != c.status || !strings.Contains(text, `"code":"`+c.code+`"`) || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s", c.setting, status, text)
		}
	}
	if len(h.seen) > 0 {
		t.Errorf("%v arrived", h.seen)
	}
}
