package main

import (
	"fmt"
	"strings"

	"sluice/internal/provider"
)

// signing are the settings an example shows, for the schemes whose users seldom
// have a key.
var signing = map[provider.Scheme][]string{
	provider.SigV4:  {"aws_access_key_id", "aws_secret_access_key"},
	provider.Google: {"vertex_service_account_json"},
	provider.OCI:    {"oracle_tenancy", "oracle_user", "oracle_fingerprint", "oracle_private_key"},
}

// fetched says what becomes of a credential that is more than a header.
func fetched(p *provider.Provider) string {
	a := &p.Auth
	name, value := a.Header("<key>")
	asIs := fmt.Sprintf("a key is sent as `%s: %s`", name, value)
	text := map[provider.Scheme]string{
		provider.SigV4:  fmt.Sprintf("requests are signed (AWS Signature Version 4, service `%s`); %s", a.Service, asIs),
		provider.Google: "a token of Google Cloud, fetched for a service account; a key is sent as `Authorization: Bearer <key>`, an API key as `x-goog-api-key`",
		provider.Azure:  fmt.Sprintf("a token of Microsoft Entra (scope `%s`), fetched or given; %s", a.Scope, asIs),
		provider.OCI:    "requests are signed (OCI, RSA-SHA256); " + asIs,
		provider.IAM:    fmt.Sprintf("an API key, exchanged for a token at `%s`; a token is sent as `Authorization: Bearer <token>`", a.TokenURL),
		provider.OAuth:  fmt.Sprintf("a token, fetched with client credentials at `%s`; %s", a.TokenURL, asIs),
	}[a.Scheme]
	if a.Env != "" {
		text += fmt.Sprintf("; usually kept in `%s`", a.Env)
	}
	return text
}

// own are the schemes for which the gateway's machine may have an identity.
var own = map[provider.Scheme]string{provider.SigV4: "AWS", provider.Google: "Google Cloud", provider.Azure: "Azure"}

func credentials(b *strings.Builder, p *provider.Provider) {
	settings := p.Auth.Settings()
	if len(settings) == 0 {
		return
	}
	b.WriteString("## Credentials\n\n| header | config key | |\n|---|---|---|\n")
	for i := range settings {
		s := &settings[i]
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", s.Header(), s.Name, s.Help)
	}
	b.WriteString("\n")
	if cloud := own[p.Auth.Scheme]; cloud != "" {
		fmt.Fprintf(b, "Without any of these, the identity of the gateway's machine at %s is used where the operator allows it ([`own_credentials`](../configuration.md)).\n\n", cloud)
	}
}
