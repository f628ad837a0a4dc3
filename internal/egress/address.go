package egress

import "net/netip"

// never holds the addresses that are not dialled for anybody: the metadata
// services of AWS, ECS, AWS over IPv6 and Alibaba Cloud (S11).
var never = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("100.100.100.200"),
}

// closed holds what is refused unless trusted (S11): IANA special-purpose
// registries for IPv4 and IPv6, and the ways to write one inside the other.
var closed = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32",
	"2001:db8::/32", "2002::/16", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

func isNever(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, n := range never {
		if ip == n {
			return true
		}
	}
	return false
}

func isClosed(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return true
	}
	for _, p := range closed {
		if p.Contains(ip) {
			return true
		}
	}
	return ip.Is4In6()
}
