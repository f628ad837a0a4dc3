// Package auth gives outgoing requests their credentials where a key in a header
// is not enough: it signs them (AWS, Oracle), or fetches a token first, keeps it
// and renews it ahead of time (Google, Microsoft Entra, IBM, OAuth). It sends
// through the checked dialer of package egress only. It must not know what a
// request is about, nor decide who may use the operator's own identity: that is
// handed in (ADR 0005). Start with Authority.
package auth
