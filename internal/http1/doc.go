// Package http1 is the client's side of HTTP/1.1 for the one thing the gateway
// does with it: a request goes out, an answer comes back, in the goroutine that
// asked. net/http hands each request to two others, which costs more than all
// the rest (docs/performance.md). What is not spoken here, such as an upgrade or
// an origin with HTTP/2 alone, goes to another http.RoundTripper.
//
// It must not know about providers or dialects. Start with Transport.
package http1
