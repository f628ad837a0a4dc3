package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/internal/egress"
	"sluice/internal/llm"
)

// failed classes an error of the transport (R12). The texts name no address.
func (c *Client) failed(w *watch, err error) *llm.Error {
	if e := w.cause(); e != nil {
		return e
	}
	var own *llm.Error
	if errors.As(err, &own) { // from the client's body, which was being passed on
		return own
	}
	if errors.Is(err, egress.ErrForbidden) {
		return &llm.Error{Kind: llm.Forbidden, Status: http.StatusBadRequest, Message: "Invalid custom host", Param: "x-portkey-custom-host", Err: err}
	}
	class, message := classify(err)
	if class == llm.ClassInvalid {
		return invalidResponse(message, err)
	}
	return &llm.Error{Kind: llm.Unreachable, Status: http.StatusBadGateway, Class: class, Message: message, Err: err}
}

func classify(err error) (llm.Class, string) {
	var dial *egress.DialError
	var cut *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Stage == egress.Resolve:
		return llm.ClassDNS, "the host name of the provider could not be resolved"
	case errors.As(err, &dial):
		return llm.ClassConnect, "could not connect to the provider"
	case isTLS(err):
		return llm.ClassTLS, "the TLS connection to the provider could not be made"
	case errors.As(err, &cut) && cut.Op == "write":
		return llm.ClassWrite, "the provider closed the connection while the request was sent"
	case errors.As(err, &cut), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), idleClosed(err):
		return llm.ClassReset, "the provider closed the connection before it answered"
	}
	return llm.ClassInvalid, "the provider's answer is not valid HTTP"
}

// idleClosed recognises a pooled connection that the provider closed as we
// took it. net/http has no exported error for it.
func idleClosed(err error) bool {
	return strings.Contains(err.Error(), "server closed idle connection")
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var remote *net.OpError // an alert of the other end
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	return errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &remote) && remote.Op == "remote error" || errors.As(err, &host) ||
		errors.As(err, &authority) || strings.Contains(err.Error(), "TLS handshake timeout")
}

// broken classes an error while a body was read.
func (c *Client) broken(w *watch, err error) *llm.Error {
	if e := w.cause(); e != nil {
		return e
	}
	var own *llm.Error
	if errors.As(err, &own) {
		return own
	}
	var cut *net.OpError
	if errors.As(err, &cut) {
		return &llm.Error{Kind: llm.Unreachable, Status: http.StatusBadGateway, Class: llm.ClassReset, Message: "the connection to the provider broke before the answer was whole", Err: err}
	}
	return invalidResponse("the provider's answer ended before it was whole", err)
}

// retryAfter reads how long the provider asks to wait: retry-after-ms,
// x-ms-retry-after-ms, or retry-after in seconds or as a date (R17). What is
// zero, past, unreadable or overflowing counts as not said.
func retryAfter(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if d, ok := scaled(h.Get(name), time.Millisecond); ok {
			return d
		}
	}
	text := h.Get("Retry-After")
	if text == "" {
		return 0
	}
	if d, ok := scaled(text, time.Second); ok {
		return d
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func scaled(text string, unit time.Duration) (time.Duration, bool) {
	if text == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if f *= float64(unit); err != nil || !(f >= 1) || f >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(f), true
}
