package script_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
)

// comparison is the end of a line: "NAME = value", "NAME ~ regexp", "NAME
// absent" or "NAME present".
func compare(rest string, get func(name string) (value string, there bool)) error {
	name, rest, _ := strings.Cut(rest, " ")
	op, wanted, _ := strings.Cut(rest, " ")
	value, there := get(name)
	ok := false
	switch op {
	case "absent":
		ok = !there
	case "present":
		ok = there
	case "=":
		ok = there && value == wanted
	case "~":
		re, err := regexp.Compile(wanted)
		if err != nil {
			return err
		}
		ok = there && re.MatchString(value)
	default:
		return fmt.Errorf("%q is no comparison", op)
	}
	if !ok && !there {
		return fmt.Errorf("nothing")
	}
	if !ok {
		return fmt.Errorf("%.500q", value)
	}
	return nil
}

func inHeader(h http.Header, rest string) error {
	return compare(rest, func(name string) (string, bool) {
		values, ok := h[canonical(name)]
		return strings.Join(values, " | "), ok
	})
}

// inJSON follows a dotted path. "=" compares JSON without its white space, "~"
// looks into the text of a string.
func inJSON(body []byte, rest string) error {
	if err := jsonx.Check(body); err != nil {
		return fmt.Errorf("no JSON (%w): %.300q", err, body)
	}
	text := strings.Contains(rest, " ~ ")
	return compare(rest, func(path string) (string, bool) {
		v := jsonx.At(bytes.TrimSpace(body), strings.Split(path, ".")...)
		if s, ok := jsonx.Text(v); ok && text {
			return s, true
		}
		compact := append(jsonx.Value(nil), v...)
		if len(v) > 0 && compact.Compact() != nil {
			return string(v), true
		}
		return string(compact), v != nil
	})
}

// inBytes checks a body or the log: "contains text", "lacks text", "= text",
// "exact FILE", "same as upstream N" or "same as request".
func inBytes(s *script, st step, body []byte, rest string) error {
	op, wanted, _ := strings.Cut(rest, " ")
	switch op {
	case "contains":
		if !bytes.Contains(body, []byte(wanted)) {
			return fmt.Errorf("%.500q", body)
		}
	case "lacks":
		if bytes.Contains(body, []byte(wanted)) {
			return fmt.Errorf("%.500q", body)
		}
	case "=":
		return differ(body, []byte(wanted))
	case "exact":
		file, ok := s.files[wanted]
		if !ok {
			return fmt.Errorf("there is no file %q", wanted)
		}
		return differ(body, bytes.TrimSuffix(file, []byte("\n")))
	case "same":
		return inOther(s, st, body, wanted)
	default:
		return fmt.Errorf("%q is no comparison", op)
	}
	return nil
}

func inOther(s *script, st step, body []byte, wanted string) error {
	if wanted == "as request" {
		return differ(body, st.request.body())
	}
	n, err := strconv.Atoi(strings.TrimPrefix(wanted, "as upstream "))
	if err != nil || n < 1 || n > len(s.answers) {
		return fmt.Errorf("want as request or as upstream N, not %q", wanted)
	}
	return differ(body, s.answers[n-1].body())
}

func differ(got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("a difference (-want +got):\n%s", cmp.Diff(string(want), string(got)))
	}
	return nil
}

// sent checks a request the provider got: "N method M", "N path P", "N header
// …", "N json …" or "N body …".
func (o *outcome) sent(s *script, st step, rest string) error {
	number, rest, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(o.calls) {
		return fmt.Errorf("%d calls", len(o.calls))
	}
	c := o.calls[n-1]
	what, rest, _ := strings.Cut(rest, " ")
	switch what {
	case "method":
		return same(c.method, rest)
	case "path":
		return same(c.target, rest)
	case "header":
		return inHeader(c.header, rest)
	case "json":
		return inJSON(c.body, rest)
	case "body":
		return inBytes(s, st, c.body, rest)
	}
	return fmt.Errorf("there is no %q of a sent request", what)
}
