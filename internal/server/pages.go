package server

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"sluice/internal/llm"
)

const greeting = `Sluice says hey! One door to every model.

  POST /v1/chat/completions   chat, also streamed (OpenAI API)
  POST /v1/completions        text completion
  POST /v1/embeddings         vectors
  POST /v1/messages           chat (Anthropic Messages), /v1/messages/count_tokens
  POST /v1/responses          chat (OpenAI Responses)
  POST /v1beta/models/M:generateContent, :streamGenerateContent, … (Gemini)
  GET  /v1/models             known models, or a provider's own
  any  /v1/...                every other path goes to the provider as it is
  GET  /livez, /readyz        health
  GET  /metrics               figures for Prometheus, on loopback

Name the provider with x-portkey-provider, a policy with x-portkey-config,
or write @provider/model as the model. All paths work without /v1 too.
`

func (v *visit) greet() { v.text(http.StatusOK, greeting) }

func (v *visit) livez() { v.text(http.StatusOK, "ok\n") }

func (v *visit) readyz() {
	if v.draining.Load() {
		v.text(http.StatusServiceUnavailable, "draining\n")
		return
	}
	v.text(http.StatusOK, "ok\n")
}

const metricsPath = "/metrics"

// metrics is for Prometheus. Without a login it is open on a loopback listener
// only, unless the operator says otherwise (S54).
func (v *visit) metrics() {
	if v.Metrics == nil {
		v.refuse(&llm.Error{Kind: llm.NotFound, Status: http.StatusNotFound, Message: "Not Found"})
		return
	}
	body := v.Metrics(nil)
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	v.write(body, v.head(http.StatusOK))
}

func (v *visit) text(status int, body string) {
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	v.write([]byte(body), v.head(status))
}

// allowedHost knows the names that no attacker can point at us: a page from
// evil.example that resolves to 127.0.0.1 still says evil.example here (S21).
func (v *visit) allowedHost(hostport string) bool {
	if hostport == "localhost" {
		return true
	}
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if host == "" || !strings.Contains(host, ".") {
		return host != ""
	}
	for _, suffix := range []string{".localhost", ".local", ".internal", ".svc.cluster.local"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return slices.Contains(v.AllowedHosts, host)
}

// headLimits counts what the HTTP library only bounds as a whole.
func (v *visit) headLimits() *llm.Error {
	l := v.Limits
	if len(v.r.RequestURI) > l.LineBytes {
		return &llm.Error{Kind: llm.URITooLong, Status: http.StatusRequestURITooLong, Message: "the request line is longer than " + size(int64(l.LineBytes))}
	}
	count, total := 0, 0
	for name, values := range v.r.Header {
		for _, value := range values {
			count++
			n := len(name) + len(value)
			if total += n; n > l.HeaderBytes && name != "X-Portkey-Config" {
				return headersTooLarge("the header " + strings.ToLower(name[:min(len(name), 64)]) + " is longer than " + size(int64(l.HeaderBytes)))
			}
		}
	}
	if count > l.HeaderCount || total > l.HeadersBytes {
		return headersTooLarge("the request has too many headers, or too large ones")
	}
	return nil
}

func headersTooLarge(message string) *llm.Error {
	return &llm.Error{Kind: llm.HeadersTooLarge, Status: http.StatusRequestHeaderFieldsTooLarge, Message: message}
}
