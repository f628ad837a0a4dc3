package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
)

// ErrMalformed is a message that is not HTTP/1 as RFC 9112 has it. Nothing is
// guessed: whoever sits in between could read it in another way.
var ErrMalformed = errors.New("malformed HTTP message")

func malformed(why string) error { return fmt.Errorf("%w: %s", ErrMalformed, why) }

// errLargeHead is a head over the limit.
var errLargeHead = malformed("the head is too large")

// readHead reads up to the empty line, with it, as one string of at most so many
// bytes. What does not begin as it must is not waited for.
func readHead(r *bufio.Reader, most int, begin string) (string, error) {
	var long []byte // what did not fit the buffer
	for {
		if _, err := r.Peek(1); err != nil {
			if len(long) > 0 {
				err = torn(err)
			}
			return "", err
		}
		seen, _ := r.Peek(r.Buffered())
		before := len(long)
		if before > 0 {
			long = append(long, seen...)
			seen = long
		}
		if end := endOfHead(seen, max(before-2, 0)); end > 0 {
			if end > most {
				return "", errLargeHead
			}
			text := string(seen[:end])
			_, err := r.Discard(end - before)
			return text, err
		}
		if before == 0 {
			long = append(long, seen...)
		}
		if _, err := r.Discard(len(long) - before); err != nil {
			return "", err
		}
		if len(long) > most {
			return "", errLargeHead
		}
		if n := min(len(long), len(begin)); string(long[:n]) != begin[:n] {
			return "", malformed("it does not begin with " + begin)
		}
	}
}

// endOfHead finds where the empty line ends, 0 if it has not come.
func endOfHead(b []byte, from int) int {
	for {
		at := bytes.IndexByte(b[from:], '\n')
		if at < 0 {
			return 0
		}
		from += at + 1
		switch rest := b[from:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}

// cutLine takes the first line off, without its end. A line feed alone is
// taken for one too (RFC 9112, 2.2): there are servers by hand.
func cutLine(text string) (line, rest string) {
	line, rest, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// fields reads the lines of a head up to the empty one, into a header that may be
// nil or is empty.
func fields(header http.Header, text string, most int) (http.Header, error) {
	n := strings.Count(text, "\n") - 1
	if n > most {
		return nil, malformed("too many headers")
	}
	if header == nil {
		header = make(http.Header, n)
	}
	values := make([]string, n) // one piece of memory for all
	for {
		var line string
		if line, text = cutLine(text); line == "" {
			return header, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return nil, malformed("a header without a name")
		}
		value = strings.Trim(value, " \t")
		if !IsValue(value) {
			return nil, malformed("a header with control characters")
		}
		key := Canonical(name)
		if have := header[key]; have != nil {
			header[key] = append(have, value)
			continue
		}
		values[0] = value
		header[key], values = values[:1:1], values[1:]
	}
}

// usual are names that are written in another way than http.Header keeps them,
// in lower case mostly: finding them here costs no memory.
var usual = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Anthropic-Beta", "Anthropic-Version", "Api-Key", "Authorization", "Cache-Control",
		"Connection", "Content-Length", "Content-Type", "Date", "Host", "Openai-Organization", "Openai-Processing-Ms", "Openai-Version",
		"Request-Id", "Server", "Transfer-Encoding", "User-Agent", "X-Api-Key", "X-Goog-Api-Key", "X-Portkey-Api-Key", "X-Portkey-Config",
		"X-Portkey-Custom-Host", "X-Portkey-Forward-Headers", "X-Portkey-Metadata", "X-Portkey-Provider", "X-Portkey-Request-Timeout",
		"X-Portkey-Strict-Open-Ai-Compliance", "X-Portkey-Trace-Id", "X-Request-Id", "X-Stainless-Arch", "X-Stainless-Async",
		"X-Stainless-Lang", "X-Stainless-Os", "X-Stainless-Package-Version", "X-Stainless-Read-Timeout", "X-Stainless-Retry-Count",
		"X-Stainless-Runtime", "X-Stainless-Runtime-Version", "X-Stainless-Timeout",
	} {
		m[name], m[strings.ToLower(name)] = name, name
	}
	return m
}()

// Canonical is the form of a name that http.Header keeps.
func Canonical(name string) string {
	if key, ok := usual[name]; ok {
		return key
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// keeps reports whether a connection can be used again, as far as one side says.
func keeps(h http.Header, minor int) bool {
	keep := minor == 1
	for _, v := range h["Connection"] {
		for word := range strings.SplitSeq(v, ",") {
			switch word = strings.TrimSpace(word); {
			case strings.EqualFold(word, "close"):
				return false
			case strings.EqualFold(word, "keep-alive"):
				keep = true
			}
		}
	}
	return keep
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

func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

// IsValue reports whether a header may have this value: no control characters.
func IsValue(s string) bool {
	for i := plain(s); i < len(s); i++ {
		if isControl(s[i]) {
			return false
		}
	}
	return true
}

// plain is how many bytes, in steps of eight, need no closer look: none of them is
// below a space or a DEL.
func plain(s string) (n int) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; n+8 <= len(s); n += 8 {
		w := uint64(s[n]) | uint64(s[n+1])<<8 | uint64(s[n+2])<<16 | uint64(s[n+3])<<24 |
			uint64(s[n+4])<<32 | uint64(s[n+5])<<40 | uint64(s[n+6])<<48 | uint64(s[n+7])<<56
		if del := w ^ 0x7f*ones; ((w-' '*ones)|(del-ones))&^w&highs != 0 {
			break
		}
	}
	return n
}

// First is http.Header.Get for names that are written as they stand in the map.
func First(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
