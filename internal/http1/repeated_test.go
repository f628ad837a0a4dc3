package http1

import (
	"bufio"
	"strings"
	"testing"
)

// TestRepeated: a head that comes again is known, also with another length; what
// differs in more than that is not, nor one that is not there as a whole.
func TestRepeated(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n"
	for text, want := range map[string]bool{
		head: true,
		strings.Replace(head, "Length: 2", "Length: 33", 1): true,
		strings.Replace(head, "X-A: 1", "X-A:\tb ", 1):      true,
		strings.Replace(head, "Host: h", "Host: i", 1):      false,
		strings.Replace(head, "POST /", "POST /a", 1):       false,
		strings.Replace(head, "X-A", "X-B", 1):              false,
		strings.Replace(head, "X-A: 1\r\n", "", 1):          false,
		strings.Replace(head, "X-A: 1", "X-A: \x01", 1):     false,
		head[:len(head)-2] + "X-B: 1\r\n\r\n":               false,
		head[:len(head)-1]:                                  false,
		head[:20]:                                           false,
	} {
		var k known
		if err := k.read(head, len(head)); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(strings.NewReader(text))
		_, _ = r.Peek(1)
		before := r.Buffered()
		if got := k.repeated(r); got != want {
			t.Errorf("%q: %v", text, got)
		} else if taken := before - r.Buffered(); got && taken != len(text) || !got && taken != 0 {
			t.Errorf("%q: %d bytes were taken", text, taken)
		}
	}
}
