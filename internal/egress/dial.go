package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// resolveLimit is how long a name may take (S10).
const resolveLimit = 2 * time.Second

// Stage is where dialling failed.
type Stage string

// The stages.
const (
	Resolve Stage = "dns"
	Connect Stage = "connect"
)

// DialError is a failure to connect that is not a refusal of ours.
type DialError struct {
	Stage Stage
	Err   error
}

func (e *DialError) Error() string { return fmt.Sprintf("%s: %v", e.Stage, e.Err) }

func (e *DialError) Unwrap() error { return e.Err }

// Resolver finds the addresses of a name; net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer makes every outbound connection: it resolves, checks each address
// against the policy, and connects to that very address (S10).
type Dialer struct {
	Policy   *Policy
	Resolver Resolver      // nil: the system's
	Timeout  time.Duration // for resolving and connecting together

	only []string // host:port; not nil: these and nothing else
}

// Only returns a dialer for services of this machine that the operator named or
// that are known to hold the machine's own identity, such as a metadata service:
// it connects to these host:port and to nothing else. What Policy refuses does
// not count for it, except our own listeners. Callers must have no say in the
// list nor in what is sent (ADR 0005).
func (d *Dialer) Only(timeout time.Duration, addresses ...string) *Dialer {
	return &Dialer{Policy: d.Policy, Resolver: d.Resolver, Timeout: timeout, only: append([]string{}, addresses...)}
}

// check judges an address about to be dialled.
func (d *Dialer) check(ip netip.Addr, port string, named bool) error {
	if d.only == nil {
		return d.Policy.checkAddr(ip, port, named)
	}
	if d.Policy.isOwn(ip, port) {
		return ErrForbidden
	}
	return nil
}

// DialContext has the signature http.Transport wants.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.Timeout, &DialError{Connect, context.DeadlineExceeded})
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, ErrForbidden
	}
	if d.only != nil && !slices.Contains(d.only, address) {
		return nil, ErrForbidden
	}
	named := d.Policy.trustsName(host, port)
	ips, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if err := d.check(ip, port, named); err != nil {
			return nil, err
		}
	}
	return d.connect(ctx, network, ips, port, named)
}

func (d *Dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveLimit)
	defer cancel()
	var r Resolver = net.DefaultResolver
	if d.Resolver != nil {
		r = d.Resolver
	}
	ips, err := r.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, &DialError{Resolve, err}
	}
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips, nil
}

// connect tries the addresses in order; each gets its share of the time left.
func (d *Dialer) connect(ctx context.Context, network string, ips []netip.Addr, port string, named bool) (net.Conn, error) {
	var last error = &DialError{Resolve, fmt.Errorf("no address")}
	for i, ip := range ips {
		dialer := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
			dialled, err := netip.ParseAddrPort(address)
			if err != nil {
				return ErrForbidden
			}
			return d.check(dialled.Addr().Unmap(), strconv.Itoa(int(dialled.Port())), named)
		}}
		if deadline, ok := ctx.Deadline(); ok {
			dialer.Timeout = time.Until(deadline) / time.Duration(len(ips)-i)
		}
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return conn, nil
		}
		last = &DialError{Connect, err}
	}
	return nil, last
}
