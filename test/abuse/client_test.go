package abuse_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// request writes a POST that goes to the mock.
func request(path, mock, config, body string) string {
	if config == "" {
		config = `{"provider":"openai","api_key":"k","custom_host":"http://` + mock + `/v1"}`
	}
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nx-portkey-config: %s\r\nContent-Length: %d\r\n\r\n%s", path, config, len(body), body)
}

func chat(words string, stream bool) string {
	return fmt.Sprintf(`{"model":"m","max_tokens":99,"stream":%v,"messages":[{"role":"user","content":"%s"}]}`, stream, words)
}

// send makes one request on a connection of its own.
func send(addr, text string) (status int, body string, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, text); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func good(addr, mock string, stream bool) error {
	status, body, err := send(addr, request("/v1/chat/completions", mock, "", chat("hello", stream)))
	if err != nil || status != http.StatusOK || stream != strings.HasSuffix(body, "data: [DONE]\n\n") || !strings.Contains(body, "hello") {
		return fmt.Errorf("%d %w %.300s", status, err, body)
	}
	return nil
}

// abort is a way to begin a request that is never ended: what is written, and
// whether the client waits for the first bytes of the answer.
type abort struct {
	name string
	text func(mock string) string
	read bool
}

func half(s string) string { return s[:len(s)/2] }

// aborts are the phases in which a client can leave.
var aborts = []abort{
	{name: "without a word", text: func(string) string { return "" }},
	{name: "in the head", text: func(mock string) string { return "POST /v1/chat/completions HTTP/1.1\r\nHost: localh" }},
	{name: "in the body", text: func(mock string) string {
		return strings.TrimSuffix(request("/v1/chat/completions", mock, "", chat("hello", true)), `"}]}`)
	}},
	{name: "in a chunk", text: func(mock string) string {
		return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nx-portkey-provider: openai\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"model\""
	}},
	{name: "in an upload", text: func(mock string) string {
		return "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nx-portkey-provider: openai\r\nauthorization: Bearer k\r\nx-portkey-custom-host: http://" + mock +
			"/v1\r\nContent-Length: 100000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" + strings.Repeat("a", 5000)
	}},
	{name: "before the answer", text: func(mock string) string {
		return request("/v1/chat/completions", mock, "", chat("hang", false))
	}},
	{name: "before the stream", text: func(mock string) string {
		return request("/v1/chat/completions", mock, "", chat("hang", true))
	}},
	{name: "before an answer that comes", text: func(mock string) string {
		return request("/v1/chat/completions", mock, "", chat("slow 20ms", false))
	}},
	{name: "in the answer's stream", read: true, text: func(mock string) string {
		return request("/v1/chat/completions", mock, "", chat("long 200 drip 5ms", true))
	}},
	{name: "in a silent stream", read: true, text: func(mock string) string {
		return request("/v1/chat/completions", mock, "", chat("stall", true))
	}},
	{name: "in a translated stream", read: true, text: func(mock string) string {
		return request("/v1/messages", mock, "", chat("long 200 drip 5ms", true))
	}},
	{name: "between two attempts", text: func(mock string) string {
		return request("/v1/chat/completions", mock, `{"retry":{"attempts":5},"provider":"openai","api_key":"k","custom_host":"http://`+mock+`/v1"}`, chat("error 500", false))
	}},
	{name: "with a second request behind", text: func(mock string) string {
		one := request("/v1/chat/completions", mock, "", chat("slow 20ms", false))
		return one + half(one)
	}},
}

// run begins the request and leaves after a while, with a FIN or a reset.
func (a *abort) run(addr, mock string, dice *rand.Rand) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, a.text(mock)); err != nil {
		return err
	}
	if a.read {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			return err
		}
	}
	time.Sleep(time.Duration(dice.IntN(25)) * time.Millisecond) // so that every moment is hit
	if dice.IntN(2) == 0 {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	return nil
}
