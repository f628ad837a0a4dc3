package auth

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var app = []string{"azure_entra_tenant_id", "tenant-1", "azure_entra_client_id", "client-1", "azure_entra_client_secret", "sss-secret"}

func TestAzure(t *testing.T) {
	entra := func(w *world) { w.env["AZURE_AUTHORITY_HOST"] = w.server.URL + "/" }
	workload := func(w *world) {
		entra(w)
		w.env["AZURE_TENANT_ID"], w.env["AZURE_CLIENT_ID"], w.env["AZURE_FEDERATED_TOKEN_FILE"], w.files["/jwt"] = "t", "c", "/jwt", "eyJ.fed.token\n"
	}
	machine := func(w *world) { w.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"], w.trusts = w.server.URL, "" }
	const own = "https://x.services.ai.azure.com/models"
	for _, c := range []struct {
		name, vendor, key string
		settings          []string
		reach             Reach
		set               func(*world)
		host              string
		want              string // Authorization, or the key's header
		status            int
		says, param       string
	}{
		{name: "key", vendor: "azure-openai", key: "kkkk", want: "api-key: kkkk"},
		{name: "key by its mode", vendor: "azure-openai", key: "kkkk", settings: []string{"azure_auth_mode", "apiKey"}, want: "api-key: kkkk"},
		{name: "key of foundry", vendor: "azure-ai", key: "kkkk", want: "Bearer kkkk"},
		{name: "key of claude", vendor: "azure-anthropic", key: "kkkk", want: "x-api-key: kkkk"},
		{name: "token", vendor: "azure-openai", key: "kkkk", settings: []string{"azure_ad_token", "Bearer tttt"}, want: "Bearer tttt"},
		{name: "token before app", vendor: "azure-openai", settings: append([]string{"azure_ad_token", "tttt"}, app...), want: "Bearer tttt"},
		{name: "token that breaks out", vendor: "azure-openai", settings: []string{"azure_ad_token", "tttt\r\nx: y"}, status: 400, says: "x-portkey-azure-ad-token (azure_ad_token in a config) holds control characters", param: "x-portkey-azure-ad-token"},
		{name: "app", vendor: "azure-openai", key: "kkkk", settings: append([]string{"azure_auth_mode", "entra"}, app...), set: entra, want: "Bearer tok-1"},
		{name: "app without a mode", vendor: "azure-ai", settings: app, set: entra, host: "https://anywhere.example", want: "Bearer tok-1"},
		{name: "entra without an app", vendor: "azure-openai", key: "kkkk", settings: []string{"azure_auth_mode", "entra"}, status: 400, says: "azure-openai also needs x-portkey-azure-entra-tenant-id", param: "x-portkey-azure-entra-tenant-id"},
		{name: "half an app", vendor: "azure-openai", settings: app[:4], status: 400, says: "also needs x-portkey-azure-entra-client-secret (azure_entra_client_secret in a config)", param: "x-portkey-azure-entra-client-secret"},
		{name: "odd tenant", vendor: "azure-openai", settings: append([]string{"azure_entra_tenant_id", "../x"}, app[2:]...), status: 400, says: "is not a tenant", param: "x-portkey-azure-entra-tenant-id"},
		{name: "odd mode", vendor: "azure-openai", key: "kkkk", settings: []string{"azure_auth_mode", "magic"}, status: 400, says: "must be apiKey, entra, managed or workload", param: "x-portkey-azure-auth-mode"},
		{name: "managed, not allowed", vendor: "azure-openai", settings: []string{"azure_auth_mode", "managed"}, reach: Local, set: machine, status: 400, says: "has not allowed", param: "x-portkey-azure-auth-mode"},
		{name: "managed, to a stranger", vendor: "azure-openai", settings: []string{"azure_auth_mode", "managed"}, reach: Machine, set: machine, host: "https://evil.example", status: 400, says: "not sent to a custom host"},
		{name: "managed", vendor: "azure-openai", settings: []string{"azure_auth_mode", "managed", "azure_managed_client_id", "mi"}, reach: Machine, set: machine, want: "Bearer tok-1"},
		{name: "managed at foundry", vendor: "azure-ai", settings: []string{"azure_auth_mode", "managed"}, reach: Machine, set: machine, host: own, want: "Bearer tok-1"},
		{name: "nearly foundry", vendor: "azure-ai", settings: []string{"azure_auth_mode", "managed"}, reach: Machine, set: machine, host: "https://services.ai.azure.com.evil.example/", status: 400, says: "not sent"},
		{name: "foundry in clear", vendor: "azure-ai", settings: []string{"azure_auth_mode", "managed"}, reach: Machine, set: machine, host: "http" + own[5:], status: 400, says: "not sent"},
		{name: "managed unasked", vendor: "azure-openai", reach: Machine, set: machine, want: "Bearer tok-1"},
		{name: "workload", vendor: "azure-openai", settings: []string{"azure_auth_mode", "workload"}, reach: Local, set: workload, want: "Bearer tok-1"},
		{name: "workload, not allowed", vendor: "azure-openai", settings: []string{"azure_auth_mode", "workload"}, set: workload, status: 400, says: "has not allowed"},
		{name: "workload, not there", vendor: "azure-openai", settings: []string{"azure_auth_mode", "workload"}, reach: Local, status: 400, says: "AZURE_FEDERATED_TOKEN_FILE"},
		{name: "app of ours", vendor: "azure-openai", reach: Local, set: func(w *world) {
			entra(w)
			w.env["AZURE_TENANT_ID"], w.env["AZURE_CLIENT_ID"], w.env["AZURE_CLIENT_SECRET"] = "t", "c", "own-secret"
		}, want: "Bearer tok-1"},
		{name: "nothing", vendor: "azure-openai", status: 401, says: "no credentials for azure-openai"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.reach = c.reach
			if c.set != nil {
				c.set(w)
			}
			to := target(t, c.vendor, c.key, c.settings...)
			to.CustomHost = c.host
			h, err := authorize(t, w.authority(), to)
			got := h.Get("Authorization")
			for _, name := range []string{"api-key", "x-api-key"} {
				if v := h.Get(name); v != "" {
					got += name + ": " + v
				}
			}
			if c.want != "" {
				if err != nil || got != c.want {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			e := fault(t, err)
			if got != "" || e.Status != c.status || !strings.Contains(e.Message, c.says) || c.param != "" && e.Param != c.param || len(w.asked) > 0 {
				t.Errorf("%q %d %q: %s", got, e.Status, e.Param, e.Message)
			}
			discreet(t, e.Message, to)
		})
	}
}

// TestAzureAsks as each token service wants to be asked.
func TestAzureAsks(t *testing.T) {
	const scope = "https://cognitiveservices.azure.com/.default"
	for _, c := range []struct {
		name     string
		settings []string
		env      map[string]string // $S is the server
		path     string
		form     url.Values
		header   [2]string
	}{
		{
			"entra", append([]string{"azure_entra_scope", "api://x/.default"}, app...),
			map[string]string{"AZURE_AUTHORITY_HOST": "$S/"},
			"/tenant-1/oauth2/v2.0/token",
			url.Values{"grant_type": {"client_credentials"}, "client_id": {"client-1"}, "client_secret": {"sss-secret"}, "scope": {"api://x/.default"}},
			[2]string{"Content-Type", "application/x-www-form-urlencoded"},
		},
		{
			"workload",
			[]string{"azure_auth_mode", "workload", "azure_workload_client_id", "wl"},
			map[string]string{"AZURE_AUTHORITY_HOST": "$S", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "/jwt"},
			"/t/oauth2/v2.0/token",
			url.Values{
				"grant_type": {"client_credentials"}, "client_id": {"wl"}, "scope": {scope},
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {"eyJ.fed.token"},
			},
			[2]string{},
		},
		{
			"virtual machine",
			[]string{"azure_auth_mode", "managed", "azure_managed_client_id", "mi"},
			map[string]string{"AZURE_POD_IDENTITY_AUTHORITY_HOST": "$S"},
			"/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=mi&resource=https%3A%2F%2Fcognitiveservices.azure.com%2F", nil,
			[2]string{"Metadata", "true"},
		},
		{
			"app service",
			[]string{"azure_auth_mode", "managed"},
			map[string]string{"IDENTITY_ENDPOINT": "$S/msi/token", "IDENTITY_HEADER": "iii-secret"},
			"/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com%2F", nil,
			[2]string{"X-Identity-Header", "iii-secret"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.reach, w.files["/jwt"] = Machine, "eyJ.fed.token\n"
			for name, v := range c.env {
				w.env[name] = strings.ReplaceAll(v, "$S", w.server.URL)
			}
			w.answer = func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
				_, _ = fmt.Fprintf(rw, `{"access_token":"tok","expires_on":"%d"}`, w.now.Unix()+3600) // a text, as IMDS writes it
			}
			if h, err := authorize(t, w.authority(), target(t, "azure-openai", "", c.settings...)); err != nil || h.Get("Authorization") != "Bearer tok" {
				t.Fatalf("%v %v", h, err)
			}
			if diff := cmp.Diff(c.path, w.asked[0].URL.RequestURI()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.form.Encode(), w.forms[0].Encode()); diff != "" {
				t.Error(diff)
			}
			if got := w.asked[0].Header.Get(c.header[0]); got != c.header[1] {
				t.Errorf("%s is %q", c.header[0], got)
			}
		})
	}
}
