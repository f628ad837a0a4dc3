// Package policy turns what a caller asked for — x-portkey-* headers and a
// config object — into a compiled, immutable Plan. Everything a target inherits
// is resolved here, once; plans are kept, since configs arrive with each request
// and repeat. It must not know how a plan is walked or what travels over the
// network. Start with Plan.
package policy
