package auth

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/provider"
	"sluice/internal/secret"
)

// moved is a vendor of the catalogue whose token service is the world's.
func (w *world) moved(to *Target) *Target {
	p := *to.Provider
	p.Auth.TokenURL = w.server.URL + "/token"
	to.Provider = &p
	return to
}

func TestIAM(t *testing.T) {
	w := newWorld(t)
	a := w.authority()
	w.answer = func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
		_, _ = fmt.Fprintf(rw, `{"access_token":"iam","refresh_token":"not_supported","token_type":"Bearer","expires_in":3600,"expiration":%d}`, w.now.Unix()+3600)
	}
	if h, err := authorize(t, a, w.moved(target(t, "watsonx", "ibm-key"))); err != nil || h.Get("Authorization") != "Bearer iam" {
		t.Errorf("%v, %v", h, err)
	}
	want := url.Values{"grant_type": {"urn:ibm:params:oauth:grant-type:apikey"}, "apikey": {"ibm-key"}}
	if diff := cmp.Diff([]url.Values{want}, w.forms); diff != "" {
		t.Error(diff)
	}
	if h, err := authorize(t, a, w.moved(target(t, "watsonx", "eyJh.eyJb.sig"))); err != nil || h.Get("Authorization") != "Bearer eyJh.eyJb.sig" || len(w.asked) != 1 {
		t.Errorf("a token: %v, %v", h, err)
	}
	if _, err := authorize(t, a, w.moved(target(t, "watsonx", ""))); fault(t, err).Status != 401 {
		t.Error(err)
	}
}

func TestOAuth(t *testing.T) {
	w := newWorld(t)
	a := w.authority()
	client := []string{"oauth_client_id", "sb-1!b|x", "oauth_client_secret", "sss=secret"}
	for _, c := range []struct{ vendor, form string }{
		{"sap-ai-core", "grant_type=client_credentials"},
		{"databricks", "grant_type=client_credentials&scope=all-apis"},
		{"gigachat", "grant_type=client_credentials&scope=GIGACHAT_API_PERS"},
	} {
		n := len(w.asked)
		if h, err := authorize(t, a, w.moved(target(t, c.vendor, "", client...))); err != nil || h.Get("Authorization") != fmt.Sprintf("Bearer tok-%d", n+1) {
			t.Fatalf("%s: %v, %v", c.vendor, h, err)
		}
		id, key, _ := w.asked[n].BasicAuth()
		id, _ = url.QueryUnescape(id)
		key, _ = url.QueryUnescape(key)
		if id != client[1] || key != client[3] || w.forms[n].Encode() != c.form {
			t.Errorf("%s: %s %s %v", c.vendor, id, key, w.forms[n])
		}
		uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		if got := w.asked[n].Header.Get("RqUID"); uuid.MatchString(got) != (c.vendor == "gigachat") {
			t.Errorf("%s: RqUID %q", c.vendor, got)
		}
	}
	if h, err := authorize(t, a, w.moved(target(t, "databricks", "dapi1"))); err != nil || h.Get("Authorization") != "Bearer dapi1" {
		t.Errorf("a token: %v, %v", h, err)
	}
	if _, err := authorize(t, a, target(t, "databricks", "", client[:2]...)); fault(t, err).Param != "x-portkey-oauth-client-secret" {
		t.Error(err)
	}
	if _, err := authorize(t, a, target(t, "databricks", "", client...)); fault(t, err).Param != "x-portkey-databricks-host" { // where its tokens are
		t.Error(err)
	}
	to := target(t, "databricks", "", client...)
	if to.Vars = map[string]string{"databricks_host": "evil.example"}; fault(t, func() error { _, err := authorize(t, a, to); return err }()).Status != 400 {
		t.Error("a stranger's host was taken")
	}
}

// TestTokenServiceFails in every way it can. Nothing of the credential is in
// what a client reads.
func TestTokenServiceFails(t *testing.T) {
	answer := func(status int, body string) func(http.ResponseWriter, *http.Request, url.Values) {
		return func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
			rw.Header().Set("Location", "http://127.0.0.1:1/")
			rw.WriteHeader(status)
			_, _ = fmt.Fprint(rw, body)
		}
	}
	const what = "the token service of databricks "
	const blamed = what + "refused x-portkey-oauth-client-secret (oauth_client_secret in a config)"
	for _, c := range []struct {
		name          string
		answer        func(http.ResponseWriter, *http.Request, url.Values)
		status        int
		message, code string
	}{
		{"refused", answer(401, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret 'sss-secret'.\r\nTrace ID: 1"}`), 401, blamed + ": invalid_client: AADSTS7000215: Invalid client secret '[redacted]'. Trace ID: 1", "invalid_client"},
		{"refused by IBM", answer(400, `{"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found."}`), 401, blamed + ": BXNIM0415E: Provided API key could not be found.", "BXNIM0415E"},
		{"refused by Google", answer(403, `{"error":{"code":403,"message":"no eyJhbGciOi.eyJpc3Mi.c2ln","status":"PERMISSION_DENIED"}}`), 401, blamed + ": PERMISSION_DENIED: no [redacted]", "PERMISSION_DENIED"},
		{"refused in words", answer(400, "<html>no</html>"), 401, blamed, ""},
		{"a secret for a code", answer(400, `{"error":"sss-secret"}`), 401, blamed + ": [redacted]", ""},
		{"too many", answer(429, `{"error":"slow_down"}`), 429, blamed + ": slow_down", "slow_down"},
		{"down", answer(503, `down`), 502, blamed, ""},
		{"redirect", answer(302, ``), 502, blamed, ""},
		{"not JSON", answer(200, `hello`), 502, what + "gave an answer that is not JSON", ""},
		{"no token", answer(200, `{"access_token":"","expires_in":10}`), 502, what + "gave an answer that holds no access_token", ""},
		{"odd token", answer(200, `{"access_token":"a\r\nb","expires_in":10}`), 502, what + "gave an answer that holds no access_token", ""},
		{"too large", answer(200, strings.Repeat(" ", maxAnswer+1)), 502, what + "gave an answer that is larger than the gateway's limit", ""},
		{"cut", func(http.ResponseWriter, *http.Request, url.Values) { panic(http.ErrAbortHandler) }, 502, what + "could not be reached", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.answer = c.answer
			to := w.moved(target(t, "databricks", "", "oauth_client_id", "id-1", "oauth_client_secret", "sss-secret"))
			h, err := authorize(t, w.authority(), to)
			e := fault(t, err)
			if e.Status != c.status || e.Message != c.message || e.Code != c.code || h.Get("Authorization") != "" || c.status == 401 && e.Param != "x-portkey-oauth-client-secret" {
				t.Errorf("%d %q %q %q: %s", e.Status, e.Code, e.Param, h.Get("Authorization"), e.Message)
			}
			discreet(t, fmt.Sprintf("%+v", e), to)
		})
	}
}

func TestTokenServiceOutOfReach(t *testing.T) {
	w := newWorld(t)
	to := w.moved(target(t, "databricks", "", "oauth_client_id", "id-1", "oauth_client_secret", "sss-secret"))
	w.trusts = ""
	if e := fault(t, func() error { _, err := authorize(t, w.authority(), to); return err }()); e.Status != 400 || e.Param != "x-portkey-oauth-client-secret" || len(w.asked) > 0 {
		t.Errorf("a private address: %+v", e)
	}
	w.trusts = "127.0.0.1"
	to.Provider.Auth.TokenURL = "http://127.0.0.1:1/token"
	if e := fault(t, func() error { _, err := authorize(t, w.authority(), to); return err }()); e.Status != 502 || e.Class != "connect" || strings.Contains(e.Message, "127.") {
		t.Errorf("nobody there: %+v", e)
	}
}

func TestLifeOf(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"expires_in":3600}`: "1h0m0s", `{"expires_in":"600"}`: "10m0s", `{"expires_in":99999999999}`: "168h0m0s",
		fmt.Sprintf(`{"expires_at":%d}`, w.now.UnixMilli()+60000): "1m0s", `{}`: "15m0s", `{"expires_in":null,"expires_on":"soon"}`: "15m0s", `{"expires_in":-5}`: "15m0s",
	} {
		if got := lifeOf([]byte(body), w.now).String(); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

const ociKey = "oracle_private_key"

func ociSettings(key string, more ...string) []string {
	return append([]string{"oracle_tenancy", "ocid1.tenancy.oc1..aaa", "oracle_user", "ocid1.user.oc1..bbb", "oracle_fingerprint", "12:34:ab", ociKey, key}, more...)
}

// TestOCISignature checks a signature as Oracle does.
func TestOCISignature(t *testing.T) {
	w := newWorld(t)
	a := w.authority()
	header := base64.StdEncoding.EncodeToString([]byte(pkcs8(t)))
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())}))
	for name, key := range map[string]string{"PKCS #8": pkcs8(t), "PKCS #1": pkcs1, "one line": strings.ReplaceAll(pkcs8(t), "\n", `\n`), "base64": header} {
		t.Run(name, func(t *testing.T) {
			req := outgoing(t, "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat?a=b")
			if err := a.Authorize(req, []byte(asked), false, target(t, "oracle", "", ociSettings(key)...)); err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(asked))
			text := "date: Thu, 02 Jan 2025 03:04:05 GMT\n(request-target): post /20231130/actions/chat?a=b\nhost: inference.generativeai.us-chicago-1.oci.oraclecloud.com\n" +
				fmt.Sprintf("content-length: %d\ncontent-type: application/json\nx-content-sha256: %s", len(asked), base64.StdEncoding.EncodeToString(sum[:]))
			head, tail, _ := strings.Cut(req.Header.Get("Authorization"), `",signature="`)
			if want := `Signature version="1",keyId="ocid1.tenancy.oc1..aaa/ocid1.user.oc1..bbb/12:34:ab",algorithm="rsa-sha256",headers="date (request-target) host content-length content-type x-content-sha256`; head != want {
				t.Error(head)
			}
			sig, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(tail, `"`))
			hashed := sha256.Sum256([]byte(text))
			if err := rsa.VerifyPKCS1v15(&rsaKey().PublicKey, crypto.SHA256, hashed[:], sig); err != nil {
				t.Error(err)
			}
		})
	}
	get, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://h.oraclecloud.com/x", nil)
	if err := a.Authorize(get, nil, false, target(t, "oracle", "", ociSettings(pkcs1)...)); err != nil || !strings.Contains(get.Header.Get("Authorization"), `headers="date (request-target) host"`) {
		t.Errorf("%v %v", err, get.Header)
	}
}

func TestOCIShapes(t *testing.T) {
	a := newWorld(t).authority()
	for name, c := range map[string]struct {
		settings    []string
		param, says string
	}{
		"no settings":    {nil, "authorization", "no credentials for oracle"},
		"no fingerprint": {ociSettings(pkcs8(t))[:4], "x-portkey-oracle-fingerprint", "x-portkey-oracle-private-key"},
		"not PEM":        {ociSettings("sss-secret"), "x-portkey-oracle-private-key", "is not a private key in PEM"},
		"breaks out":     {append(ociSettings(pkcs8(t))[2:], "oracle_tenancy", `a",b="`), "x-portkey-oracle-tenancy", "characters"},
	} {
		t.Run(name, func(t *testing.T) {
			to := target(t, "oracle", "", c.settings...)
			_, err := authorize(t, a, to)
			if e := fault(t, err); e.Param != c.param || !strings.Contains(e.Message, c.says) {
				t.Errorf("%q: %s", e.Param, e.Message)
			}
			discreet(t, err.Error(), to)
		})
	}
	if h, err := authorize(t, a, target(t, "oracle", "sk-1")); err != nil || h.Get("Authorization") != "Bearer sk-1" {
		t.Errorf("a key: %v %v", h, err)
	}
}

// TestEncryptedKeys were made with openssl (testdata/README), with the
// passphrase "open sesame".
func TestEncryptedKeys(t *testing.T) {
	var ring keyring
	text, err := os.ReadFile("testdata/public.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	want, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pkcs8-aes128.pem", "pkcs8-aes256-sha1.pem", "traditional.pem"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ring.rsa(string(text), "open sesame")
		if err != nil || !got.PublicKey.Equal(want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ring.rsa(string(text), "shut"); err == nil {
			t.Errorf("%s opens for anybody", name)
		}
	}
}

// TestAsIs: a scheme without more keeps to the header.
func TestAsIs(t *testing.T) {
	to := &Target{Provider: &provider.Provider{ID: "x", Auth: provider.Auth{Scheme: provider.Bearer, Prefix: "Bearer "}}, Key: secret.New("k")}
	if h, err := authorize(t, newWorld(t).authority(), to); err != nil || h.Get("Authorization") != "Bearer k" {
		t.Errorf("%v %v", h, err)
	}
}
