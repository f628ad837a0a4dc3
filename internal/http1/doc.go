// Package http1 is HTTP/1.1 for the two things the gateway does with it: a
// Server reads requests and writes answers, a Transport sends requests and reads
// answers, each in the goroutine that asked. net/http hands a request to other
// goroutines on both sides, which costs more than all the rest
// (docs/performance.md, ADR 0008). Types are net/http's, so that either side can
// be exchanged. What is not spoken here, such as an origin with HTTP/2 alone, goes
// to another http.RoundTripper.
//
// Both sides read strictly (message.go, chunks.go): what could be understood in two
// ways is refused. It must not know about providers or dialects. Start with
// Server and Transport.
package http1
