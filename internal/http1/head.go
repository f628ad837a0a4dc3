package http1

import (
	"net/http"
	"strconv"
	"strings"
)

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

// head reads one, into a header that may be nil.
func (c *conn) head(header http.Header) (head, error) {
	text, err := readHead(c.r, c.t.HeadBytes, "HTTP/")
	if err != nil {
		return head{}, err
	}
	line, rest := cutLine(text)
	h := head{length: -1}
	if err := h.statusLine(line); err != nil {
		return head{}, err
	}
	if h.header, err = fields(header, rest, c.t.HeadCount); err != nil {
		return head{}, err
	}
	err = h.framing()
	return h, err
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

// framing decides where the body ends (RFC 9112, 6.3). Two ways at once, or one
// said twice, could be read in two ways.
func (h *head) framing() error {
	h.keep = keeps(h.header, h.minor)
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
