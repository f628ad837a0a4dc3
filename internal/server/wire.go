package server

import (
	"bytes"
	"errors"
	"net"
)

// Listener wraps a listener so that what the HTTP library would read
// leniently is refused before it reads it: two framings of one body, folded
// lines, bare CR or LF, and the like (S41). Such leniency lets one connection
// carry a request that somebody in front of us did not see.
func Listener(l net.Listener) net.Listener { return strictListener{l} }

type strictListener struct{ net.Listener }

func (l strictListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &strictConn{Conn: c}, nil
}

// errMalformed makes net/http answer 400 and close: it is none of the errors
// it knows from connections.
var errMalformed = errors.New("malformed request")

// Bounds of the framing.
const (
	maxHead      = 128 << 10 // above net/http's own limit, which answers 431
	maxChunkLine = 16        // hex digits
	maxChunkExt  = 4 << 10   // of all chunks of a body together
	keptLine     = 1 << 10   // memory for the next head
)

// phase is where in a request the next byte stands.
type phase uint8

const (
	inHead phase = iota
	inBody
	inChunkSize
	inChunkEnd
	inTrailer
	blind // the head is too large: net/http refuses it
)

// strictConn follows the framing of the requests that are read from it.
type strictConn struct {
	net.Conn
	phase  phase
	line   []byte // of the head, or of the chunk or trailer line, so far
	left   int64  // of the body or the chunk
	exts   int    // bytes of chunk extensions so far
	failed bool
}

// Read hands on only bytes that were checked. A head with a fault never gets
// its end, so no request is made of it.
func (c *strictConn) Read(p []byte) (int, error) {
	if c.failed {
		return 0, errMalformed
	}
	n, err := c.Conn.Read(p)
	if !c.follow(p[:n]) {
		c.failed = true
		return 0, errMalformed
	}
	return n, err
}

// follow advances over b; false means a fault.
func (c *strictConn) follow(b []byte) bool {
	for len(b) > 0 {
		ok, n := true, 0
		switch c.phase {
		case inHead:
			n, ok = c.head(b)
		case inBody:
			n = int(min(int64(len(b)), c.left))
			if c.left -= int64(n); c.left == 0 {
				c.phase = inHead
			}
		case inChunkSize, inChunkEnd, inTrailer:
			n, ok = c.chunk(b)
		case blind:
			return true
		}
		if !ok {
			return false
		}
		b = b[n:]
	}
	return true
}

// head collects a head up to its empty line and judges it whole.
func (c *strictConn) head(b []byte) (int, bool) {
	before := len(c.line)
	c.line = append(c.line, b...)
	end := bytes.Index(c.line[max(before-3, 0):], []byte("\r\n\r\n"))
	if end < 0 {
		if len(c.line) > maxHead {
			c.phase, c.line = blind, nil
		}
		// A head of bare line feeds has no such end: net/http would take it.
		return len(b), !bytes.Contains(c.line[max(before-1, 0):], []byte("\n\n")) && !bareFeed(c.line)
	}
	end += max(before-3, 0) + 4
	f, ok := judge(c.line[:end-2])
	if c.line = c.line[:0]; cap(c.line) > keptLine { // an idle connection keeps little (R30)
		c.line = nil
	}
	switch {
	case f.chunked:
		c.phase, c.exts = inChunkSize, 0
	case f.bytes > 0:
		c.phase, c.left = inBody, f.bytes
	}
	return end - before, ok
}

// bareFeed looks for a line feed without its carriage return.
func bareFeed(b []byte) bool {
	for i := bytes.IndexByte(b, '\n'); i >= 0; {
		if i == 0 || b[i-1] != '\r' {
			return true
		}
		next := bytes.IndexByte(b[i+1:], '\n')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// length is how long a request's body is.
type length struct {
	bytes   int64
	chunked bool
}

// judge checks a whole head, which ends with the CRLF of its last line.
func judge(head []byte) (f length, ok bool) {
	line, rest, _ := bytes.Cut(head, crlf)
	if !plain(line) || !bytes.HasSuffix(line, []byte(" HTTP/1.1")) && !bytes.HasSuffix(line, []byte(" HTTP/1.0")) {
		return f, false
	}
	hosts, lengths, codings := 0, 0, 0
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, crlf)
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found || !isToken(name) || !plain(value) {
			return f, false
		}
		value = bytes.Trim(value, " \t")
		switch {
		case bytes.EqualFold(name, []byte("host")):
			hosts++
			ok = validHost(value)
		case bytes.EqualFold(name, []byte("content-length")):
			lengths++
			f.bytes, ok = number(value, 10, 18)
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			codings++
			f.chunked, ok = true, bytes.EqualFold(value, []byte("chunked"))
		default:
			ok = true
		}
		if !ok {
			return f, false
		}
	}
	return f, hosts == 1 && lengths+codings <= 1
}

var crlf = []byte("\r\n")

// plain reports a line without the bytes that could be read as line ends.
func plain(b []byte) bool {
	return bytes.IndexByte(b, '\r') < 0 && bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, 0) < 0
}

// isToken reports a header name (RFC 9110, 5.6.2): a folded line has none, nor
// has one with a space before the colon.
func isToken(b []byte) bool {
	for _, c := range b {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

func validHost(b []byte) bool {
	for _, c := range b {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && bytes.IndexByte([]byte("-._:[]%"), c) < 0 {
			return false
		}
	}
	return true // an empty one is judged with the names that are allowed
}

// number reads digits and nothing else.
func number(b []byte, base, most int) (n int64, ok bool) {
	if len(b) == 0 || len(b) > most {
		return 0, false
	}
	for _, c := range b {
		d := int64(99)
		switch {
		case c >= '0' && c <= '9':
			d = int64(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = int64(c|0x20-'a') + 10
		}
		if d >= int64(base) || n > (1<<62)/int64(base) {
			return 0, false
		}
		n = n*int64(base) + d
	}
	return n, true
}

// chunk follows a chunked body: size lines, data, trailers.
func (c *strictConn) chunk(b []byte) (int, bool) {
	if c.phase == inChunkEnd && c.left > 0 {
		n := int(min(int64(len(b)), c.left))
		c.left -= int64(n)
		return n, true
	}
	at := bytes.IndexByte(b, '\n')
	n := at + 1
	if at < 0 {
		n = len(b)
	}
	c.line = append(c.line, b[:n]...)
	if at < 0 {
		return n, len(c.line) <= maxChunkExt+maxChunkLine
	}
	line, ok := bytes.CutSuffix(c.line, crlf)
	ok = ok && plain(line)
	c.line = c.line[:0]
	switch c.phase {
	case inChunkSize:
		return n, ok && c.chunkSize(line)
	case inChunkEnd: // the line end behind the data
		c.phase = inChunkSize
		return n, ok && len(line) == 0
	}
	if len(line) == 0 { // the end of the trailers, and of the request
		c.phase = inHead
	}
	return n, ok
}

func (c *strictConn) chunkSize(line []byte) bool {
	digits, ext, _ := bytes.Cut(line, []byte(";"))
	if c.exts += len(ext); c.exts > maxChunkExt {
		return false
	}
	size, ok := number(bytes.TrimRight(digits, " \t"), 16, maxChunkLine)
	c.left, c.phase = size, inChunkEnd
	if size == 0 {
		c.phase = inTrailer
	}
	return ok
}
