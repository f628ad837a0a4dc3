package auth

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"sluice/internal/secret"
)

const azureWant = "send a key as Authorization: Bearer, a token as x-portkey-azure-ad-token (azure_ad_token in a config), or an app registration as x-portkey-azure-entra-tenant-id, -client-id and -client-secret"

var tenantForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)

// azure sends, in this order, a token the caller has, one for an app
// registration, one for the gateway's managed or workload identity, or a key
// (wire formats, §7.2).
func (k *ask) azure() error {
	if token := k.said("azure_ad_token"); token != "" {
		token = strings.TrimSpace(strings.TrimPrefix(token, "Bearer "))
		return k.bearer(secret.New(token), "azure_ad_token")
	}
	app, given, err := k.all("azure_entra_tenant_id", "azure_entra_client_id", "azure_entra_client_secret")
	switch mode := k.said("azure_auth_mode"); {
	case err != nil:
		return err
	case mode == "entra" && !given:
		return k.invalid("x-portkey-azure-entra-tenant-id", k.Provider.ID+" also needs "+spell("azure_entra_tenant_id")+", "+spell("azure_entra_client_id")+" and "+spell("azure_entra_client_secret"))
	case given && (mode == "" || mode == "entra"):
		return k.entra(app[0], app[1], app[2])
	case mode == "managed":
		return k.managed()
	case mode == "workload":
		return k.workload()
	case mode != "" && mode != "entra" && !strings.EqualFold(mode, "apiKey"): // the incumbent's word
		return k.bad("azure_auth_mode", "must be apiKey, entra, managed or workload")
	}
	switch {
	case !k.Key.Empty():
		return k.asIs()
	case k.reach() == Nothing:
		return k.missing(azureWant)
	}
	return k.azureOwn()
}

// azureOwn is the gateway's own identity, as Azure's own libraries look for it.
func (k *ask) azureOwn() error {
	env := k.a.getenv
	tenant, client, key := env("AZURE_TENANT_ID"), env("AZURE_CLIENT_ID"), env("AZURE_CLIENT_SECRET")
	switch {
	case tenant != "" && client != "" && key != "":
		return k.token(k.ours(k.a.net, key), theKey, []string{"own entra", tenant, client, key}, k.appForm(tenant, client, key, k.Provider.Auth.Scope))
	case env("AZURE_FEDERATED_TOKEN_FILE") != "":
		return k.workload()
	case k.reach() < Machine:
		return k.missing(azureWant)
	}
	return k.managed()
}

// tokenRequest is one way to get a token.
type tokenRequest func(ctx context.Context, s *service) ([]byte, error)

// token sends what a request for a token brings.
func (k *ask) token(s *service, setting string, id []string, ask tokenRequest) error {
	a := k.a
	d := digestOf(append([]string{"azure", k.Provider.ID}, id...)...)
	g, err := k.grant(d, func(ctx context.Context) (grant, error) {
		body, err := ask(ctx, s)
		if err != nil {
			return grant{}, err
		}
		return s.bearerOf(body, a.now())
	})
	if err != nil {
		return err
	}
	return k.bearer(g.token, setting)
}

// entra is the client credentials flow of an app registration of the caller.
func (k *ask) entra(tenant, client, key string) error {
	if !tenantForm.MatchString(tenant) {
		return k.bad("azure_entra_tenant_id", "is not a tenant")
	}
	scope := cmp.Or(k.said("azure_entra_scope"), k.Provider.Auth.Scope)
	return k.token(k.service("azure_entra_client_secret"), "azure_entra_client_secret", []string{"entra", tenant, client, key, scope}, k.appForm(tenant, client, key, scope))
}

func (k *ask) appForm(tenant, client, key, scope string) tokenRequest {
	to := k.a.entra(tenant)
	return func(ctx context.Context, s *service) ([]byte, error) {
		return s.post(ctx, to, url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {key}, "scope": {scope}})
	}
}

// entra is the token address of a tenant. AZURE_AUTHORITY_HOST names another
// cloud (China, US Government), as for Azure's own libraries.
func (a *Authority) entra(tenant string) string {
	host := cmp.Or(a.getenv("AZURE_AUTHORITY_HOST"), "https://login.microsoftonline.com")
	return strings.TrimSuffix(host, "/") + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
}

// managed is the machine's managed identity: of App Service and Container Apps
// where the environment says so, else of the virtual machine.
func (k *ask) managed() error {
	const name = "azure_auth_mode"
	if k.reach() < Machine {
		return k.notOurs(name, "the managed identity")
	}
	client := cmp.Or(k.said("azure_managed_client_id"), k.a.getenv("AZURE_CLIENT_ID"))
	resource := strings.TrimSuffix(k.Provider.Auth.Scope, ".default")
	query := url.Values{"api-version": {"2018-02-01"}, "resource": {resource}}
	header := []string{"Metadata", "true"}
	s := k.ours(k.a.machine)
	if k.a.getenv("IDENTITY_ENDPOINT") != "" {
		query.Set("api-version", "2019-08-01")
		header = []string{"X-Identity-Header", k.a.getenv("IDENTITY_HEADER")}
		s = k.ours(k.a.machine, header[1])
	}
	if client != "" {
		query.Set("client_id", client)
	}
	to := k.a.azureMetadata() + "?" + query.Encode()
	return k.token(s, name, []string{"managed", client, resource}, func(ctx context.Context, s *service) ([]byte, error) {
		return s.get(ctx, http.MethodGet, to, header...)
	})
}

// workload is the identity of a Kubernetes service account, whose token is in a
// file that others renew: it is read for each fetch.
func (k *ask) workload() error {
	const name = "azure_auth_mode"
	if k.reach() == Nothing {
		return k.notOurs(name, "the workload identity")
	}
	env, readFile := k.a.getenv, k.a.readFile
	tenant, file := env("AZURE_TENANT_ID"), env("AZURE_FEDERATED_TOKEN_FILE")
	client := cmp.Or(k.said("azure_workload_client_id"), env("AZURE_CLIENT_ID"))
	if tenant == "" || file == "" || client == "" {
		return k.bad(name, "needs AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE in the environment of the gateway")
	}
	to, scope := k.a.entra(tenant), k.Provider.Auth.Scope
	return k.token(k.ours(k.a.net), name, []string{"workload", tenant, client, file}, func(ctx context.Context, s *service) ([]byte, error) {
		token, err := readFile(file)
		if err != nil {
			return nil, s.noFile("AZURE_FEDERATED_TOKEN_FILE", err)
		}
		own := &service{rt: s.rt, vendor: s.vendor, secrets: []secret.String{secret.New(string(token))}}
		return own.post(ctx, to, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {client}, "scope": {scope},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {strings.TrimSpace(string(token))},
		})
	})
}
