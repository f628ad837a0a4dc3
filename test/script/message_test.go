package script_test

import (
	"bytes"
	"fmt"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sluice/internal/framing"
)

// message is a request or an answer as a file writes it: a first line, marks
// that begin with an exclamation mark, headers, an empty line, a body.
type message struct {
	line   string
	marks  map[string]string
	header []field
	pieces [][]byte // of the body
}

type field struct{ name, value string }

func parseMessage(text []byte, known []string) (message, error) {
	m := message{marks: map[string]string{}}
	head, body, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(head, "\n"), "\n") {
		if err := m.headLine(line, known); err != nil {
			return m, err
		}
	}
	if m.line == "" {
		return m, fmt.Errorf("no first line")
	}
	streamed := m.has("chunked") || isStream(m.get("content-type"))
	m.pieces = split(body, m.has("escaped"), streamed)
	return m, nil
}

func isStream(contentType string) bool {
	return strings.HasPrefix(contentType, "text/event-stream") || contentType == framing.Amazon.MediaType
}

func (m *message) headLine(line string, known []string) error {
	mark, marked := strings.CutPrefix(line, "! ")
	switch {
	case marked:
		name, value, _ := strings.Cut(mark, " ")
		for _, k := range known {
			if k == name {
				m.marks[name] = value
				return nil
			}
		}
		return fmt.Errorf("unknown mark %q", mark)
	case m.line == "":
		m.line = line
	case strings.HasPrefix(line, " ") && len(m.header) > 0: // a long value, written over several lines
		m.header[len(m.header)-1].value += strings.TrimLeft(line, " ")
	default:
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("%q is not a header", line)
		}
		m.header = append(m.header, field{name, strings.TrimSpace(value)})
	}
	return nil
}

// split cuts a body into the pieces it is sent in, at lines of three hyphens.
// An escaped body has only the line ends it writes as \n and \r; a streamed one
// is taken as it stands; any other loses the line end that files end with.
func split(body string, escaped, streamed bool) (pieces [][]byte) {
	if body == "" {
		return nil
	}
	if !escaped && !streamed {
		return [][]byte{[]byte(strings.TrimSuffix(body, "\n"))}
	}
	var piece []byte
	for line := range strings.Lines(body) {
		switch {
		case line == "---\n":
			pieces = append(pieces, piece)
			piece = nil
		case escaped:
			piece = append(piece, unescape(strings.TrimSuffix(line, "\n"))...)
		default:
			piece = append(piece, line...)
		}
	}
	return append(pieces, piece)
}

var escape = regexp.MustCompile(`\\(n|r|t|\\|x[0-9a-f]{2})`)

func unescape(s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		switch e[1] {
		case 'n':
			return "\n"
		case 'r':
			return "\r"
		case 't':
			return "\t"
		case 'x':
			n, _ := strconv.ParseUint(e[2:], 16, 8) // the pattern left only digits
			return string([]byte{byte(n)})
		}
		return `\`
	})
}

func (m *message) has(mark string) bool { _, ok := m.marks[mark]; return ok }

// wait is the time a mark names; the zero time without the mark.
func (m *message) wait(mark string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(m.marks[mark]); err == nil {
		return d
	}
	return otherwise
}

// number is the number a mark names, 0 without it.
func (m *message) number(mark string) int {
	n, _ := strconv.Atoi(m.marks[mark])
	return n
}

// get finds a header; without it the text is empty.
func (m *message) get(name string) string {
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (m *message) sets(name string) bool {
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

func (m *message) body() []byte { return bytes.Join(m.pieces, nil) }

// appendHeader writes the headers that have a value: an empty one takes a
// default away.
func (m *message) appendHeader(dst []byte, defaults ...field) []byte {
	for _, f := range defaults {
		if !m.sets(f.name) {
			dst = fmt.Appendf(dst, "%s: %s\r\n", f.name, f.value)
		}
	}
	for _, f := range m.header {
		if f.value != "" {
			dst = fmt.Appendf(dst, "%s: %s\r\n", f.name, f.value)
		}
	}
	return append(dst, "\r\n"...)
}

func appendChunk(dst, piece []byte) []byte {
	if len(piece) == 0 {
		return dst // an empty chunk would end the body
	}
	return append(append(fmt.Appendf(dst, "%x\r\n", len(piece)), piece...), "\r\n"...)
}

func canonical(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }
