package http1

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// pair are two ends of a TCP connection, the first as a wire.
func pair(t *testing.T) (*wire, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	there, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	return newWire(here), there
}

// TestWire: a wire reads, writes, waits and fails as the connection under it does.
func TestWire(t *testing.T) {
	w, there := pair(t)
	if w.raw == nil {
		t.Fatal("a TCP connection is not read and written directly")
	}
	const large = 8 << 20 // more than sockets hold
	go func(there net.Conn) {
		_, _ = io.Copy(there, io.LimitReader(there, large)) // echo
		_ = there.Close()
	}(there)
	sent := bytes.Repeat([]byte("0123456789abcdef"), large/16)
	wrote := make(chan error, 1)
	go func() {
		_, err := w.Write(sent)
		wrote <- err
	}()
	got, err := io.ReadAll(w)
	if err != nil || !bytes.Equal(got, sent) || <-wrote != nil {
		t.Fatalf("%d bytes came back of %d: %v", len(got), len(sent), err)
	}
	if n, err := w.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}

	w, _ = pair(t)
	_ = w.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := w.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read that waits too long: %v", err)
	}
	_ = w.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := w.Write(sent); !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n == len(sent) {
		t.Errorf("a write that waits too long: %d, %v", n, err)
	}

	w, there = pair(t)
	_ = there.(*net.TCPConn).SetLinger(0) // a reset
	_ = there.Close()
	if _, err := w.Read(make([]byte, 1)); !isReset(err) {
		t.Errorf("a read from who is gone: %v", err)
	}
	if _, err := io.WriteString(w, "x"); !refused(err) {
		t.Errorf("a write to who is gone: %v", err)
	}
	_ = w.Close()
	if _, err := w.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a read of a closed one: %v", err)
	}
}

func isReset(err error) bool { return err != nil && !errors.Is(err, io.EOF) && refused(err) }
