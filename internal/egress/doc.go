// Package egress decides where the gateway may connect to, and is the only
// place that dials: URL syntax, trusted hosts, address ranges that are
// refused, and the one dialer that checks every resolved address (reliability
// rules, S10 to S15). It knows nothing of providers or HTTP. Start with Policy.
package egress
