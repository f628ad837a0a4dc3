package http1_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sluice/internal/http1"
)

// TestHeadsThatRepeat: on one connection each request has the headers it came with,
// however like the one before it is, and keeps those it was seen with.
func TestHeadsThatRepeat(t *testing.T) {
	got, kept := make(chan string, 1), make(chan []string, 100)
	addr := serving(t, &http1.Server{}, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- fmt.Sprintf("%s %s%s %q %v", r.Method, r.Host, r.RequestURI, body, r.Header)
		kept <- r.Header["X-A"]
	})
	c := dial(t, addr)
	answers := bufio.NewReader(c)
	head := func(lines ...string) string { return strings.Join(append(lines, "\r\n"), "\r\n") }
	for i, one := range []struct{ text, want string }{
		{head("POST /a HTTP/1.1", "Host: h", "X-A: 1", "Content-Length: 2") + "{}", `POST h/a "{}" map[Content-Length:[2] X-A:[1]]`},
		{head("POST /a HTTP/1.1", "Host: h", "X-A: 1", "Content-Length: 2") + "[]", `POST h/a "[]" map[Content-Length:[2] X-A:[1]]`},
		{head("POST /a HTTP/1.1", "Host: h", "X-A: two", "Content-Length: 10") + "0123456789", `POST h/a "0123456789" map[Content-Length:[10] X-A:[two]]`},
		{head("POST /a HTTP/1.1", "Host: h", "X-A:", "Content-Length: 1") + "1", `POST h/a "1" map[Content-Length:[1] X-A:[]]`},
		{head("POST /a HTTP/1.1", "Host: h", "X-A: 3", "X-B: 4", "Content-Length: 1") + "1", `POST h/a "1" map[Content-Length:[1] X-A:[3] X-B:[4]]`},
		{head("POST /a HTTP/1.1", "Host: h", "X-A: 3", "Content-Length: 1") + "1", `POST h/a "1" map[Content-Length:[1] X-A:[3]]`},
		{head("POST /a HTTP/1.1", "Host: h", "X-B: 3", "Content-Length: 1") + "1", `POST h/a "1" map[Content-Length:[1] X-B:[3]]`},
		{head("POST /b HTTP/1.1", "Host: h", "X-B: 3", "Content-Length: 1") + "1", `POST h/b "1" map[Content-Length:[1] X-B:[3]]`},
		{head("POST /b HTTP/1.1", "Host: i", "X-B: 3", "Content-Length: 1") + "1", `POST i/b "1" map[Content-Length:[1] X-B:[3]]`},
		{head("POST /b HTTP/1.1", "Host: i", "X-B: 3", "X-B: 4", "Content-Length: 1") + "1", `POST i/b "1" map[Content-Length:[1] X-B:[3 4]]`},
		{head("POST /b HTTP/1.1", "Host: i", "X-B: 3", "X-B: 5", "Content-Length: 1") + "1", `POST i/b "1" map[Content-Length:[1] X-B:[3 5]]`},
		{head("POST /b HTTP/1.1", "Host: i", "Transfer-Encoding: chunked") + "2\r\n{}\r\n0\r\n\r\n", `POST i/b "{}" map[]`},
		{head("POST /b HTTP/1.1", "Host: i", "Transfer-Encoding: chunked") + "1\r\n1\r\n0\r\n\r\n", `POST i/b "1" map[]`},
		{head("GET /b HTTP/1.1", "Host: i"), `GET i/b "" map[]`},
		{head("GET http://j/b HTTP/1.1", "Host: i"), `GET jhttp://j/b "" map[]`},
		{head("GET http://j/b HTTP/1.1", "Host: i"), `GET jhttp://j/b "" map[]`},
		{head("GET /b HTTP/1.1", "Host: i", "X-A: "+strings.Repeat("a", 8<<10)), `GET i/b "" map[X-A:[` + strings.Repeat("a", 8<<10) + `]]`},
		{head("GET /b HTTP/1.1", "Host: i", "X-A: 1"), `GET i/b "" map[X-A:[1]]`},
		{head("GET /b HTTP/1.1", "Host: i", "Connection: close"), `GET i/b "" map[Connection:[close]]`},
	} {
		if _, err := io.WriteString(c, one.text); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		_ = resp.Body.Close()
		if got := <-got; got != one.want {
			t.Errorf("%d: %.300s, want %.300s", i, got, one.want)
		}
	}
	for _, want := range []string{"1", "1", "two", ""} {
		if values := <-kept; !slices.Equal(values, []string{want}) {
			t.Errorf("headers that were seen have become %q, want %q", values, want)
		}
	}
}

// TestFaultsBehindAGoodHead: a head that is nearly the last one is read as strictly.
func TestFaultsBehindAGoodHead(t *testing.T) {
	addr := serving(t, &http1.Server{}, func(http.ResponseWriter, *http.Request) {})
	const good = "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n"
	for _, bad := range []string{
		"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX-A: 2\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX-A: \x01\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nX-A: a\rb\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX-A : 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h/\r\nX-A: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\nX-A: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
	} {
		if answer := talk(t, addr, good+good+bad+good); strings.Count(answer, "HTTP/1.1 200") != 2 || strings.Count(answer, "HTTP/1.1 400") != 1 {
			t.Errorf("%q: %q", bad, answer)
		}
	}
}
