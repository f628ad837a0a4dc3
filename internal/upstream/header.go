package upstream

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"sluice/internal/http1"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// Names that never pass on, whichever way (S43): what belongs to one
// connection, to us, to browsers, or to the machine.
var (
	hopByHop = []string{
		"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		"Content-Length", "Content-Encoding",
	}
	neverSent = append([]string{
		"Host", "Cookie", "Content-Type", "Accept-Encoding", "Expect", HopHeader,
		"Metadata", "Metadata-Flavor", "X-Aws-Ec2-Metadata-Token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "X-Google-Metadata-Request",
	}, hopByHop...)
	neverReturned = set(append([]string{
		"Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Server", "X-Powered-By",
		"Content-Security-Policy", "Clear-Site-Data", "Refresh", "Link", "Location",
	}, hopByHop...))
	credentials = []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key"}
)

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[name] = true
	}
	return m
}

// setHeaders writes what a provider gets to see: the target's credential, the
// content, the vendor's own headers, and what forward_headers names.
func (c *Client) setHeaders(call *call, r *Request, t *policy.Target, key secret.String) {
	out := call.header
	call.passHeaders(r, t)
	if r.Raw != nil {
		out["Content-Type"] = []string{r.Raw.ContentType}
	} else if r.Body != nil {
		out["Content-Type"] = jsonType
	}
	if call.mediaType != "" {
		out["Content-Type"] = []string{call.mediaType}
	}
	if accept := r.Header["Accept"]; len(accept) > 0 && accept[0] != "" {
		out["Accept"] = accept[:1:1]
	}
	if call.back != nil { // what is read here is JSON, whatever the client would take
		out["Accept"] = jsonType
	}
	out["Accept-Encoding"] = gzipOnly
	if out["User-Agent"] == nil { // unless it was to be forwarded
		out["User-Agent"] = c.agent
	}
	if t.Private || t.Provider.Local {
		out[HopHeader] = c.hop
	}
	if a := &call.form.Auth; a.Plain() && !key.Empty() {
		if name, prefix := a.Carrier(); name != "" {
			name = http1.Canonical(name)
			out[name] = credential(r.Header[name], prefix, key.Reveal())
		}
	}
}

// credential is a header's value with a key, the client's own if it says just that.
func credential(own []string, prefix, key string) []string {
	if len(own) == 1 && len(own[0]) == len(prefix)+len(key) && strings.HasPrefix(own[0], prefix) && own[0][len(prefix):] == key {
		return own[:1:1]
	}
	return []string{prefix + key}
}

// passHeaders takes over the client's: those it asked to forward, those of its
// dialect, those of the vendor.
func (c *call) passHeaders(r *Request, t *policy.Target) {
	for _, name := range t.Forward {
		if values := r.Header.Values(name); len(values) > 0 && mayForward(name, t) {
			c.header[name] = values
		}
	}
	if !c.translated() {
		for _, name := range r.Dialect.Headers {
			if values := r.Header[name]; len(values) > 0 && values[0] != "" {
				c.header[name] = values[:1:1]
			}
		}
	}
	for i := range t.Headers {
		h := &t.Headers[i]
		switch values := r.Header[h.Name]; {
		case h.Value == "" && len(values) > 0 && values[0] != "":
			c.header[h.Name] = values[:1:1]
		case h.Value != "" || h.Default != "":
			c.header[h.Name] = h.Said()
		}
	}
}

var (
	jsonType = []string{"application/json"}
	gzipOnly = []string{"gzip"}
)

func mayForward(name string, t *policy.Target) bool {
	if strings.HasPrefix(name, "X-Portkey-") || strings.HasPrefix(name, "Proxy-") || slices.Contains(neverSent, name) {
		return false
	}
	return !slices.Contains(credentials, name) || t.CallerKey || t.Provider.Auth.Scheme == provider.NoAuth
}

// filterHeader takes out of a provider's answer what must not reach a client.
func filterHeader(h http.Header) {
	for _, name := range h["Connection"] {
		for listed := range strings.SplitSeq(name, ",") {
			h.Del(strings.TrimSpace(listed))
		}
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "X-Portkey-") || neverReturned[name] {
			delete(h, name)
		}
	}
}

func mediaType(h http.Header) string {
	text := http1.First(h, "Content-Type")
	if text == "application/json" || text == "text/event-stream" { // which is what most say
		return text
	}
	t, _, _ := mime.ParseMediaType(text)
	return t
}

// isEventStream goes by the type. Where a stream was asked for, types that say
// nothing are taken for one too: some servers forget to name it.
func isEventStream(h http.Header, framed string, asked bool) bool {
	switch mediaType(h) {
	case framed:
		return true
	case "text/plain", "application/octet-stream":
		return asked
	}
	return false
}
