package egress_test

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"sluice/internal/egress"
)

// TestParseURL is S13, and the rules for custom hosts of the contract, §2.4.
func TestParseURL(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"https://api.example.com", "https://api.example.com"},
		{"https://api.example.com/v1/", "https://api.example.com/v1"},
		{"http://localhost:8080/x//", "http://localhost:8080/x"},
		{"http://127.0.0.1:1", "http://127.0.0.1:1"},
		{"http://[::1]:65535/v1", "http://[::1]:65535/v1"},
		{"http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]"}, // well formed; the dialler refuses it
		{"https://a-b.c3po.example/a%20b/@me", "https://a-b.c3po.example/a%20b/@me"},
		{"http://" + strings.Repeat("a.", 9) + "b", "http://" + strings.Repeat("a.", 9) + "b"},
		{"http://h/" + strings.Repeat("a", 2048-9), "http://h/" + strings.Repeat("a", 2048-9)},
		{"https://3m.com", "https://3m.com"},

		{"", ""},
		{"api.example.com", ""},
		{"//api.example.com", ""},
		{"http://", ""},
		{"http:///v1", ""},
		{"https:api.example.com", ""},
		{"HTTP://api.example.com", ""},
		{"ftp://a.example", ""},
		{"file:///etc/passwd", ""},
		{"data:text/plain,x", ""},
		{"gopher://a.example", ""},
		{"javascript://a.example", ""},
		{"wss://a.example", ""},
		{"http://user@a.example", ""},
		{"http://user:pw@a.example", ""},
		{"http://@a.example", ""},
		{"http://a.example@127.0.0.1", ""},
		{"http://a.example?x=1", ""},
		{"http://a.example/?x=1", ""},
		{"http://a.example/#x", ""},
		{"http://a.example#@b.example", ""},
		{`http://a.example\@b.example`, ""},
		{`http:\\a.example`, ""},
		{"http://a.example/\x00", ""},
		{"http://a.exa\nmple", ""},
		{"http://a.example/a b", ""},
		{" http://a.example", ""},
		{"http://a.example\t", ""},
		{"http://exämple.example", ""},
		{"http://a.example/\x7f", ""},
		{"http://%61.example", ""},
		{"http://a%2eexample", ""},
		{"http://a<b>.example", ""},
		{"http://a_b.example", ""},
		{"http://A.example", ""},
		{"http://a.example.", ""},
		{"http://.a.example", ""},
		{"http://a..example", ""},
		{"http://-a.example", ""},
		{"http://a-.example", ""},
		{"http://" + strings.Repeat("a", 64) + ".example", ""},
		{"http://" + strings.Repeat("a.", 10) + "b", ""},
		{"http://h/" + strings.Repeat("a", 2048-8), ""},
		{"http://a.example:0", ""},
		{"http://a.example:65536", ""},
		{"http://a.example:", ""},
		{"http://a.example:80:80", ""},
		{"http://a.example:x", ""},
		{"http://a.example:+80", ""},
		{"http://a.example:-1", ""},
		{"http://a.example:080", ""},
		{"http://2130706433", ""},
		{"http://0x7f000001", ""},
		{"http://0x7f.0.0.1", ""},
		{"http://0177.0.0.1", ""},
		{"http://127.1", ""},
		{"http://127.0.1", ""},
		{"http://127.0.0.01", ""},
		{"http://127.0.0.1.", ""},
		{"http://256.0.0.1", ""},
		{"http://1.2.3.4.5", ""},
		{"http://a.0x1", ""},
		{"http://a.example.1", ""},
		{"http://::1", ""},
		{"http://[::1", ""},
		{"http://::1]", ""},
		{"http://[0:0:0:0:0:0:0:1]", ""},
		{"http://[::0001]", ""},
		{"http://[::1%25eth0]", ""},
		{"http://[fe80::1%25lo]", ""},
		{"http://[127.0.0.1]", ""},
		{"http://[::FFFF:1.2.3.4]", ""},
		{"http://[::ffff:7f00:1]", ""},
		{"http://[a.example]", ""},
		{"http://[::1]x", ""},
		{"http://[::1]:", ""},
	} {
		u, err := egress.ParseURL(c.in)
		if c.want == "" {
			if err == nil {
				t.Errorf("%q passed as %s", c.in, u)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
		} else if u.String() != c.want {
			t.Errorf("%q became %s, want %s", c.in, u, c.want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"https://api.example.com/v1", "http://127.0.0.1:80", "http://[::1]:1/x", "http://user@h", "http://h:080", "http://[::ffff:1.2.3.4]",
		"http://h?x", "http://h#x", `http://h\x`, "http://0x7f.1", "http://h.", "http://::1", "http://[::1%25eth0]", "http://h/%zz", "http://h/%00/..",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := egress.ParseURL(text)
		if err != nil {
			return
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || u.ForceQuery {
			t.Errorf("%q has more than a base URL may: %#v", text, u)
		}
		if u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q has the scheme %q", text, u.Scheme)
		}
		host := u.Hostname()
		if ip, err := netip.ParseAddr(host); err == nil {
			if ip.String() != host || ip.Zone() != "" {
				t.Errorf("%q is not the canonical %s", host, ip)
			}
		} else if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || host == "" || strings.HasSuffix(host, ".") {
			t.Errorf("%q has the odd host %q", text, host)
		}
		if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || strconv.Itoa(n) != u.Port() || n < 1 || n > 65535) {
			t.Errorf("%q has the port %q", text, u.Port())
		}
		// What was judged is what will be dialled: the text says the same host.
		authority, _, _ := strings.Cut(strings.TrimPrefix(text, u.Scheme+"://"), "/")
		want := host
		if u.Port() != "" {
			want = net.JoinHostPort(host, u.Port())
		} else if strings.Contains(host, ":") {
			want = "[" + host + "]"
		}
		if authority != want || u.Host != want {
			t.Errorf("%q: host %q, port %q, authority %q", text, host, u.Port(), authority)
		}
		if again, err := egress.ParseURL(u.String()); err != nil || again.String() != u.String() {
			t.Errorf("%q is not stable: %v, %v", text, again, err)
		}
	})
}
