package egress_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"sluice/internal/egress"
)

func newPolicy(tb testing.TB, trusted string) *egress.Policy {
	tb.Helper()
	p, err := egress.NewPolicy(trusted)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// check says whether a URL would be refused before it is dialled.
func check(tb testing.TB, p *egress.Policy, text string) error {
	tb.Helper()
	u, err := egress.ParseURL(text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return p.CheckURL(u)
}

func urlOf(ip netip.Addr) string { return "http://" + netip.AddrPortFrom(ip, 80).String() }

// TestAddresses walks every range of S11, its first and last address, and the
// public neighbours.
func TestAddresses(t *testing.T) {
	nobody := newPolicy(t, "")
	for _, text := range []string{
		"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.254",
		"169.254.0.1", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255",
		"198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "64:ff9b:1:ffff::", "100::1",
		"2001::1", "2001:0:ffff:ffff::", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "3fff:fff::", "fc00::1", "fd00:ec2::254", "fdff::1",
		"fe80::1", "febf::1", "fec0::1", "feff::1", "ff02::1", "ffff::1",
	} {
		if err := check(t, nobody, urlOf(netip.MustParseAddr(text))); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v, want it refused", text, err)
		}
	}
	for _, text := range []string{
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "8.8.8.8",
		"2001:4860:4860::8888", "2606:4700::1111", "2003::1", "2a00::1", "64:ff9a::1",
	} {
		if err := check(t, nobody, urlOf(netip.MustParseAddr(text))); err != nil {
			t.Errorf("%s: %v, want it allowed", text, err)
		}
	}
}

// TestNeverList: no trust reaches these (S11).
func TestNeverList(t *testing.T) {
	trusting := newPolicy(t, "0.0.0.0/0,::/0,metadata.google.internal,metadata,*.internal,169.254.169.254")
	for _, text := range []string{
		"http://169.254.169.254/latest", "http://169.254.170.2", "http://100.100.100.200", "http://[fd00:ec2::254]", "http://[::ffff:169.254.169.254]",
		"http://metadata.google.internal/x", "http://metadata", "http://metadata.azure.com", "http://instance-data",
	} {
		if err := check(t, trusting, text); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v, want it refused", text, err)
		}
	}
	for _, text := range []string{"http://169.254.169.253", "http://10.1.1.1", "http://x.internal", "http://[fd00:ec2::253]"} {
		if err := check(t, trusting, text); err != nil {
			t.Errorf("%s: %v, want it allowed", text, err)
		}
	}
}

func TestPrivateNames(t *testing.T) {
	for _, name := range []string{"x.local", "x.localdomain", "x.internal", "x.intranet", "x.lan", "x.home", "x.corp", "x.test", "x.invalid", "x.onion", "x.localhost", "localhost", "1.0.0.127.in-addr.arpa"} {
		if err := check(t, newPolicy(t, ""), "http://"+name); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v, want it refused", name, err)
		}
		if err := check(t, newPolicy(t, name), "http://"+name); err != nil {
			t.Errorf("%s, trusted: %v", name, err)
		}
	}
	for _, name := range []string{"example.com", "local.example", "mylocal", "x.notlocal"} {
		if err := check(t, newPolicy(t, ""), "http://"+name); err != nil {
			t.Errorf("%s: %v, want it left to the dialler", name, err)
		}
	}
}

// TestTrustedList is S12: exact, nothing implied.
func TestTrustedList(t *testing.T) {
	for _, c := range []struct{ trusted, allowed, refused string }{
		{egress.DefaultTrusted, "localhost 127.0.0.1 [::1] host.docker.internal localhost:1", "127.0.0.2 [::ffff:127.0.0.1] x.localhost 10.0.0.1"},
		{"127.0.0.1", "127.0.0.1 127.0.0.1:9", "localhost 127.0.0.2 [::1] [::ffff:127.0.0.1]"},
		{"localhost", "localhost", "x.localhost 127.0.0.1 [::1]"},
		{"localhost:8080", "localhost:8080", "localhost localhost:80 localhost:8081"},
		{"127.0.0.1:80", "127.0.0.1 127.0.0.1:80", "127.0.0.1:8080"},
		{"[::1]:9, [fd00::1]", "[::1]:9 [fd00::1] [fd00::1]:5", "[::1] [fd00::2]"},
		{"10.1.0.0/16,fd00::/8", "10.1.2.3 10.1.255.255:7 [fdff::1]", "10.2.0.0 10.0.255.255 [fc00::1] [::ffff:10.1.2.3]"},
		{"10.1.2.3/16", "10.1.9.9", "10.2.2.3"},
		{"*.svc.cluster.local", "a.svc.cluster.local a.b.svc.cluster.local", "svc.cluster.local asvc.cluster.local x.local"},
		{"*.Corp , BOX.lan", "a.corp box.lan", "corp a.box.lan"},
		{" , ,", "8.8.8.8", "127.0.0.1 localhost"},
		{"::ffff:127.0.0.1", "[::ffff:127.0.0.1]", "127.0.0.1"},
	} {
		p := newPolicy(t, c.trusted)
		for _, host := range strings.Fields(c.allowed) {
			if err := check(t, p, "http://"+host); err != nil {
				t.Errorf("%q: %s is refused", c.trusted, host)
			}
		}
		for _, host := range strings.Fields(c.refused) {
			if err := check(t, p, "http://"+host); !errors.Is(err, egress.ErrForbidden) {
				t.Errorf("%q: %s is allowed", c.trusted, host)
			}
		}
	}
}

func TestPortIsTheScheme(t *testing.T) {
	p := newPolicy(t, "localhost:443")
	if err := check(t, p, "https://localhost"); err != nil {
		t.Error("https stands for port 443")
	}
	if err := check(t, p, "http://localhost"); err == nil {
		t.Error("http does not stand for port 443")
	}
}

func TestBadTrustedList(t *testing.T) {
	for _, text := range []string{
		"http://localhost", "*", "*.", "*x", "a*.b", ".example", "user@host", "host:0", "host:65536", "host:x", "host:080", "host:", "10.0.0.0/33", "a b", "a/b", "1.2.3", "0x7f.1",
	} {
		if p, err := egress.NewPolicy("localhost," + text); err == nil {
			t.Errorf("%q was taken: %+v", text, p)
		} else if !strings.Contains(err.Error(), text) {
			t.Errorf("%q: the error %q does not name it", text, err)
		}
	}
}

func TestPrivate(t *testing.T) {
	p := newPolicy(t, "box.example,127.0.0.1")
	for text, want := range map[string]bool{
		"http://127.0.0.1:1": true, "http://10.0.0.1": true, "http://[::1]": true, "http://box.example": true,
		"http://8.8.8.8": false, "http://api.example": false,
	} {
		u, err := egress.ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.Private(u) != want {
			t.Errorf("%s: private %v, want %v", text, !want, want)
		}
	}
}
