package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names is a resolver that knows a few names; other names do not exist.
type names map[string]string

func (n names) LookupNetIP(_ context.Context, _, host string) (out []netip.Addr, err error) {
	for text := range strings.FieldsSeq(n[host]) {
		out = append(out, netip.MustParseAddr(text))
	}
	if _, known := n[host]; !known {
		err = &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, err
}

// listen accepts connections on loopback and counts them.
func listen(t *testing.T) (at netip.AddrPort, accepted chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted, done := make(chan struct{}, 16), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
			select {
			case accepted <- struct{}{}:
			default: // enough were counted
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return netip.MustParseAddrPort(l.Addr().String()), accepted
}

func port(a netip.AddrPort) string {
	_, p, _ := net.SplitHostPort(a.String())
	return p
}

// TestDial is S10 and S11 at the moment of dialling: what counts is what a name
// leads to.
func TestDial(t *testing.T) {
	at, accepted := listen(t)
	dns := names{
		"inside.example": "127.0.0.1", "mapped.example": "::ffff:127.0.0.1", "mixed.example": "127.0.0.1 10.0.0.1", "sneaky.example": "8.8.8.8 169.254.169.254",
		"metadata.example": "169.254.169.254", "metadata6.example": "fd00:ec2::254", "empty.example": "",
	}
	for _, c := range []struct {
		name, trusted, host string
		forbidden           bool
		stage               egress.Stage
	}{
		{"a name that leads inside", "", "inside.example", true, ""},
		{"the same, trusted", "inside.example", "inside.example", false, ""},
		{"trusted at this port", "inside.example:" + port(at), "inside.example", false, ""},
		{"trusted at another port", "inside.example:1", "inside.example", true, ""},
		{"trusted as an address", "127.0.0.1", "inside.example", false, ""},
		{"a mapped address is the same one", "127.0.0.1", "mapped.example", false, ""},
		{"a literal address", "127.0.0.1", "127.0.0.1", false, ""},
		{"a literal address nobody trusts", "", "127.0.0.1", true, ""},
		{"a mapped literal", "127.0.0.1", "::ffff:127.0.0.1", true, ""},
		{"an address with a zone", "::/0", "fe80::1%lo", true, ""},
		{"one of several is private", "127.0.0.1", "mixed.example", true, ""},
		{"one of several is on the never-list", "0.0.0.0/0", "sneaky.example", true, ""},
		{"the never-list under a trusted name", "metadata.example,169.254.0.0/16", "metadata.example", true, ""},
		{"the never-list, IPv6", "metadata6.example,::/0", "metadata6.example", true, ""},
		{"no such name", "", "nowhere.example", false, egress.Resolve},
		{"a name without addresses", "", "empty.example", false, egress.Resolve},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := egress.Dialer{Policy: newPolicy(t, c.trusted), Resolver: dns, Timeout: 5 * time.Second}
			conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(c.host, port(at)))
			var failed *egress.DialError
			switch {
			case c.forbidden:
				if !errors.Is(err, egress.ErrForbidden) {
					t.Errorf("error %v, want it forbidden", err)
				}
			case c.stage != "":
				if !errors.As(err, &failed) || failed.Stage != c.stage {
					t.Errorf("error %v, want one of stage %s", err, c.stage)
				}
			case err != nil:
				t.Errorf("error %v, want a connection", err)
			default:
				_ = conn.Close()
				<-accepted
			}
			if len(accepted) > 0 {
				t.Error("somebody was connected to")
			}
		})
	}
}

// TestOwnListener: a request must not come back to us, whatever is trusted (S15).
func TestOwnListener(t *testing.T) {
	at, accepted := listen(t)
	for own, hosts := range map[string]string{
		at.String(): "127.0.0.1 ::ffff:127.0.0.1 0.0.0.0 us.example",
		netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()).String(): "127.0.0.1 127.0.0.2 ::1 0.0.0.0 us.example",
		netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port()).String(): "127.0.0.1 ::1 :: us.example",
	} {
		p := newPolicy(t, "0.0.0.0/0,::/0,us.example")
		p.Own(netip.MustParseAddrPort(own))
		d := egress.Dialer{Policy: p, Resolver: names{"us.example": "127.0.0.1"}, Timeout: time.Second}
		for host := range strings.FieldsSeq(hosts) {
			for _, port := range []string{port(at), "0" + port(at)} {
				if conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port)); !errors.Is(err, egress.ErrForbidden) {
					t.Errorf("own listener %s: %s port %s: %v, %v", own, host, port, conn, err)
				}
			}
		}
	}
	if len(accepted) > 0 {
		t.Error("the listener was connected to")
	}
}

func TestTrustAndOwnAreForOnePort(t *testing.T) {
	at, accepted := listen(t)
	p := newPolicy(t, "")
	p.Trust(at)
	p.Own(netip.AddrPortFrom(at.Addr(), at.Port()^1))
	d := egress.Dialer{Policy: p, Timeout: time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	<-accepted
	if _, err := d.DialContext(t.Context(), "tcp", netip.AddrPortFrom(at.Addr(), at.Port()^2).String()); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("another port of a trusted address: %v", err)
	}
}

func TestConnectFailure(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close() // nobody is there now
	d := egress.Dialer{Policy: newPolicy(t, "127.0.0.1"), Timeout: 5 * time.Second}
	_, err = d.DialContext(t.Context(), "tcp", at)
	var failed *egress.DialError
	if !errors.As(err, &failed) || failed.Stage != egress.Connect || errors.Is(err, egress.ErrForbidden) {
		t.Errorf("error %v, want one of stage connect", err)
	}
}

// turning is a resolver that says something else each time, as whoever rebinds a
// name does.
type turning struct {
	answers []string
	asked   int
}

func (r *turning) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	r.asked++
	return []netip.Addr{netip.MustParseAddr(r.answers[min(r.asked, len(r.answers))-1])}, nil
}

// TestRebinding is S10: a name is asked for once a connection, what was checked
// is what is dialled, and each new connection is checked anew.
func TestRebinding(t *testing.T) {
	at, accepted := listen(t)
	dns := &turning{answers: []string{"127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"}}
	d := egress.Dialer{Policy: newPolicy(t, "127.0.0.1"), Resolver: dns, Timeout: 5 * time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", "turning.example:"+port(at))
	if err != nil || dns.asked != 1 {
		t.Fatalf("%v, asked %d times", err, dns.asked)
	}
	_ = conn.Close()
	<-accepted
	for range 3 {
		if conn, err := d.DialContext(t.Context(), "tcp", "turning.example:"+port(at)); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%v, %v", conn, err)
		}
	}
	if dns.asked != 4 || len(accepted) > 0 {
		t.Errorf("asked %d times, %d connections", dns.asked, len(accepted))
	}
}

// TestNextAddress: one dead address does not spoil a name.
func TestNextAddress(t *testing.T) {
	at, accepted := listen(t)
	d := egress.Dialer{Policy: newPolicy(t, "two.example"), Resolver: names{"two.example": "127.0.0.9 127.0.0.1"}, Timeout: 5 * time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", "two.example:"+port(at))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	<-accepted
}

// stuck is a resolver that never answers.
type stuck struct{}

func (stuck) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestResolvingIsBounded(t *testing.T) {
	d := egress.Dialer{Policy: newPolicy(t, ""), Resolver: stuck{}, Timeout: 20 * time.Millisecond}
	_, err := d.DialContext(t.Context(), "tcp", "slow.example:443")
	var failed *egress.DialError
	if !errors.As(err, &failed) || failed.Stage != egress.Resolve || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want one of stage dns", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.DialContext(ctx, "tcp", "slow.example:443"); !errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNoPortNoConnection(t *testing.T) {
	d := egress.Dialer{Policy: newPolicy(t, "localhost"), Timeout: time.Second}
	if _, err := d.DialContext(t.Context(), "tcp", "localhost"); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("%v", err)
	}
}
