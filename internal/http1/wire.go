package http1

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// wire is a connection that is read and written by the shortest way: recvfrom and
// sendto where the kernel has them, without telling Go's scheduler of calls that
// never wait. It saves 6 % of a small request (docs/performance.md). All else,
// deadlines and waiting too, is the connection's.
type wire struct {
	net.Conn
	raw     syscall.RawConn // nil: there is none, and the connection is read and written itself
	in, out transfer
}

// mostAtOnce is how many bytes one call may move: the scheduler does not know that it
// could give the thread's turn to another meanwhile.
const mostAtOnce = 256 << 10

// transfer is one read, or one write.
type transfer struct {
	mu   sync.Mutex // guards all below: one at a time
	b    []byte
	n    int
	err  error
	step func(fd uintptr) (done bool)
}

func newWire(nc net.Conn) *wire {
	w := &wire{Conn: nc}
	if sc, ok := nc.(syscall.Conn); ok {
		w.raw, _ = sc.SyscallConn()
	}
	w.in.step, w.out.step = w.receive, w.send
	return w
}

// Read reads what has arrived.
func (w *wire) Read(p []byte) (int, error) {
	if !direct || w.raw == nil || len(p) == 0 {
		return w.Conn.Read(p)
	}
	n, err := w.in.run(w.raw.Read, "read", "recvfrom", p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write writes all of p.
func (w *wire) Write(p []byte) (int, error) {
	if !direct || w.raw == nil {
		return w.Conn.Write(p)
	}
	return w.out.run(w.raw.Write, "write", "sendto", p)
}

// run takes as many steps as it needs, waiting in between.
func (t *transfer) run(wait func(func(fd uintptr) bool) error, op, call string, p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b, t.n, t.err = p, 0, nil
	err := wait(t.step)
	if t.b = nil; err == nil && t.err != nil {
		err = &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(call, t.err)}
	}
	return t.n, err
}

// receive is one step of a read: false means that nothing is there yet.
func (w *wire) receive(fd uintptr) (done bool) {
	t := &w.in
	for {
		n, err := receive(fd, t.b[:min(len(t.b), mostAtOnce)])
		switch err {
		case 0:
			t.n = n
			observe(fd, t.b[:n])
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		default:
			t.err = err
		}
		return true
	}
}

// send is one step of a write: false means that the socket takes no more for now.
func (w *wire) send(fd uintptr) (done bool) {
	t := &w.out
	publish(t.b)
	for t.n < len(t.b) {
		n, err := send(fd, t.b[t.n:min(len(t.b), t.n+mostAtOnce)])
		switch err {
		case 0:
			t.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			t.err = err
			return true
		}
	}
	return true
}
