package auth

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sluice/internal/llm"
)

// machineConnect is short: such a service is next door, or not there.
const machineConnect = time.Second

// instanceService is where AWS, Azure and Google Cloud keep the metadata of an
// instance. It is dialled for the operator's own identity only (S11, ADR 0005).
const instanceService = "169.254.169.254"

func (a *Authority) instanceMetadata() string {
	return strings.TrimSuffix(cmp.Or(a.getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "http://"+instanceService), "/")
}

func (a *Authority) googleMetadata() string {
	return "http://" + cmp.Or(a.getenv("GCE_METADATA_HOST"), instanceService)
}

// azureMetadata is the service of App Service and Container Apps, or of a
// virtual machine.
func (a *Authority) azureMetadata() string {
	return cmp.Or(a.getenv("IDENTITY_ENDPOINT"), strings.TrimSuffix(cmp.Or(a.getenv("AZURE_POD_IDENTITY_AUTHORITY_HOST"), "http://"+instanceService), "/")+"/metadata/identity/oauth2/token")
}

// machineServices are all of these, as host:port: what the machine's dialer may
// connect to. They come from the environment of the process or are well known;
// no request has a say.
func (a *Authority) machineServices() (out []string) {
	for _, text := range []string{a.instanceMetadata(), a.googleMetadata(), a.azureMetadata(), a.containerURL()} {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" {
			continue
		}
		port := "80"
		if u.Scheme == "https" {
			port = "443"
		}
		out = append(out, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)))
	}
	return out
}

// noFile says that a file the environment names cannot be read. Its path is
// for the log.
func (s *service) noFile(variable string, err error) *llm.Error {
	return &llm.Error{
		Kind: llm.MissingKey, Status: http.StatusUnauthorized, Err: err,
		Message: "the file that " + variable + " names, for the gateway's own identity at " + s.vendor + ", cannot be used",
	}
}
