// Package framing cuts a provider's byte stream into messages without looking
// into them. It knows event streams (WHATWG HTML, "Server-sent events") and AWS's binary ones; what
// an event means is the dialect's business. Start with SSE.
package framing
