package upstream

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

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

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// Connections are those to providers: open now, and opened so far.
func (c *Client) Connections() (open, opened int64) { return c.conns.Load(), c.dialled.Load() }

// Seals is how full the memory of proofs is.
func (c *Client) Seals() recent.Fill { return c.seals.Fill() }
