package script_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/framing"
)

// upstream plays the provider: it answers what the archive says, in order, and
// repeats the last. It writes every byte itself, so that it can also be wrong.
type upstream struct {
	listener net.Listener
	answers  []message
	asked    chan struct{} // one token for each call
	wait     sync.WaitGroup

	mu    sync.Mutex // guards all below
	calls []*call
	conns map[net.Conn]bool
	done  bool
}

// call is one request that reached the provider.
type call struct {
	method, target string
	header         http.Header
	body           []byte
	gone           chan time.Time // when the gateway closed the connection
}

func newUpstream(l net.Listener) *upstream {
	return &upstream{listener: l, asked: make(chan struct{}, 1024), conns: map[net.Conn]bool{}}
}

func (u *upstream) start() {
	u.wait.Go(func() {
		for {
			conn, err := u.listener.Accept()
			if err != nil || !u.keep(conn) {
				return
			}
			u.wait.Go(func() {
				u.serve(conn)
				_ = conn.Close()
			})
		}
	})
}

func (u *upstream) keep(conn net.Conn) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.done {
		_ = conn.Close()
	}
	u.conns[conn] = true
	return !u.done
}

func (u *upstream) stop() {
	_ = u.listener.Close()
	u.mu.Lock()
	u.done = true
	for conn := range u.conns {
		_ = conn.Close()
	}
	u.mu.Unlock()
	u.wait.Wait()
}

// made returns the calls so far.
func (u *upstream) made() []*call {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]*call(nil), u.calls...)
}

func (u *upstream) serve(conn net.Conn) {
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		c := &call{method: req.Method, target: req.RequestURI, header: req.Header, gone: make(chan time.Time, 1)}
		c.header.Set("Host", req.Host)
		if !u.next().has("early") {
			c.body, _ = io.ReadAll(req.Body) // a body that was cut is kept as far as it came
		}
		if !play(conn, r, u.record(c), c) {
			return
		}
	}
}

// next is the answer to the next call.
func (u *upstream) next() *message {
	u.mu.Lock()
	defer u.mu.Unlock()
	return &u.answers[min(len(u.calls), len(u.answers)-1)]
}

func (u *upstream) record(c *call) message {
	answer := u.next()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls = append(u.calls, c)
	u.asked <- struct{}{}
	return *answer
}

// play writes one answer; false means that the connection is over.
func play(conn net.Conn, r io.Reader, a message, c *call) bool {
	time.Sleep(a.wait("delay", 0))
	switch a.line {
	case "hangup":
		return false
	case "reset":
		return reset(conn)
	case "never":
		return untilGone(r, c)
	case "raw":
		_, _ = conn.Write(a.body())
		return false
	case "back":
		return sendBack(conn, a.marks["to"], c)
	}
	return respond(conn, r, a, c)
}

// sendBack sends a call on to an address, with all its headers, and passes the
// answer on: a provider that is a proxy in front of the gateway.
func sendBack(conn net.Conn, addr string, c *call) bool {
	onward, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	defer func() { _ = onward.Close() }()
	head := fmt.Appendf(nil, "%s /v1%s HTTP/1.1\r\nConnection: close\r\n", c.method, c.target)
	for name, values := range c.header {
		head = fmt.Appendf(head, "%s: %s\r\n", name, values[0])
	}
	_, _ = onward.Write(append(append(head, "\r\n"...), c.body...))
	_, _ = io.Copy(conn, onward)
	return false
}

func reset(conn net.Conn) bool {
	_ = conn.(*net.TCPConn).SetLinger(0)
	return false
}

// untilGone waits until the gateway closes the connection.
func untilGone(r io.Reader, c *call) bool {
	_, _ = io.Copy(io.Discard, r)
	c.gone <- time.Now()
	return false
}

// respond writes an HTTP answer.
func respond(conn net.Conn, r io.Reader, a message, c *call) bool {
	pieces := a.pieces
	if a.has("amazon") {
		pieces = amazon(pieces, a.marks["damage"])
	}
	if a.has("bytewise") {
		pieces = bytewise(pieces)
	}
	if a.has("gzip") {
		pieces = [][]byte{compressed(a.body())}
		a.header = append(a.header, field{"content-encoding", "gzip"})
	}
	chunked := a.has("chunked") || isStream(a.get("content-type"))
	head := fmt.Appendf(nil, "HTTP/1.1 %s Scripted\r\n", a.line)
	defaults := []field{{"content-type", "application/json"}}
	switch {
	case a.has("close"):
		chunked = false
		defaults = append(defaults, field{"connection", "close"})
	case chunked:
		defaults = append(defaults, field{"transfer-encoding", "chunked"})
	case a.line != "204":
		defaults = append(defaults, field{"content-length", fmt.Sprint(len(bytes.Join(pieces, nil)))})
	}
	if _, err := conn.Write(a.appendHeader(head, defaults...)); err != nil {
		return false
	}
	for i := 0; i < len(pieces) || a.has("endless"); i++ {
		if i > 0 {
			time.Sleep(a.wait("gap", 5*time.Millisecond))
		}
		piece := pieces[min(i, len(pieces)-1)]
		if chunked {
			piece = appendChunk(nil, piece)
		}
		if _, err := conn.Write(piece); err != nil {
			c.gone <- time.Now()
			return false
		}
	}
	return end(conn, r, a, c, chunked)
}

func end(conn net.Conn, r io.Reader, a message, c *call, chunked bool) bool {
	switch {
	case a.has("hang"):
		return untilGone(r, c)
	case a.marks["abort"] == "rst":
		time.Sleep(20 * time.Millisecond) // a reset overtakes what was not read yet
		return reset(conn)
	case a.has("abort"), a.has("close"):
		return false
	case a.has("early"): // what is still on its way is not to be read as a request
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, r)
		return false
	case chunked:
		_, err := conn.Write([]byte("0\r\n\r\n"))
		return err == nil
	}
	return true
}

// bytewise cuts pieces into single bytes.
func bytewise(pieces [][]byte) (out [][]byte) {
	for _, b := range bytes.Join(pieces, nil) {
		out = append(out, []byte{b})
	}
	return out
}

// amazon makes frames of AWS's event streams of pieces that are written
// "event-type {payload}", and damages the last one: "3 ff" overwrites the byte
// at 3, "-1 ff" the last; "-5" leaves so many bytes at its end out.
func amazon(pieces [][]byte, damage string) (out [][]byte) {
	for _, piece := range pieces {
		name, payload, _ := bytes.Cut(bytes.TrimSpace(piece), []byte(" "))
		out = append(out, framing.AppendAmazonEvent(nil, string(name), payload))
	}
	where, what, overwrite := strings.Cut(damage, " ")
	at, err := strconv.Atoi(where)
	if err != nil {
		return out
	}
	last := out[len(out)-1]
	if at < 0 {
		at += len(last)
	}
	if !overwrite {
		out[len(out)-1] = last[:at]
		return out
	}
	b, _ := strconv.ParseUint(what, 16, 8) // a wrong one damages too
	last[at] = byte(b)
	return out
}

func compressed(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}
