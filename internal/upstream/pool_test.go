package upstream

import (
	"context"
	"net"
	"net/http"
	"testing"

	"sluice/internal/egress"
)

// TestConnectionsAreCounted: each once, however often it is closed (R32).
func TestConnectionsAreCounted(t *testing.T) {
	c := &Client{}
	dial := c.counted(func(context.Context, string, string) (net.Conn, error) {
		a, _ := net.Pipe()
		return a, nil
	})
	var conns []net.Conn
	for range 3 {
		conn, _ := dial(t.Context(), "tcp", "x")
		conns = append(conns, conn)
	}
	_, _ = conns[0].Close(), conns[0].Close()
	if open, opened := c.Connections(); open != 2 || opened != 3 {
		t.Errorf("%d of %d are open", open, opened)
	}
	failing := c.counted(func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed })
	if _, err := failing(t.Context(), "tcp", "x"); err == nil {
		t.Error("an error is lost")
	}
	if _, opened := c.Connections(); opened != 3 {
		t.Errorf("%d were opened", opened)
	}
}

// TestIdleIsBounded: the pool has limits (R32); net/http keeps them.
func TestIdleIsBounded(t *testing.T) {
	transport, ok := New(Options{Limits: testLimits, Dialer: &egress.Dialer{}}).transport.(*http.Transport)
	if !ok || transport.MaxIdleConns != MaxIdle || transport.MaxIdleConnsPerHost != idlePerHost || transport.IdleConnTimeout == 0 {
		t.Errorf("%+v", transport)
	}
}
