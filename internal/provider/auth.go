package provider

// Auth is how a vendor wants to be asked. For schemes that sign or fetch, a
// key that is given all the same travels as Name and Prefix say.
type Auth struct {
	Scheme   Scheme
	Name     string // of the header or query parameter that carries a key
	Prefix   string // before the key in the header
	Env      string // the environment variable users keep the key in
	Optional bool   // servers that may run without a key

	Service  string   // SigV4: the name requests are signed for
	Scope    string   // what tokens are asked for
	TokenURL string   // where, for vendors with an address of their own; may hold {variables}
	Nonce    string   // a header of token requests that must hold a new UUID each time
	Hosts    []string // endings of custom hosts where the vendor, and nobody else, reads a token
}

// Scheme names a way to authenticate.
type Scheme string

// The schemes. The first four put a key into the request as it is; package auth
// signs for the others, or fetches a token.
const (
	Bearer Scheme = "bearer"
	Header Scheme = "header"
	Query  Scheme = "query"
	NoAuth Scheme = "none"

	SigV4  Scheme = "sigv4"         // AWS Signature Version 4
	Google Scheme = "google"        // access tokens of Google Cloud
	Azure  Scheme = "azure"         // keys, and tokens of Microsoft Entra
	OCI    Scheme = "oci-signature" // Oracle's HTTP signatures
	IAM    Scheme = "iam"           // IBM Cloud: an API key is exchanged for a token
	OAuth  Scheme = "oauth"         // client credentials, RFC 6749 section 4.4
)

// Plain reports that a key, if there is one, goes into the request as it is.
func (a *Auth) Plain() bool {
	switch a.Scheme {
	case Bearer, Header, Query, NoAuth:
		return true
	}
	return false
}

// Header is the request header that carries a key as it is; the name is empty
// where keys travel elsewhere, never as they are, or not at all.
func (a *Auth) Header(key string) (name, value string) {
	name, prefix := a.Carrier()
	if name == "" {
		return "", ""
	}
	return name, prefix + key
}

// Carrier is the header of Header, and what stands in it before the key.
func (a *Auth) Carrier() (name, prefix string) {
	switch {
	case a.Scheme == Query, a.Scheme == NoAuth, a.Scheme == IAM, a.Scheme == Google:
		return "", ""
	case a.Scheme == Bearer, a.Name == "":
		return "Authorization", a.Prefix
	}
	return a.Name, a.Prefix
}

// AuthSetting is a part of a credential that is not a key: a caller says it in a
// header, or in a config under its name.
type AuthSetting struct {
	Name   string // in a config, snake_case
	Secret bool   // by itself, or with the rest, it opens something
	Help   string
}

// Header is the header of the setting (gateway contract, §2.5).
func (s *AuthSetting) Header() string { return HeaderName(s.Name) }

// Settings are those of the scheme.
func (a *Auth) Settings() []AuthSetting { return settings[a.Scheme] }

// settings are the credentials of the gateway contract, §2.5, and of OAuth.
var settings = map[Scheme][]AuthSetting{
	SigV4: {
		{Name: "aws_access_key_id", Help: "goes with the secret"},
		{Name: "aws_secret_access_key", Secret: true, Help: "requests are signed with it"},
		{Name: "aws_session_token", Secret: true, Help: "of temporary keys"},
		{Name: "aws_role_arn", Help: "a role to assume with the keys, or with the gateway's own where the operator allows it"},
		{Name: "aws_external_id", Secret: true, Help: "what that role asks for"},
		{Name: "aws_auth_type", Help: "`apiKey`: the key is sent as a bearer token; `assumedRole`: the role is needed; else what is given decides"},
		{Name: "aws_service", Help: "the service to sign for, where it is another one"},
	},
	Google: {
		{Name: "vertex_service_account_json", Secret: true, Help: "a key file of a service account, or of an authorized user; as text or as an object"},
	},
	Azure: {
		{Name: "azure_ad_token", Secret: true, Help: "a token of Microsoft Entra, sent as it is"},
		{Name: "azure_auth_mode", Help: "`entra`, `managed` or `workload`; the last two are the gateway's own identity, where the operator allows it"},
		{Name: "azure_entra_tenant_id", Help: "of an app registration"},
		{Name: "azure_entra_client_id", Help: "of an app registration"},
		{Name: "azure_entra_client_secret", Secret: true, Help: "of an app registration"},
		{Name: "azure_entra_scope", Help: "what the app asks for"},
		{Name: "azure_managed_client_id", Help: "which of several managed identities"},
		{Name: "azure_workload_client_id", Help: "which workload identity"},
	},
	OCI: {
		{Name: "oracle_tenancy", Help: "OCID"},
		{Name: "oracle_user", Help: "OCID"},
		{Name: "oracle_fingerprint", Help: "of the public key"},
		{Name: "oracle_private_key", Secret: true, Help: "PEM; in a header its line ends are written `\\n`, or all of it in base64"},
		{Name: "oracle_key_passphrase", Secret: true, Help: "of an encrypted key"},
	},
	OAuth: {
		{Name: "oauth_client_id", Help: "goes with the secret"},
		{Name: "oauth_client_secret", Secret: true, Help: "a token is fetched with it"},
		{Name: "oauth_scope", Help: "what the token is for, where it is not the usual"},
	},
}
