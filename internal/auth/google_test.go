package auth

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// serviceAccount is a key file, with members changed.
func serviceAccount(t *testing.T, change ...string) string {
	t.Helper()
	file := map[string]string{
		"type": "service_account", "project_id": "proj", "private_key_id": "kid-1", "private_key": pkcs8(t),
		"client_email": "svc@proj.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
	}
	for i := 0; i < len(change); i += 2 {
		if file[change[i]] = change[i+1]; change[i+1] == "" {
			delete(file, change[i])
		}
	}
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// verified reads a JWT and checks its signature.
func verified(t *testing.T, jwt string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	raw := make([][]byte, 3)
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&rsaKey().PublicKey, crypto.SHA256, sum[:], raw[2]); err != nil {
		t.Errorf("the signature: %v", err)
	}
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &claims) != nil {
		t.Errorf("%s %s", raw[0], raw[1])
	}
	return header, claims
}

func TestServiceAccount(t *testing.T) {
	w := newWorld(t)
	a := w.authority()
	to := target(t, "vertex-ai", "", "vertex_service_account_json", serviceAccount(t, "token_uri", w.server.URL+"/token"))
	for range 3 {
		h, err := authorize(t, a, to)
		if err != nil || h.Get("Authorization") != "Bearer tok-1" {
			t.Fatalf("%v, %q", err, h.Get("Authorization"))
		}
	}
	if len(w.forms) != 1 || w.forms[0].Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		t.Fatalf("%v", w.forms)
	}
	header, claims := verified(t, w.forms[0].Get("assertion"))
	if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "kid-1"}, header); diff != "" {
		t.Error(diff)
	}
	iat := float64(w.now.Unix())
	if diff := cmp.Diff(map[string]any{
		"iss": "svc@proj.iam.gserviceaccount.com", "sub": "svc@proj.iam.gserviceaccount.com", "aud": w.server.URL + "/token",
		"scope": "https://www.googleapis.com/auth/cloud-platform", "iat": iat, "exp": iat + 3600,
	}, claims); diff != "" {
		t.Error(diff)
	}
	other := target(t, "vertex-ai", "", "vertex_service_account_json", serviceAccount(t, "token_uri", w.server.URL+"/token", "client_email", "other@x"))
	if h, err := authorize(t, a, other); err != nil || h.Get("Authorization") != "Bearer tok-2" {
		t.Errorf("another account: %v, %q", err, h.Get("Authorization"))
	}
}

func TestAuthorizedUser(t *testing.T) {
	w := newWorld(t)
	to := target(t, "vertex-ai", "", "vertex_service_account_json",
		`{"type":"authorized_user","client_id":"id","client_secret":"sss-secret","refresh_token":"rrr-refresh","token_uri":"`+w.server.URL+`/token"}`)
	h, err := authorize(t, w.authority(), to)
	if err != nil || h.Get("Authorization") != "Bearer tok-1" {
		t.Errorf("%v, %q", err, h.Get("Authorization"))
	}
	want := url.Values{"grant_type": {"refresh_token"}, "client_id": {"id"}, "client_secret": {"sss-secret"}, "refresh_token": {"rrr-refresh"}}
	if diff := cmp.Diff([]url.Values{want}, w.forms); diff != "" {
		t.Error(diff)
	}
}

// TestGoogleKeys: access tokens are bearers, API keys have a header of their own.
func TestGoogleKeys(t *testing.T) {
	a := newWorld(t).authority()
	for key, want := range map[string][2]string{
		"ya29.token": {"Authorization", "Bearer ya29.token"}, "eyJ.a.b": {"Authorization", "Bearer eyJ.a.b"},
		"AIzaSyA": {"X-Goog-Api-Key", "AIzaSyA"}, "AQ.abc": {"X-Goog-Api-Key", "AQ.abc"},
	} {
		h, err := authorize(t, a, target(t, "vertex-ai", key))
		h.Del("Content-Type")
		if diff := cmp.Diff(http.Header{want[0]: {want[1]}}, h); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}

func TestServiceAccountShapes(t *testing.T) {
	w := newWorld(t)
	a := w.authority()
	for name, c := range map[string][2]string{
		"not JSON":            {"hello sss-secret", "is not a JSON object"},
		"an array":            {"[]", "is not a JSON object"},
		"another type":        {`{"type":"external_account"}`, "is neither of type service_account nor authorized_user"},
		"empty":               {`{}`, "is neither of type service_account nor authorized_user"},
		"no email":            {serviceAccount(t, "client_email", ""), "has no client_email"},
		"no key":              {serviceAccount(t, "private_key", ""), "has no private_key"},
		"key not PEM":         {serviceAccount(t, "private_key", "sss-secret"), "holds a private_key that is not a private key in PEM"},
		"key of nothing":      {serviceAccount(t, "private_key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"), "holds a private_key that is not a private key in PEM"},
		"no refresh token":    {`{"type":"authorized_user","client_id":"a","client_secret":"b"}`, "has no refresh_token"},
		"a stranger's":        {serviceAccount(t, "token_uri", "https://evil.example/token"), "has a token_uri that is not Google's"},
		"nearly Google's":     {serviceAccount(t, "token_uri", "https://oauth2.googleapis.com.evil.example/"), "has a token_uri that is not Google's"},
		"another port":        {serviceAccount(t, "token_uri", "https://oauth2.googleapis.com:8443/token"), "has a token_uri that is not Google's"},
		"in clear":            {serviceAccount(t, "token_uri", "http://oauth2.googleapis.com/token"), "has a token_uri that is not Google's"},
		"user info":           {serviceAccount(t, "token_uri", "https://a@oauth2.googleapis.com/token"), "has a token_uri that is not Google's"},
		"the metadata server": {serviceAccount(t, "token_uri", "http://169.254.169.254/x"), "has a token_uri that is not Google's"},
		"no host":             {serviceAccount(t, "token_uri", "/token"), "has a token_uri that is not Google's"},
	} {
		t.Run(name, func(t *testing.T) {
			to := target(t, "vertex-ai", "", "vertex_service_account_json", c[0])
			h, err := authorize(t, a, to)
			e := fault(t, err)
			if want := "vertex-ai: x-portkey-vertex-service-account-json (vertex_service_account_json in a config) " + c[1]; e.Message != want || e.Status != 400 || e.Param != "x-portkey-vertex-service-account-json" {
				t.Errorf("%d %s: %s", e.Status, e.Param, e.Message)
			}
			discreet(t, e.Message, to)
			if strings.Contains(e.Message, "sss-secret") || h.Get("Authorization") != "" {
				t.Error(e.Message, h)
			}
		})
	}
	if len(w.asked) > 0 {
		t.Errorf("%d were asked", len(w.asked))
	}
}

// TestGoogleOwn is the chain of Application Default Credentials.
func TestGoogleOwn(t *testing.T) {
	for _, c := range []struct {
		name  string
		reach Reach
		set   func(w *world)
		want  string // Authorization; empty: refused
	}{
		{"not allowed", Nothing, func(w *world) {
			w.env["GOOGLE_APPLICATION_CREDENTIALS"] = "/f"
			w.files["/f"] = serviceAccount(w.t, "token_uri", w.server.URL)
		}, ""},
		{"file", Local, func(w *world) {
			w.env["GOOGLE_APPLICATION_CREDENTIALS"] = "/f"
			w.files["/f"] = serviceAccount(w.t, "token_uri", w.server.URL)
		}, "Bearer tok-1"},
		{"gcloud", Local, func(w *world) {
			w.env["HOME"] = "/home/me"
			w.files["/home/me/.config/gcloud/application_default_credentials.json"] = `{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r","token_uri":"` + w.server.URL + `"}`
		}, "Bearer tok-1"},
		{"no file of federation", Machine, func(w *world) {
			w.env["GOOGLE_APPLICATION_CREDENTIALS"] = "/f"
			w.files["/f"] = `{"type":"external_account","credential_source":{"url":"http://127.0.0.1/"}}`
		}, ""},
		{"unreadable", Machine, func(w *world) { w.env["GOOGLE_APPLICATION_CREDENTIALS"] = "/none" }, ""},
		{"wrong shape", Machine, func(w *world) { w.env["GOOGLE_APPLICATION_CREDENTIALS"] = "/f"; w.files["/f"] = "{}" }, ""},
		{"metadata not allowed", Local, func(w *world) { w.env["GCE_METADATA_HOST"] = w.server.Listener.Addr().String() }, ""},
		{"metadata", Machine, func(w *world) { w.env["GCE_METADATA_HOST"] = w.server.Listener.Addr().String(); w.trusts = "" }, "Bearer tok-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.reach = c.reach
			c.set(w)
			h, err := authorize(t, w.authority(), target(t, "vertex-ai", ""))
			if got := h.Get("Authorization"); got != c.want {
				t.Errorf("%q, %v", got, err)
			}
			if c.want == "" {
				if e := fault(t, err); e.Status != 401 || !strings.Contains(e.Message, "vertex-ai") || strings.Contains(e.Message, "/none") || len(w.asked) > 0 {
					t.Errorf("%+v", e)
				}
			}
			if c.name == "metadata" && (w.asked[0].Header.Get("Metadata-Flavor") != "Google" || w.asked[0].URL.Path != "/computeMetadata/v1/instance/service-accounts/default/token") {
				t.Errorf("%s %v", w.asked[0].URL, w.asked[0].Header)
			}
		})
	}
}

// TestFederation: the token of another issuer, in a file, becomes one of Google,
// and that one of a service account.
func TestFederation(t *testing.T) {
	for _, c := range []struct{ format, subject, impersonate, want string }{
		{"", "eyJ.sub.ject\n", "", "Bearer tok-1"},
		{`,"format":{"type":"json","subject_token_field_name":"t"}`, `{"t":"eyJ.sub.ject"}`, "/impersonate", "Bearer of-the-account"},
	} {
		w := newWorld(t)
		w.reach = Local
		w.env["GOOGLE_APPLICATION_CREDENTIALS"], w.files["/subject"] = "/f", c.subject
		impersonate := ""
		if c.impersonate != "" {
			impersonate = `"service_account_impersonation_url":"` + w.server.URL + c.impersonate + `",`
		}
		w.files["/f"] = `{"type":"external_account","audience":"aud","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"` + w.server.URL + `/v1/token",` +
			impersonate + `"credential_source":{"file":"/subject"` + c.format + `}}`
		w.answer = func(rw http.ResponseWriter, r *http.Request, _ url.Values) {
			if r.URL.Path == "/impersonate" && r.Header.Get("Authorization") == "Bearer tok-1" {
				_, _ = io.WriteString(rw, `{"accessToken":"of-the-account","expireTime":"2025-01-02T04:04:05Z"}`)
				return
			}
			_, _ = io.WriteString(rw, `{"access_token":"tok-1","expires_in":3600}`)
		}
		h, err := authorize(t, w.authority(), target(t, "vertex-ai", ""))
		if err != nil || h.Get("Authorization") != c.want {
			t.Errorf("%q, %v", h.Get("Authorization"), err)
		}
		want := url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {"aud"}, "scope": {"https://www.googleapis.com/auth/cloud-platform"},
			"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}, "subject_token": {"eyJ.sub.ject"},
		}
		if diff := cmp.Diff(want, w.forms[0]); diff != "" {
			t.Error(diff)
		}
	}
}
