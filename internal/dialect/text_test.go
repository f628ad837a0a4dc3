package dialect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

func TestPlainText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", "not json", "not json"},
		{"tags", "<h1>Bad</h1>\n<p>gate&amp;way", "Bad gate&way"},
		{"scripts and styles", `a<script>var x="<b>"</script><STYLE type="x">b{}</STYLE>c`, "a c"},
		{"a script without end", "a<script>x", "a"},
		{"a tag without end", "a<b", "a"},
		{"control characters", "a\x00b\r\n\tc\x7fd", "a b c d"},
		{"not UTF-8", "a\xffb", "ab"},
		{"long", strings.Repeat("é ", 400), strings.TrimSpace(strings.Repeat("é ", 150))},
		{"nothing", " <br> ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, dialect.PlainText([]byte(c.in))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStatusOf(t *testing.T) {
	for _, c := range []struct {
		typ, code string
		want      int
	}{
		{"rate_limit_error", "", 429},
		{"", "rate-limit exceeded", 429},
		{"RESOURCE_EXHAUSTED", "", 429},
		{"overloaded_error", "", 503},
		{"authentication_error", "", 401},
		{"", "invalid_api_key", 401},
		{"not_found_error", "", 404},
		{"invalid_request_error", "context_length_exceeded", 400},
		{"server_error", "", 500},
		{"", "", 502},
		{"something", "else", 502},
	} {
		if got := dialect.StatusOf(c.typ, c.code); got != c.want {
			t.Errorf("%q %q: %d, want %d", c.typ, c.code, got, c.want)
		}
	}
}

func TestDataURL(t *testing.T) {
	for _, c := range []struct {
		in, mediaType, data string
		ok                  bool
	}{
		{"data:image/png;base64,AA==", "image/png", "AA==", true},
		{"data:text/plain;charset=utf-8;base64,AA==", "text/plain", "AA==", true},
		{"data:text/plain,hello", "", "", false},
		{"https://example.com/a,b", "", "", false},
		{"data:image/png;base64", "", "", false},
	} {
		mediaType, data, ok := dialect.DataURL(c.in)
		if mediaType != c.mediaType || data != c.data || ok != c.ok {
			t.Errorf("%s: %q %q %v", c.in, mediaType, data, ok)
		}
	}
}

func TestOneLine(t *testing.T) {
	got := dialect.OneLine(jsonx.Value("{\r\n \"a\": \"\\n\"\n}"))
	if want := `{   "a": "\n" }`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}
