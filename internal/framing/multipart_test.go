package framing_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/framing"
)

func form(t testing.TB, parts int, value string) (body, boundary string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for range parts {
		if err := w.WriteField("f", value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.Boundary()
}

// TestParts: reliability rules, section 1, parts of a form and their heads.
func TestParts(t *testing.T) {
	tricky := "\r\n--bound\r\n-- \r\n\r\n" + strings.Repeat("-", 300)
	small, at := form(t, 5, tricky)
	many, atMany := form(t, 6, "x")
	long := "--b\r\nX: " + strings.Repeat("y", 200) + "\r\n\r\nz\r\n--b--\r\n"
	for _, c := range []struct {
		name, body, boundary string
		want                 error
	}{
		{"fine", small, at, nil},
		{"too many", many, atMany, framing.ErrManyParts},
		{"large head", long, "b", framing.ErrPartHead},
		{"endless head", "--b\r\nX: " + strings.Repeat("y", 5000), "b", framing.ErrPartHead},
		{"no parts", "hello", "b", nil},
		{"cut", small[:len(small)/2], at, nil},
	} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(c.body), "bytes": iotest.OneByteReader(strings.NewReader(c.body)), "halves": iotest.HalfReader(strings.NewReader(c.body)),
		} {
			got, err := io.ReadAll(framing.NewParts(r, c.boundary, 5, 150))
			if !errors.Is(err, c.want) || c.want == nil && string(got) != c.body {
				t.Errorf("%s, %s: %d of %d bytes, %v", c.name, name, len(got), len(c.body), err)
			}
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add([]byte("--b\r\nA: b\r\n\r\nx\r\n--b--\r\n"), 3)
	f.Fuzz(func(t *testing.T, body []byte, step int) {
		read := func(r io.Reader) (string, error) {
			got, err := io.ReadAll(framing.NewParts(r, "b", 3, 64))
			return string(got), err
		}
		whole, err := read(bytes.NewReader(body))
		bytewise, again := read(iotest.OneByteReader(bytes.NewReader(body)))
		if !errors.Is(again, err) || err == nil && (whole != string(body) || bytewise != whole) {
			t.Errorf("%q: %v and %v", body, err, again)
		}
	})
}
