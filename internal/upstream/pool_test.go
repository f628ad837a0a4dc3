package upstream

import (
	"context"
	"net"
	"syscall"
	"testing"
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

// TestCountedConnIsStillASocket: the pool asks the system whether an idle
// connection lives, and would use dead ones if it could not.
func TestCountedConnIsStillASocket(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dial := (&Client{}).counted((&net.Dialer{}).DialContext)
	conn, err := dial(t.Context(), "tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	s, ok := conn.(syscall.Conn)
	if !ok {
		t.Fatal("it cannot be asked")
	}
	if _, err := s.SyscallConn(); err != nil {
		t.Error(err)
	}
}
