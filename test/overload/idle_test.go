package overload_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	crowd        = 2000
	mostPerConn  = 20 << 10              // R30
	mostMedian   = 50 * time.Millisecond // R30
	filesPerConn = 2                     // both ends are in this process
)

// memory is what the process holds after a collection: by its own account,
// heap and stacks, and by the system's, in bytes.
func memory(t *testing.T) (own, resident int64) {
	t.Helper()
	for range 2 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("skipped: this system has no /proc/self/status to measure with")
	}
	for line := range strings.Lines(string(text)) {
		if n, err := fmt.Sscanf(line, "VmRSS: %d kB", &resident); n == 1 && err == nil {
			resident <<= 10
		}
	}
	return int64(m.HeapAlloc + m.StackInuse), resident
}

// bareEnd is what one end of a connection takes that nobody does anything with:
// the clients' ends are in this process too.
func bareEnd(t *testing.T) int64 {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	before, _ := memory(t)
	ends := make([]net.Conn, 0, 2*crowd)
	defer func() {
		for _, conn := range ends {
			_ = conn.Close()
		}
	}()
	for range crowd {
		ends = append(ends, connect(t, l.Addr().String()))
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, conn)
	}
	after, _ := memory(t)
	return (after - before) / int64(len(ends))
}

// TestIdleConnections is R30: 2,000 idle connections take at most 20 KiB each, and
// good requests do not feel them.
func TestIdleConnections(t *testing.T) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < filesPerConn*crowd+500 {
		t.Skipf("skipped: %d open files are allowed, %d are needed (ulimit -n)", files.Cur, filesPerConn*crowd+500)
	}
	end := bareEnd(t)
	for _, c := range []struct {
		name  string
		first func(conn net.Conn, addr, upstream string) error // what a connection does before it falls silent
	}{
		{"said nothing yet", func(net.Conn, string, string) error { return nil }},
		{"half a head", func(conn net.Conn, addr, _ string) error {
			_, err := fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nx-filler: %s", addr, strings.Repeat("x", 1000))
			return err
		}},
		{"kept alive after a large head", func(conn net.Conn, addr, _ string) error {
			_, _, err := ask(conn, fmt.Sprintf("GET /livez HTTP/1.1\r\nHost: %s\r\nx-filler: %s\r\nx-more: %[2]s\r\n\r\n", addr, strings.Repeat("x", 30_000)))
			return err
		}},
		{"kept alive after a request", func(conn net.Conn, addr, upstream string) error {
			status, _, err := ask(conn, chat(addr, upstream, "m"))
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("status %d", status)
			}
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProvider(t)
			addr := start(t, "read_header_timeout: 5m")
			alone := median(t, addr, p.URL) // also opens what one request needs
			own, resident := memory(t)
			conns := make([]net.Conn, 0, crowd)
			defer func() {
				for _, conn := range conns {
					_ = conn.Close()
				}
			}()
			for range crowd {
				conn := connect(t, addr)
				conns = append(conns, conn)
				if err := c.first(conn, addr, p.URL); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(100 * time.Millisecond) // the last ones are still being accepted
			ownAfter, residentAfter := memory(t)
			perConn, perConnResident := (ownAfter-own)/crowd-end, (residentAfter-resident)/crowd
			crowded := median(t, addr, p.URL)
			t.Logf("each takes %.1f KiB of heap and stack, %.1f KiB resident with the client's end and what is free between; median request %s, alone %s",
				float64(perConn)/1024, float64(perConnResident)/1024, crowded, alone)
			if perConn > mostPerConn*slack {
				t.Errorf("an idle connection takes %d bytes, more than %d", perConn, mostPerConn)
			}
			if crowded > mostMedian*slack {
				t.Errorf("the median request takes %s among %d idle connections, %s alone", crowded, crowd, alone)
			}
		})
	}
}
