package upstream

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"sluice/internal/recent"
)

// Idle connections that are kept (R32): as many to one host as may well run at once.
const (
	idlePerHost = 1024
	MaxIdle     = 4 * idlePerHost
)

type dial func(ctx context.Context, network, address string) (net.Conn, error)

// counted keeps count of the connections that are open.
func (c *Client) counted(d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c.dialled.Add(1)
		c.conns.Add(1)
		return &countedConn{Conn: conn, open: &c.conns}, nil
	}
}

type countedConn struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

// SyscallConn lets the pool see whether an idle connection still lives.
func (c *countedConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// Connections are those to providers: open now, and opened so far.
func (c *Client) Connections() (open, opened int64) { return c.conns.Load(), c.dialled.Load() }

// Idle is how full the pool of idle connections is, but for those of HTTP/2.
func (c *Client) Idle() recent.Fill {
	held, lost := c.pool.Idle()
	return recent.Fill{Held: held, Limit: MaxIdle, Lost: lost}
}
