package egress

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxURL    = 2048
	maxLabels = 10
)

// ParseURL reads a base URL that a caller or an operator named, strictly:
// http or https, no user info, query, fragment or trailing dot, nothing odd in
// the authority, numeric hosts only as dotted IPv4 or bracketed IPv6 (S13).
// A trailing slash is dropped.
func ParseURL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, errors.New("the URL is too long")
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return nil, errors.New("the URL holds a character that must not stand there")
		}
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return nil, errors.New("the URL must begin with http:// or https://")
	}
	authority, _, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(rest, "?#") {
		return nil, errors.New("the URL must not have a query or a fragment")
	}
	if strings.ContainsAny(authority, "@%<>{}|^`\"'()*,;=!$&+~_") {
		return nil, errors.New("the host of the URL is not valid")
	}
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil {
		return nil, errors.New("the URL is not valid")
	}
	if err := checkHost(u.Hostname()); err != nil {
		return nil, err
	}
	return u, checkPort(u)
}

func checkPort(u *url.URL) error {
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return errors.New("the port of the URL is missing")
		}
		return nil
	}
	// In its one spelling, too: 0443 would not be seen to be 443.
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
		return errors.New("the port of the URL is not valid")
	}
	return nil
}

// checkHost accepts IP literals in their one canonical spelling, and names.
func checkHost(host string) error {
	bad := errors.New("the host of the URL is not valid")
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.String() != host || ip.Zone() != "" {
			return bad
		}
		return nil
	}
	labels := strings.Split(host, ".")
	if len(labels) > maxLabels || len(host) > 253 {
		return bad
	}
	for _, label := range labels {
		if !validLabel(label) {
			return bad
		}
	}
	// A last label of digits, or 0x…, is an address in disguise (WHATWG URL, "ends in a number").
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' {
		return bad
	}
	return nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
