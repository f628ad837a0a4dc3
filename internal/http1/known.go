package http1

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// known is the head of the last request on a connection. Clients send the same one
// again, but for the length of the body and a few numbers: lines that have not
// changed are not read again.
type known struct {
	req   http.Request // all that the head alone says
	url   url.URL      // of req
	lines []line       // as they came; none: nothing is known of the next head
}

// line is one of a head.
type line struct {
	text string // with its end
	key  string // in the header; empty: another text cannot be put in its place
}

// usualFields are more than clients send, mostly.
const usualFields = 32

// forget makes room for another head.
func (k *known) forget() {
	header := k.req.Header
	if len(header) > usualFields { // so much room is not needed again
		header = nil
	}
	clear(header)
	clear(k.lines)
	*k = known{req: http.Request{Header: header}, lines: k.lines[:0]}
}

// remember keeps the lines of a head that was read into the header, before anything
// is taken out of it again. One that is long is not worth it.
func (k *known) remember(text string) {
	if len(k.req.Header) > usualFields || len(text) > readBuffer {
		return
	}
	for whole := range strings.SplitAfterSeq(strings.TrimSuffix(text, crlf), "\n") {
		l := line{text: whole}
		if name, _, ok := strings.Cut(whole, ":"); ok && len(k.lines) > 0 {
			l.key = Canonical(name)
		}
		switch {
		case whole == "":
			continue
		case l.key == "Host", l.key == "Transfer-Encoding", len(k.req.Header[l.key]) != 1: // what happens to the head then depends on it
			l.key = ""
		}
		k.lines = append(k.lines, l)
	}
}

// repeated takes a head that is like the last one and there as a whole, and reports
// whether it did. Of one that is another it takes nothing.
func (k *known) repeated(r *bufio.Reader) bool {
	seen, _ := r.Peek(r.Buffered())
	at := 0
	for i := range k.lines {
		l := &k.lines[i]
		if text := seen[at:]; !hasPrefix(text, l.text) && !k.changed(l, text) {
			return false
		}
		at += len(l.text)
	}
	if at == 0 || !hasPrefix(seen[at:], crlf) {
		return false
	}
	_, err := r.Discard(at + len(crlf))
	return err == nil
}

// changed reads a line that has the name of the one before, and another value.
func (k *known) changed(l *line, text []byte) bool {
	end := bytes.IndexByte(text, '\n') + 1
	name := strings.IndexByte(l.text, ':') + 1
	if l.key == "" || end < name+len(crlf) || text[end-2] != '\r' || string(text[:name]) != l.text[:name] {
		return false
	}
	whole := string(text[:end]) // without the rest of the head
	value := strings.Trim(whole[name:end-2], " \t")
	if !IsValue(value) {
		return false
	}
	l.text, k.req.Header[l.key] = whole, []string{value} // somebody may still have the old one
	return true
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
