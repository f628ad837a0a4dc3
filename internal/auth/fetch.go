package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"sluice/internal/egress"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// Bounds of an exchange with a token service.
const (
	maxAnswer  = 256 << 10
	maxMessage = 300
)

func transport(d *egress.Dialer) *http.Transport {
	return &http.Transport{
		DialContext: d.DialContext, TLSHandshakeTimeout: d.Timeout, ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConns: 16, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
}

// service is a token service as one credential meets it.
type service struct {
	rt      http.RoundTripper
	vendor  string          // provider id, for messages
	blame   string          // the setting it is given, or theKey; empty: the operator's own
	secrets []secret.String // never repeated
}

// service makes one for the credential in a setting, or for the key.
func (k *ask) service(blame string) *service {
	return &service{rt: k.a.net, vendor: k.Provider.ID, blame: blame, secrets: k.secrets()}
}

// ours makes one for the operator's own identity.
func (k *ask) ours(rt http.RoundTripper, secrets ...string) *service {
	s := &service{rt: rt, vendor: k.Provider.ID}
	for _, text := range secrets {
		s.secrets = append(s.secrets, secret.New(text))
	}
	return s
}

// post sends a form.
func (s *service) post(ctx context.Context, to string, form url.Values, header ...string) ([]byte, error) {
	req, err := request(ctx, http.MethodPost, to, form.Encode(), header...)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(req)
}

func (s *service) get(ctx context.Context, method, to string, header ...string) ([]byte, error) {
	req, err := request(ctx, method, to, "", header...)
	if err != nil {
		return nil, err
	}
	return s.send(req)
}

func request(ctx context.Context, method, to, body string, header ...string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil { // its text holds the address
		return nil, &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Message: "the address of a token service is not valid"}
	}
	for pair := range slices.Chunk(header, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	return req, nil
}

// send returns the body of a good answer. There are no redirects.
func (s *service) send(req *http.Request) ([]byte, error) {
	resp, err := s.rt.RoundTrip(req)
	if err != nil {
		return nil, s.failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, s.failed(err)
	case len(body) > maxAnswer:
		return nil, s.unusable("is larger than the gateway's limit")
	case resp.StatusCode != http.StatusOK:
		return nil, s.refused(resp.StatusCode, body)
	}
	return body, nil
}

func (s *service) failed(err error) *llm.Error {
	e := &llm.Error{Kind: llm.Unreachable, Status: http.StatusBadGateway, Class: llm.ClassReset, Err: err}
	var dial *egress.DialError
	switch {
	case errors.Is(err, egress.ErrForbidden):
		e.Kind, e.Status, e.Class = llm.Forbidden, http.StatusBadRequest, ""
		e.Message, e.Param = s.of("may not be asked: its address is not allowed"), s.param()
		return e
	case errors.As(err, &dial) && dial.Stage == egress.Resolve:
		e.Class = llm.ClassDNS
	case errors.As(err, &dial):
		e.Class = llm.ClassConnect
	}
	e.Message = s.of("could not be reached")
	return e
}

// of begins a sentence about the service.
func (s *service) of(what string) string { return "the token service of " + s.vendor + " " + what }

// theKey is what a service blames when the key itself was exchanged.
const theKey = "authorization"

// what names the credential that a service was given.
func (s *service) what() string {
	switch s.blame {
	case "":
		return "the gateway's own identity"
	case theKey:
		return "the key"
	}
	return spell(s.blame)
}

func (s *service) param() string {
	switch s.blame {
	case "", theKey:
		return s.blame
	}
	return provider.HeaderName(s.blame)
}

func (s *service) unusable(what string) *llm.Error {
	return &llm.Error{Kind: llm.InvalidResponse, Status: http.StatusBadGateway, Class: llm.ClassInvalid, Message: s.of("gave an answer that " + what)}
}

// refused passes the service's own reason on: 401 where the credential is not
// good, 502 where the service is.
func (s *service) refused(status int, body []byte) *llm.Error {
	e := &llm.Error{Kind: llm.UpstreamStatus, Status: http.StatusBadGateway, Class: llm.ClassStatus}
	code, reason := reasonOf(body)
	if status >= 400 && status < 500 {
		e.Status, e.Type, e.Param = http.StatusUnauthorized, "authentication_error", s.param()
	}
	if status == http.StatusTooManyRequests {
		e.Status, e.Type, e.Param = status, "rate_limit_error", ""
	}
	if codeForm.MatchString(code) && s.scrub(code) == code {
		e.Code = code
	}
	e.Message = s.of("refused " + s.what())
	for _, text := range []string{s.scrub(code), s.scrub(reason)} {
		if text != "" {
			e.Message += ": " + text
		}
	}
	return e
}

var (
	codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	jwtForm  = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*`)
)

// reasonOf reads OAuth's form (RFC 6749, 5.2), IBM's, Google's object and the
// XML of AWS.
func reasonOf(body []byte) (code, reason string) {
	if jsonx.Check(body) != nil {
		return inTag(body, "Code"), inTag(body, "Message")
	}
	text := func(path ...string) string { t, _ := jsonx.Text(jsonx.At(body, path...)); return t }
	for _, path := range [][]string{{"error"}, {"errorCode"}, {"error", "status"}, {"code"}} {
		if code == "" {
			code = text(path...)
		}
	}
	for _, path := range [][]string{{"error_description"}, {"errorMessage"}, {"error", "message"}, {"message"}} {
		if reason == "" {
			reason = text(path...)
		}
	}
	return code, reason
}

// scrub makes a foreign text fit to be shown: one short line, without anything
// we sent.
func (s *service) scrub(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, sec := range s.secrets {
		if t := strings.TrimSpace(sec.Reveal()); len(t) >= 4 {
			text = strings.ReplaceAll(text, t, "[redacted]")
		}
	}
	text = jwtForm.ReplaceAllString(text, "[redacted]")
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}

// inTag is the text of the first such element. The answers of STS are flat and
// need no parser.
func inTag(body []byte, name string) string {
	_, rest, ok := strings.Cut(string(body), "<"+name+">")
	text, _, closed := strings.Cut(rest, "</"+name+">")
	if !ok || !closed {
		return ""
	}
	return unescape.Replace(strings.TrimSpace(text))
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// bearerOf reads the answer of a token service: {access_token, expires_in}.
func (s *service) bearerOf(body []byte, now time.Time) (grant, error) {
	if jsonx.Check(body) != nil {
		return grant{}, s.unusable("is not JSON")
	}
	token, _ := jsonx.Text(jsonx.At(body, "access_token"))
	if token == "" || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return grant{}, s.unusable("holds no access_token")
	}
	return grant{token: secret.New(token), until: now.Add(lifeOf(body, now))}, nil
}

// lifeOf reads expires_in, which some write as a text, or the instant of the
// end in seconds (IBM: expiration; Azure: expires_on) or milliseconds
// (GigaChat: expires_at). Nothing of that counts as an hour's quarter.
func lifeOf(body []byte, now time.Time) time.Duration {
	if n, ok := number(jsonx.At(body, "expires_in")); ok {
		return time.Duration(min(n, 7*24*3600)) * time.Second
	}
	for _, name := range []string{"expires_on", "expiration", "expires_at"} {
		if n, ok := number(jsonx.At(body, name)); ok {
			if n > 1e11 { // milliseconds
				n /= 1000
			}
			return time.Unix(n, 0).Sub(now)
		}
	}
	return 15 * time.Minute
}

func number(v jsonx.Value) (int64, bool) {
	if text, ok := jsonx.Text(v); ok {
		v = jsonx.Value(text)
		if jsonx.Check(v) != nil {
			return 0, false
		}
	}
	n, ok := jsonx.Int(v)
	return n, ok && n > 0
}
