package dialect_test

import (
	"testing"

	"sluice/internal/dialect"
)

// TestReadRequest takes what a client may put around its object.
func TestReadRequest(t *testing.T) {
	for text, want := range map[string]string{`{"a":"b"}`: "b", " \r\n\t{ \"a\" : \"b\" } \n": "b", `{}`: "", `{"\u0061":"b"}`: "b"} {
		r := dialect.ReadRequest([]byte(text))
		if got := r.Text("a"); got != want || r.Err() != nil {
			t.Errorf("%q: %q, %v", text, got, r.Err())
		}
	}
	for _, text := range []string{"", " ", "[]", `"x"`, `{"a"`, `{"a":}`, `{a:1}`} {
		if r := dialect.ReadRequest([]byte(text)); r.Err() == nil {
			t.Errorf("%q was read", text)
		}
	}
}
