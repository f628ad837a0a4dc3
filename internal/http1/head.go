package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// ErrMalformed is an answer that is not HTTP/1 as RFC 9112 has it. Nothing is
// guessed: whoever sits in between could read it in another way.
var ErrMalformed = errors.New("malformed HTTP answer")

func malformed(why string) error { return fmt.Errorf("%w: %s", ErrMalformed, why) }

// appendHead writes the head of a request. Names and values were checked by
// whoever made it.
func appendHead(b []byte, req *http.Request) []byte {
	b = append(append(b, req.Method...), ' ')
	b = append(append(b, req.URL.RequestURI()...), " HTTP/1.1\r\nHost: "...)
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	b = append(append(b, host...), "\r\n"...)
	for name, values := range req.Header {
		for _, v := range values {
			b = append(append(append(append(b, name...), ": "...), v...), "\r\n"...)
		}
	}
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		if req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch {
			b = append(b, "Content-Length: 0\r\n"...)
		}
	case req.ContentLength >= 0:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), req.ContentLength, 10), "\r\n"...)
	default:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	return append(b, "\r\n"...)
}

// head is that of an answer.
type head struct {
	status  int
	minor   int // of the version
	reason  string
	header  http.Header
	length  int64 // -1: not said
	chunked bool
	keep    bool // the connection may be used again
}

// head reads one.
func (c *conn) head() (*head, error) {
	text, err := c.text()
	if err != nil {
		return nil, err
	}
	line, rest := cutLine(text)
	h := &head{length: -1}
	if err := h.statusLine(line); err != nil {
		return nil, err
	}
	if err := h.fields(rest, c.t.HeadCount); err != nil {
		return nil, err
	}
	return h, h.framing()
}

// cutLine takes the first line off, without its end. A line feed alone is
// taken for one too (RFC 9112, 2.2): there are servers by hand.
func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// text reads up to the empty line, which stays out, as one string.
func (c *conn) text() (string, error) {
	var long []byte // what did not fit the buffer
	for {
		if _, err := c.r.Peek(1); err != nil {
			if len(long) > 0 && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		seen, _ := c.r.Peek(c.r.Buffered())
		before := len(long)
		if before > 0 {
			long = append(long, seen...)
			seen = long
		}
		if head, whole := endOfHead(seen, max(before-2, 0)); whole > 0 {
			text := string(seen[:head])
			_, err := c.r.Discard(whole - before)
			return text, err
		}
		if before == 0 {
			long = append(long, seen...)
		}
		if _, err := c.r.Discard(len(long) - before); err != nil {
			return "", err
		}
		if len(long) > c.t.HeadBytes {
			return "", malformed("the head is too large")
		}
		if !bytes.HasPrefix(long, []byte("HTTP/")[:min(len(long), 5)]) {
			return "", malformed("no status line")
		}
	}
}

// endOfHead finds the empty line: how long the head is without it and with it,
// 0 if it has not come.
func endOfHead(b []byte, from int) (head, whole int) {
	for {
		at := bytes.IndexByte(b[from:], '\n')
		if at < 0 {
			return 0, 0
		}
		from += at + 1
		switch rest := b[from:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return from, from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from, from + 2
		}
	}
}

// statusLine reads "HTTP/1.1 200 OK".
func (h *head) statusLine(line string) error {
	rest, ok := strings.CutPrefix(line, "HTTP/1.")
	if !ok || len(rest) < 5 || rest[0] != '0' && rest[0] != '1' || rest[1] != ' ' || len(rest) > 5 && rest[5] != ' ' {
		return malformed("no status line")
	}
	h.minor = int(rest[0] - '0')
	h.reason = rest[2:]
	for _, c := range []byte(rest[2:5]) {
		if c < '0' || c > '9' {
			return malformed("no status")
		}
		h.status = 10*h.status + int(c-'0')
	}
	if h.status < 100 {
		return malformed("no status")
	}
	return nil
}

func (h *head) fields(text string, most int) error {
	n := strings.Count(text, "\n")
	if n > most {
		return malformed("too many headers")
	}
	h.header = make(http.Header, n)
	values := make([]string, n) // one piece of memory for all
	for text != "" {
		var line string
		line, text = cutLine(text)
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return malformed("a header without a name")
		}
		value = strings.Trim(value, " \t")
		if !isValue(value) {
			return malformed("a header with control characters")
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if have := h.header[key]; have != nil {
			h.header[key] = append(have, value)
			continue
		}
		values[0] = value
		h.header[key], values = values[:1:1], values[1:]
	}
	return nil
}

// tokens are the characters of names (RFC 9110, 5.6.2).
var tokens = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[c] = true
	}
	return t
}()

func isToken(s string) bool {
	for i := range len(s) {
		if !tokens[s[i]] {
			return false
		}
	}
	return s != ""
}

func isValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// framing decides where the body ends (RFC 9112, 6.3). Two ways at once, or one
// said twice, could be read in two ways.
func (h *head) framing() error {
	h.keep = h.minor == 1
	for _, v := range h.header["Connection"] {
		for word := range strings.SplitSeq(v, ",") {
			switch strings.ToLower(strings.TrimSpace(word)) {
			case "close":
				h.keep = false
			case "keep-alive":
				h.keep = true
			}
		}
	}
	coding, length := h.header["Transfer-Encoding"], h.header["Content-Length"]
	switch {
	case len(coding) > 0 && len(length) > 0:
		return malformed("Transfer-Encoding and Content-Length")
	case len(coding) > 1 || len(coding) == 1 && (!strings.EqualFold(coding[0], "chunked") || h.minor == 0):
		return malformed("a transfer coding other than chunked")
	case len(length) > 1:
		return malformed("several Content-Length")
	case len(coding) == 1:
		h.chunked = true
	case len(length) == 1:
		n, err := strconv.ParseUint(length[0], 10, 63)
		if err != nil {
			return malformed("Content-Length is no number")
		}
		h.length = int64(n)
	}
	return nil
}
