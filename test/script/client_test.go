package script_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patience is how long a case may take. Reaching it is a failure.
const patience = 10 * time.Second

// outcome is what came of a request.
type outcome struct {
	status  int // 0: no answer at all
	header  http.Header
	body    []byte
	cut     bool // the connection broke before the body was whole
	answers int  // on the connection
	took    time.Duration
	left    time.Time // when the client went away; the zero time: it stayed

	calls  []*call
	sleeps []time.Duration
	log    string
	events int // looked at by expectations so far
}

// moments tell a client that is to go away when to.
type moments struct {
	asked   <-chan struct{} // the provider got a call
	waiting <-chan struct{} // the gateway waits before a retry
}

// send writes a request to the gateway and reads what comes back.
func send(addr string, m message, at moments) (*outcome, error) {
	forget(at.asked)
	forget(at.waiting)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	start := time.Now()
	written := make(chan error, 1)
	go func() { written <- writeRequest(conn, addr, m) }()
	o := &outcome{}
	if when, leaves := m.marks["leave"]; leaves {
		if when == "halfway" { // all there is was sent, and more was promised
			err = <-written
			written <- nil
		}
		if err == nil {
			err = o.leave(conn, when, at)
		}
	} else {
		err = o.read(conn)
	}
	o.took = time.Since(start)
	_ = conn.Close()
	<-written // a gateway that answers early may not take the rest
	return o, err
}

// forget takes out what earlier steps left.
func forget(c <-chan struct{}) {
	for len(c) > 0 {
		<-c
	}
}

func await(c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-time.After(patience):
		return errors.New("the moment to leave never came")
	}
}

// leave goes away, with a FIN or a reset, in the middle of the request, once the
// provider was asked, while the gateway waits, or when the first bytes of the
// answer have come.
func (o *outcome) leave(conn net.Conn, when string, at moments) (err error) {
	when, how, _ := strings.Cut(when, " ")
	switch when {
	case "halfway":
		time.Sleep(20 * time.Millisecond) // let it be read
	case "asked":
		err = await(at.asked)
	case "waiting":
		err = await(at.waiting)
	case "streaming":
		var resp *http.Response
		if resp, err = http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			_, err = resp.Body.Read(make([]byte, 1))
		}
	default:
		err = fmt.Errorf("leave %s: want asked, waiting, halfway or streaming", when)
	}
	if err != nil {
		return err
	}
	if how == "rst" {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	o.left = time.Now()
	return conn.Close()
}

// read takes the answer, and counts those that follow on the connection.
func (o *outcome) read(conn net.Conn) error {
	r := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			if o.answers > 0 || !errors.Is(err, net.ErrClosed) && !isTimeout(err) {
				return nil
			}
			return fmt.Errorf("no answer within %s", patience)
		}
		body, err := io.ReadAll(resp.Body)
		if isTimeout(err) {
			return fmt.Errorf("no whole answer within %s; so far: %q", patience, body)
		}
		if o.answers++; o.answers == 1 {
			o.status, o.header, o.body, o.cut = resp.StatusCode, resp.Header, body, err != nil
			if resp.Close { // net/http takes the header away
				o.header.Set("Connection", "close")
			}
		}
		if resp.Close || err != nil {
			return nil
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func writeRequest(conn net.Conn, addr string, m message) error {
	if m.has("raw") {
		text := bytes.Join(append([][]byte{[]byte(m.line)}, m.pieces...), nil)
		_, err := conn.Write([]byte(unescape(string(text))))
		return err
	}
	line := m.line
	if !strings.Contains(line, " HTTP/") {
		line += " HTTP/1.1"
	}
	defaults := []field{{"host", addr}, {"connection", "close"}}
	body := m.body()
	if len(body) > 0 {
		defaults = append(defaults, field{"content-type", "application/json"})
	}
	switch {
	case m.has("chunked"):
		defaults = append(defaults, field{"transfer-encoding", "chunked"})
	case len(body) > 0 || strings.HasPrefix(line, "POST"):
		defaults = append(defaults, field{"content-length", fmt.Sprint(len(body))})
	}
	text := m.appendHeader([]byte(line+"\r\n"), defaults...)
	if !m.has("chunked") {
		_, err := conn.Write(append(text, body...))
		return err
	}
	for _, piece := range m.pieces {
		text = appendChunk(text, piece)
	}
	_, err := conn.Write(append(text, "0\r\n\r\n"...))
	return err
}
