package upstream

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
)

// interim is net/http's transport, for what our own does not speak, with the
// bound on answers before the answer.
type interim struct{ *http.Transport }

// RoundTrip makes one request.
func (i interim) RoundTrip(req *http.Request) (*http.Response, error) {
	return i.Transport.RoundTrip(req.WithContext(countInterim(req.Context())))
}

// countInterim gives up on a provider that sends interim answers without end.
func countInterim(ctx context.Context) context.Context {
	n := 0
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error {
		if n++; n > maxInterim {
			return invalidResponse("the provider sent too many interim answers", nil)
		}
		return nil
	}})
}
