package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// word stands once in every chunk of a stream, and in every plain answer. A
	// client counts it.
	word       = "mockword"
	chunks     = 50
	slowChunks = 25
	idleChunks = 9
)

// mock is a provider that costs little: it parses HTTP and writes answers made
// beforehand.
type mock struct {
	addr      string
	asked     atomic.Int64
	failing   bool
	delay     time.Duration
	pieces    int // of a stream
	openai    answer
	anthropic answer
}

// answer is what a dialect says: the whole at once, or head, piece by piece, end.
type answer struct{ plain, head, piece, end []byte }

// newMock streams so many chunks, some of them per write.
func newMock(chunks, perWrite int, delay time.Duration) *mock {
	return &mock{delay: delay, pieces: chunks / perWrite, openai: openAIAnswer(perWrite), anthropic: anthropicAnswer(perWrite)}
}

const failure = `{"error":{"message":"mock failure","type":"server_error","param":null,"code":null}}`

func plain(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func chunk(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }

// streamed puts the words of a dialect into HTTP chunks.
func streamed(first, piece, last string, perWrite int) answer {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
	return answer{head: []byte(head + chunk(first)), piece: bytes.Repeat([]byte(chunk(piece)), perWrite), end: []byte(chunk(last) + "0\r\n\r\n")}
}

var prose = strings.Repeat("Words that say little but fill a kilobyte. ", 14) + word

// openAIAnswer follows the OpenAI API: chat completion object, chat completion
// chunk object.
func openAIAnswer(perWrite int) answer {
	const event = `data: {"id":"chatcmpl-bench0000000000000000000001","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini","system_fingerprint":"fp_bench00001","choices":[{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}]}` + "\n\n"
	a := streamed(fmt.Sprintf(event, `{"role":"assistant","content":""}`, "null"), fmt.Sprintf(event, `{"content":"`+word+` "}`, "null"), fmt.Sprintf(event, "{}", `"stop"`)+"data: [DONE]\n\n", perWrite)
	a.plain = plain("200 OK", `{"id":"chatcmpl-bench0000000000000000000001","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"`+prose+`","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":60,"completion_tokens":120,"total_tokens":180,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}},"service_tier":"default","system_fingerprint":"fp_bench00001"}`)
	return a
}

// anthropicAnswer follows the Claude API: messages, streaming messages.
func anthropicAnswer(perWrite int) answer {
	const message = `{"id":"msg_bench0000000000000000001","type":"message","role":"assistant","model":"claude-3-5-haiku-20241022","content":%s,"stop_reason":%s,"stop_sequence":null,"usage":{"input_tokens":60,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":%d}}`
	event := func(name, rest string) string {
		return "event: " + name + "\ndata: {\"type\":\"" + name + "\"," + rest + "}\n\n"
	}
	a := streamed(
		event("message_start", `"message":`+fmt.Sprintf(message, "[]", "null", 1))+event("content_block_start", `"index":0,"content_block":{"type":"text","text":""}`),
		event("content_block_delta", `"index":0,"delta":{"type":"text_delta","text":"`+word+` "}`),
		event("content_block_stop", `"index":0`)+event("message_delta", `"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":120}`)+"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", perWrite)
	a.plain = plain("200 OK", fmt.Sprintf(message, `[{"type":"text","text":"`+prose+`"}]`, `"end_turn"`, 120))
	return a
}

// listen serves until the context ends.
func (m *mock) listen(ctx context.Context, port int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	m.addr = l.Addr().String()
	context.AfterFunc(ctx, func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(conn)
		}
	}()
	return nil
}

func (m *mock) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	var body bytes.Buffer
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body.Reset()
		if _, err := io.Copy(&body, req.Body); err != nil {
			return
		}
		m.asked.Add(1)
		said := &m.openai
		if strings.HasSuffix(req.URL.Path, "/messages") {
			said = &m.anthropic
		}
		if m.reply(conn, said, bytes.Contains(body.Bytes(), []byte(`"stream":true`))) != nil || req.Close {
			return
		}
	}
}

func (m *mock) reply(to io.Writer, said *answer, stream bool) error {
	switch {
	case m.failing:
		return write(to, plain("500 Internal Server Error", failure))
	case !stream:
		return write(to, said.plain)
	}
	if err := write(to, said.head); err != nil {
		return err
	}
	for range m.pieces {
		if m.delay > 0 {
			time.Sleep(m.delay)
		}
		if err := write(to, said.piece); err != nil {
			return err
		}
	}
	return write(to, said.end)
}

func write(to io.Writer, b []byte) error {
	_, err := to.Write(b)
	return err
}
