package egress

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrForbidden is the refusal of a destination. It never says whether anything
// was listening there (S18).
var ErrForbidden = errors.New("destination not allowed")

// DefaultTrusted is trusted when nothing else was said and the gateway itself
// can only be reached from this machine (S12).
const DefaultTrusted = "localhost,127.0.0.1,::1,host.docker.internal"

// neverNames are refused even when trusted.
var neverNames = []string{"metadata.google.internal", "metadata", "metadata.azure.com", "instance-data"}

// closedSuffixes belong to no public name.
var closedSuffixes = []string{
	"local", "localdomain", "internal", "intranet", "lan", "home", "corp",
	"test", "invalid", "onion", "localhost", "arpa",
}

// Policy says where connections may go. The zero value trusts nobody: only
// public addresses. It is safe for concurrent use once serving has begun.
type Policy struct {
	trusted []rule
	own     []netip.AddrPort // our listeners; unspecified addresses count for all
}

// rule is one entry of the trusted list.
type rule struct {
	name   string // exact, or ".suffix" for a "*." entry
	port   string // empty: any
	prefix netip.Prefix
}

// NewPolicy reads a comma list of hosts, host:port, CIDR and *.suffix entries.
func NewPolicy(trusted string) (*Policy, error) {
	p := &Policy{}
	for entry := range strings.SplitSeq(trusted, ",") {
		if entry = strings.ToLower(strings.TrimSpace(entry)); entry == "" {
			continue
		}
		r, err := parseRule(entry)
		if err != nil {
			return nil, err
		}
		p.trusted = append(p.trusted, r)
	}
	return p, nil
}

func parseRule(entry string) (rule, error) {
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		return rule{prefix: prefix.Masked()}, nil
	}
	if ip, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		return rule{prefix: netip.PrefixFrom(ip, ip.BitLen())}, nil
	}
	host, port := entry, ""
	if h, p, err := net.SplitHostPort(entry); err == nil {
		host, port = h, p
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return rule{}, fmt.Errorf("%q is not host, host:port, CIDR or *.suffix", entry)
		}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return rule{prefix: netip.PrefixFrom(ip, ip.BitLen()), port: port}, nil
	}
	name := strings.TrimPrefix(host, "*")
	if err := checkHost(strings.TrimPrefix(name, ".")); err != nil || (host != name) != strings.HasPrefix(name, ".") {
		return rule{}, fmt.Errorf("%q is not host, host:port, CIDR or *.suffix", entry)
	}
	return rule{name: name, port: port}, nil
}

// Trust adds one address. Call it before serving begins.
func (p *Policy) Trust(a netip.AddrPort) {
	p.trusted = append(p.trusted, rule{prefix: netip.PrefixFrom(a.Addr(), a.Addr().BitLen()), port: strconv.Itoa(int(a.Port()))})
}

// Own names one of our own listeners, which are never dialled: a request must
// not come back to us (S15). Call it before serving begins.
func (p *Policy) Own(a netip.AddrPort) { p.own = append(p.own, a) }

// CheckURL refuses what can be refused without resolving a name.
func (p *Policy) CheckURL(u *url.URL) error {
	host, port := u.Hostname(), portOf(u)
	if ip, err := netip.ParseAddr(host); err == nil {
		return p.checkAddr(ip, port, false)
	}
	for _, n := range neverNames {
		if host == n {
			return ErrForbidden
		}
	}
	if p.trustsName(host, port) {
		return nil
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	for _, suffix := range closedSuffixes {
		if last == suffix {
			return ErrForbidden
		}
	}
	return nil
}

// Private reports whether the URL leads to this machine or a private network,
// as far as its text tells.
func (p *Policy) Private(u *url.URL) bool {
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		return isClosed(ip)
	}
	return p.trustsName(host, portOf(u))
}

// Trusts reports whether the operator named the host of the URL, so that it may
// be given what strangers must not have.
func (p *Policy) Trusts(u *url.URL) bool {
	host, port := u.Hostname(), portOf(u)
	if ip, err := netip.ParseAddr(host); err == nil {
		return !isNever(ip) && p.trustsAddr(ip, port)
	}
	return p.trustsName(host, port)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

func (p *Policy) trustsName(host, port string) bool {
	for _, r := range p.trusted {
		if r.name == "" || r.port != "" && r.port != port {
			continue
		}
		if r.name == host || r.name[0] == '.' && strings.HasSuffix(host, r.name) {
			return true
		}
	}
	return false
}

func (p *Policy) trustsAddr(ip netip.Addr, port string) bool {
	for _, r := range p.trusted {
		if r.prefix.IsValid() && (r.port == "" || r.port == port) && r.prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// checkAddr judges one address about to be dialled; named means that it was
// found under a trusted name, which covers all but the never-list.
func (p *Policy) checkAddr(ip netip.Addr, port string, named bool) error {
	if isNever(ip) || p.isOwn(ip, port) {
		return ErrForbidden
	}
	if named || p.trustsAddr(ip, port) || !isClosed(ip) {
		return nil
	}
	return ErrForbidden
}

func (p *Policy) isOwn(ip netip.Addr, port string) bool {
	for _, own := range p.own {
		if strconv.Itoa(int(own.Port())) != port {
			continue
		}
		// The unspecified address stands for all of this machine's, on either side.
		if own.Addr() == ip.Unmap() || ip.Unmap().IsUnspecified() || own.Addr().IsUnspecified() && ip.Unmap().IsLoopback() {
			return true
		}
	}
	return false
}
