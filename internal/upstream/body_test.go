package upstream

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/llm"
)

var discard = log.New(io.Discard, "", 0)

func TestReadAll(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name   string
		body   io.Reader
		length int64
		limit  int64
		want   int // bytes, -1: too large
		err    error
	}{
		{"nothing", strings.NewReader(""), 0, 10, 0, nil},
		{"known length", strings.NewReader("12345"), 5, 10, 5, nil},
		{"unknown length", strings.NewReader("12345"), -1, 10, 5, nil},
		{"at the limit", strings.NewReader("1234567890"), -1, 10, 10, nil},
		{"known, at the limit", strings.NewReader("1234567890"), 10, 10, 10, nil},
		{"over the limit", strings.NewReader("12345678901"), -1, 10, -1, nil},
		{"known to be over the limit", iotest.ErrReader(boom), 11, 10, -1, nil},
		{"a length that lies", strings.NewReader(strings.Repeat("x", 100)), 5, 50, -1, nil},
		{"longer than was said", strings.NewReader(strings.Repeat("x", 100)), 5, 500, 100, nil},
		{"larger than the first buffer", strings.NewReader(strings.Repeat("x", 100_000)), -1, 1 << 20, 100_000, nil},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 10_000))), -1, 1 << 20, 10_000, nil},
		{"the end with the data", iotest.DataErrReader(strings.NewReader("12345")), 5, 10, 5, nil},
		{"fails at once", iotest.ErrReader(boom), -1, 10, 0, boom},
		{"fails later", io.MultiReader(strings.NewReader("123"), iotest.ErrReader(boom)), -1, 10, 3, boom},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAll(c.body, nil, c.length, c.limit)
			if c.want < 0 {
				if e := failed(t, err); e.Kind != llm.ResponseTooLarge || e.Class != llm.ClassTooLarge || got != nil {
					t.Errorf("%d bytes, %+v", len(got), e)
				}
				return
			}
			if len(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%d bytes, %v; want %d, %v", len(got), err, c.want, c.err)
			}
		})
	}
}

func compressed(text string) *bytes.Buffer { return packed(text, gzip.DefaultCompression) }

func packed(text string, level int) *bytes.Buffer {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, level)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return &b
}

// TestGzip: decompression is bounded by size and by ratio.
func TestGzip(t *testing.T) {
	noise := make([]byte, 512<<10)
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(noise)
	for i := range noise {
		noise[i] = 'a' + noise[i]%16
	}
	padded := func(n int) string { return strings.Replace(reply, "hi", strings.Repeat("a", n), 1) }
	for _, c := range []struct {
		name string
		body io.Reader
		kind llm.Kind
		want int // bytes, when it is good
	}{
		{"a small answer", compressed(reply), 0, len(reply)},
		{"any ratio within the first MiB", compressed(padded(1<<20 - 1000)), 0, len(reply) + 1<<20 - 1002},
		{"a good ratio beyond it", packed(strings.Replace(reply, "hi", strings.Repeat(string(noise), 3), 1), gzip.HuffmanOnly), 0, len(reply) + 3<<19 - 2},
		{"a bomb", compressed(padded(2 << 20)), llm.ResponseTooLarge, 0},
		{"over the limit of size", packed(strings.Replace(reply, "hi", strings.Repeat(string(noise), 6), 1), gzip.HuffmanOnly), llm.ResponseTooLarge, 0},
		{"cut", io.LimitReader(compressed(reply), 40), llm.InvalidResponse, 0},
		{"not gzip", strings.NewReader(reply), llm.InvalidResponse, 0},
		{"rubbish behind it", io.MultiReader(compressed(reply), strings.NewReader("rubbish")), llm.InvalidResponse, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, err := ask(t, answering(200, c.body, "Content-Encoding", "gzip"), unary)
			if c.want > 0 {
				if err != nil || len(answer.Body) != c.want || answer.Header.Get("Content-Encoding") != "" {
					t.Fatalf("%v, want %d bytes", err, c.want)
				}
				return
			}
			if e := failed(t, err); e.Kind != c.kind || e.Status != 502 {
				t.Errorf("kind %d: %s", e.Kind, e.Message)
			}
		})
	}
}

func TestGzipStream(t *testing.T) {
	answer, err := ask(t, answering(200, compressed(recorded), "Content-Type", "text/event-stream", "Content-Encoding", "GZIP"), streamed)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := drain(answer); out != recorded || err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestRelay: any type of answer passes as it comes, in pieces.
func TestRelay(t *testing.T) {
	r := chat(t, unary)
	r.Op, r.Path, r.Query = llm.Relay, "/audio/speech", "a=1"
	sound := strings.Repeat("sound", 20_000)
	for _, c := range []struct {
		name   string
		status int
		body   io.Reader
		want   string
		err    llm.Kind
	}{
		{"whole", 200, strings.NewReader(sound), sound, 0},
		{"empty", 204, strings.NewReader(""), "", 0},
		{"not modified", 304, strings.NewReader(""), "", 0},
		{"cut in the middle", 200, io.MultiReader(strings.NewReader("begun"), iotest.ErrReader(io.ErrUnexpectedEOF)), "begun", llm.InvalidResponse},
	} {
		answer, err := clientOf(answering(c.status, c.body, "Content-Type", "audio/mpeg")).Do(t.Context(), r, acme(), noKey)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		out, err := drain(answer)
		if out != c.want || answer.Status != c.status || answer.Events || (err == nil) != (c.err == 0) {
			t.Errorf("%s: status %d, %d bytes, %v", c.name, answer.Status, len(out), err)
		}
		if err != nil && failed(t, err).Kind != c.err {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	_, err := clientOf(answering(200, iotest.ErrReader(io.ErrUnexpectedEOF))).Do(t.Context(), r, acme(), noKey)
	if e := failed(t, err); e.Kind != llm.InvalidResponse || e.Final {
		t.Errorf("cut before the first byte: %+v", e)
	}
	_, err = clientOf(answering(404, strings.NewReader(`{"detail":"no"}`), "Content-Type", "application/json")).Do(t.Context(), r, acme(), noKey)
	if e := failed(t, err); e.Kind != llm.UpstreamStatus || e.Status != 404 || string(e.Body) != `{"detail":"no"}` {
		t.Errorf("an error of a relay: %+v", e)
	}
}

func TestRelayAddress(t *testing.T) {
	r := chat(t, unary)
	r.Op, r.Path, r.Query, r.Method = llm.Relay, "/files/a%2Fb", "purpose=x&after=y", http.MethodPut
	var sent *http.Request
	answer, err := clientOf(func(req *http.Request) (*http.Response, error) {
		sent = req
		return answering(200, strings.NewReader("ok"))(req)
	}).Do(t.Context(), r, acme(), noKey)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Stream.Close()
	if sent.Method != "PUT" || sent.URL.String() != "https://api.acme.example/v1/files/a%2Fb?purpose=x&after=y" {
		t.Errorf("%s %s", sent.Method, sent.URL)
	}
}
