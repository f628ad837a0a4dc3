package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/internal/egress"
	"sluice/internal/llm"
	"sluice/internal/secret"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name   string
		header []string
		want   time.Duration
	}{
		{"nothing", nil, 0},
		{"seconds", []string{"Retry-After", "2"}, 2 * time.Second},
		{"half a second", []string{"Retry-After", " 0.5 "}, 500 * time.Millisecond},
		{"milliseconds", []string{"Retry-After-Ms", "1500"}, 1500 * time.Millisecond},
		{"Azure's milliseconds", []string{"X-Ms-Retry-After-Ms", "20"}, 20 * time.Millisecond},
		{"milliseconds come first", []string{"Retry-After", "9", "X-Ms-Retry-After-Ms", "8", "Retry-After-Ms", "7"}, 7 * time.Millisecond},
		{"unreadable ones are passed over", []string{"Retry-After", "9", "X-Ms-Retry-After-Ms", "8", "Retry-After-Ms", "soon"}, 8 * time.Millisecond},
		{"zero is passed over", []string{"Retry-After", "9", "Retry-After-Ms", "0"}, 9 * time.Second},
		{"a date", []string{"Retry-After", "Tue, 24 Nov 2026 12:00:30 GMT"}, 30 * time.Second},
		{"a date of RFC 850", []string{"Retry-After", "Tuesday, 24-Nov-26 12:01:00 GMT"}, time.Minute},
		{"a date gone by", []string{"Retry-After", "Tue, 24 Nov 2026 11:59:59 GMT"}, 0},
		{"this very moment", []string{"Retry-After", "Tue, 24 Nov 2026 12:00:00 GMT"}, 0},
		{"a day", []string{"Retry-After", "86400"}, 24 * time.Hour},
		{"zero", []string{"Retry-After", "0"}, 0},
		{"negative", []string{"Retry-After", "-5"}, 0},
		{"nothing readable", []string{"Retry-After", "later"}, 0},
		{"empty", []string{"Retry-After", ""}, 0},
		{"a trifle", []string{"Retry-After", "1e-30"}, 0},
		{"overflowing", []string{"Retry-After", "99999999999999999999"}, 0},
		{"overflowing the number itself", []string{"Retry-After", "1e999"}, 0},
		{"infinite", []string{"Retry-After", "Infinity"}, 0},
		{"no number", []string{"Retry-After", "NaN"}, 0},
	} {
		h := http.Header{}
		for i := 0; i < len(c.header); i += 2 {
			h.Set(c.header[i], c.header[i+1])
		}
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "-1", "0.001", "1e9", "1e300", "Inf", "NaN", "0x1p5", "Tue, 24 Nov 2026 12:00:30 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "", "9223372036854775807", "9223372036.854775807"} {
		f.Add(s, "")
		f.Add("", s)
	}
	f.Fuzz(func(t *testing.T, seconds, ms string) {
		if d := retryAfter(http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {ms}}, now); d < 0 {
			t.Errorf("%q, %q: %s", seconds, ms, d)
		}
	})
}

func TestClassify(t *testing.T) {
	op := func(name string, err error) error { return &net.OpError{Op: name, Net: "tcp", Err: err} }
	for _, c := range []struct {
		name string
		err  error
		want llm.Class
	}{
		{"name", &egress.DialError{Stage: egress.Resolve, Err: &net.DNSError{}}, llm.ClassDNS},
		{"refused", &egress.DialError{Stage: egress.Connect, Err: op("dial", syscall.ECONNREFUSED)}, llm.ClassConnect},
		{"wrapped", fmt.Errorf("x: %w", &egress.DialError{Stage: egress.Connect, Err: io.EOF}), llm.ClassConnect},
		{"TLS alert", op("remote error", tls.AlertError(40)), llm.ClassTLS},
		{"TLS took too long", errors.New("net/http: TLS handshake timeout"), llm.ClassTLS},
		{"writing", op("write", syscall.EPIPE), llm.ClassWrite},
		{"reading", op("read", syscall.ECONNRESET), llm.ClassReset},
		{"closed", io.EOF, llm.ClassReset},
		{"cut", fmt.Errorf("http: %w", io.ErrUnexpectedEOF), llm.ClassReset},
		{"closed while idle", errors.New("http: server closed idle connection"), llm.ClassReset},
		{"anything else", errors.New("malformed HTTP response"), llm.ClassInvalid},
	} {
		got, message := classify(c.err)
		if got != c.want || message == "" || strings.Contains(message, c.err.Error()) {
			t.Errorf("%s: class %s, %q; want %s", c.name, got, message, c.want)
		}
	}
}

// raw is a server that reads one request and answers with these bytes.
func raw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, req.Body)
				_, _ = io.WriteString(conn, answer)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

type unknownHosts struct{}

func (unknownHosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// realClient has the transport and the dialer of the gateway.
func realClient(t *testing.T) *Client {
	t.Helper()
	trusted, err := egress.NewPolicy("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Limits: testLimits, Dialects: findDialect, Agent: "sluice/test", Dialer: &egress.Dialer{Policy: trusted, Resolver: unknownHosts{}, Timeout: 5 * time.Second}})
	t.Cleanup(c.Close)
	return c
}

// TestRealFailures meets each failure on a real connection.
func TestRealFailures(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	unknownCA := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknownCA.Config.ErrorLog = discard
	unknownCA.StartTLS()
	t.Cleanup(unknownCA.Close)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, host string
		kind       llm.Kind
		status     int
		class      llm.Class
	}{
		{"no such name", "https://nowhere.example", llm.Unreachable, 502, llm.ClassDNS},
		{"nobody there", "http://" + nobody, llm.Unreachable, 502, llm.ClassConnect},
		{"forbidden", "http://127.0.0.2:" + nobody[strings.LastIndexByte(nobody, ':')+1:], llm.Forbidden, 400, ""},
		{"no TLS", "https://" + plain.Listener.Addr().String(), llm.Unreachable, 502, llm.ClassTLS},
		{"certificate of nobody", unknownCA.URL, llm.Unreachable, 502, llm.ClassTLS},
		{"closed without an answer", "http://" + raw(t, ""), llm.Unreachable, 502, llm.ClassReset},
		{"not HTTP", "http://" + raw(t, "SSH-2.0-OpenSSH_9.9\r\n"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"negative length", "http://" + raw(t, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"two lengths", "http://" + raw(t, head+"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"cut body", "http://" + raw(t, head+"Content-Length: 100\r\n\r\n{"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"cut chunk", "http://" + raw(t, head+"Transfer-Encoding: chunked\r\n\r\n5\r\n{"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"bad chunk", "http://" + raw(t, head+"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"a body that is no gzip", "http://" + raw(t, head+"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"unsolicited 101", "http://" + raw(t, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"interim answers without end", "http://" + raw(t, strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 17)+head+"Content-Length: 2\r\n\r\n{}"), llm.InvalidResponse, 502, llm.ClassInvalid},
		{"headers without end", "http://" + raw(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 300<<10)+"\r\n\r\n"), llm.InvalidResponse, 502, llm.ClassInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := acme()
			target.CustomHost = c.host
			answer, err := realClient(t).Do(t.Context(), chat(t, unary), target, secret.New("sk-canary"))
			if answer != nil {
				t.Fatalf("answered: %+v", answer)
			}
			e := failed(t, err)
			if e.Kind != c.kind || e.Status != c.status || e.Class != c.class {
				t.Errorf("kind %d, status %d, class %q: %s (%v)", e.Kind, e.Status, e.Class, e.Message, e.Err)
			}
			for _, secret := range []string{"127.0.0", "nowhere", "canary", "*net", "dial"} {
				if strings.Contains(e.Message, secret) {
					t.Errorf("the client reads %q", e.Message)
				}
			}
		})
	}
}

// TestOddButGood is R25: what HTTP allows works.
func TestOddButGood(t *testing.T) {
	for name, answer := range map[string]string{
		"HTTP/1.0 to the close": "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + reply,
		"early hints first":     strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 16) + "HTTP/1.1 200 OK\r\nContent-Length: " + fmt.Sprint(len(reply)) + "\r\n\r\n" + reply,
		"trailers":              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Cost\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\nX-Cost: 1\r\n\r\n", len(reply), reply),
		"surplus bytes":         "HTTP/1.1 200 OK\r\nContent-Length: " + fmt.Sprint(len(reply)) + "\r\n\r\n" + reply + "HTTP/1.1 200 OK\r\n\r\n",
	} {
		target := acme()
		target.CustomHost = "http://" + raw(t, answer)
		got, err := realClient(t).Do(t.Context(), chat(t, unary), target, secret.New("k"))
		if err != nil {
			t.Errorf("%s: %v (%v)", name, err, errors.Unwrap(err))
		} else if string(got.Body) != reply || got.Header.Get("Link")+got.Header.Get("X-Cost")+got.Header.Get("Trailer") != "" {
			t.Errorf("%s: %s %v", name, got.Body, got.Header)
		}
	}
}

// TestRepeatedOnce is R14: a request that never left is repeated, no other is.
func TestRepeatedOnce(t *testing.T) {
	refused := &egress.DialError{Stage: egress.Connect, Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		name  string
		fails []error
		calls int
		class llm.Class // of the failure, empty: it answered
	}{
		{"connected the second time", []error{refused}, 2, ""},
		{"never connected", []error{refused, refused, refused}, 2, llm.ClassConnect},
		{"cut", []error{io.ErrUnexpectedEOF, io.ErrUnexpectedEOF}, 1, llm.ClassReset},
		{"forbidden", []error{egress.ErrForbidden, egress.ErrForbidden}, 1, "forbidden"},
	} {
		calls := 0
		_, err := ask(t, func(r *http.Request) (*http.Response, error) {
			if body, _ := io.ReadAll(r.Body); string(body) != unary {
				t.Errorf("%s: call %d sent %q", c.name, calls+1, body)
			}
			if calls++; calls <= len(c.fails) {
				return nil, c.fails[calls-1]
			}
			return answering(200, strings.NewReader(reply))(r)
		}, unary)
		if calls != c.calls || (err == nil) != (c.class == "") {
			t.Errorf("%s: %d calls, %v", c.name, calls, err)
		}
		if err != nil && c.class != "forbidden" && failed(t, err).Class != c.class {
			t.Errorf("%s: class %s, want %s", c.name, failed(t, err).Class, c.class)
		}
	}
}
