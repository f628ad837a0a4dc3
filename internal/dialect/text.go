package dialect

import (
	"html"
	"strings"
	"unicode"
)

// The lengths of reliability rules E2 and E3, in characters.
const (
	maxMessage = 500
	maxPlain   = 300
)

// Message makes a text fit to be read as an error message (reliability rules,
// E2): one line, no control characters, at most 500 characters.
func Message(s string) string { return tidy(s, maxMessage) }

// PlainText is what a person can read of an error page (reliability rules,
// E3): its text without tags, scripts and control characters, at most 300
// characters.
func PlainText(body []byte) string {
	// Only the beginning can matter: a page is mostly markup, seldom 64 times.
	s := string(body[:min(len(body), 64*maxPlain)])
	s = strings.ToValidUTF8(s, "")
	if strings.Contains(s, "<") {
		s = html.UnescapeString(stripTags(s))
	}
	return tidy(s, maxPlain)
}

func stripTags(s string) string {
	for _, element := range []string{"script", "style"} {
		s = stripElement(s, element)
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteByte(' ')
		if _, s, found = strings.Cut(rest, ">"); !found {
			return out.String()
		}
	}
}

// stripElement takes out an element with all it holds.
func stripElement(s, element string) string {
	for {
		low := strings.ToLower(s)
		if len(low) != len(s) { // a case pair of different lengths: positions would not agree
			return s
		}
		start := strings.Index(low, "<"+element)
		if start < 0 {
			return s
		}
		stop := strings.Index(low[start:], "</"+element)
		if stop < 0 {
			return s[:start]
		}
		s = s[:start] + s[start+stop:]
		if end := strings.IndexByte(s[start:], '>'); end >= 0 {
			s = s[:start] + " " + s[start+end+1:]
		} else {
			return s[:start]
		}
	}
}

// tidy joins words with single spaces and cuts after limit characters.
func tidy(s string, limit int) string {
	var out strings.Builder
	n, gap := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			gap = n > 0
			continue
		}
		if n++; gap {
			n++
		}
		if n > limit {
			break
		}
		if gap {
			out.WriteByte(' ')
			gap = false
		}
		out.WriteRune(r)
	}
	return out.String()
}

// Offset is how many bytes the first characters of a text take.
func Offset(text string, characters int64) int {
	for at := range text {
		if characters--; characters < 0 {
			return at
		}
	}
	return len(text)
}
