package upstream

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"

	"sluice/internal/http1"
	"sluice/internal/llm"
)

// Bounds of decompression: how often larger than the wire a body may become
// beyond its first MiB (reliability rules, section 1).
const (
	freeBytes = 1 << 20
	maxRatio  = 200
)

// open returns the response body, watched and decompressed.
func (a *attempt) open(resp *http.Response) (io.Reader, error) {
	raw := &a.body
	*raw = watched{r: resp.Body, w: &a.watch}
	switch strings.ToLower(http1.First(resp.Header, "Content-Encoding")) {
	case "", "identity":
		return raw, nil
	case "gzip", "x-gzip":
		resp.ContentLength = -1
		return &inflated{raw: raw}, nil
	}
	return nil, invalidResponse("the provider's answer has a content encoding that was not asked for", nil)
}

// watched tells the clocks about each read.
type watched struct {
	r io.Reader
	w *watch
	n int64
}

func (b *watched) Read(p []byte) (int, error) {
	b.w.reads()
	n, err := b.r.Read(p)
	b.w.read(n)
	b.n += int64(n)
	return n, err
}

// inflated is a gzip body that may not grow without bound.
type inflated struct {
	raw *watched
	gz  *gzip.Reader
	n   int64
}

func (b *inflated) Read(p []byte) (int, error) {
	if b.gz == nil {
		gz, err := gzip.NewReader(b.raw)
		if err != nil {
			return 0, invalidResponse("the provider's answer is not valid gzip", err)
		}
		b.gz = gz
	}
	n, err := b.gz.Read(p)
	if b.n += int64(n); b.n > freeBytes && b.n > maxRatio*b.raw.n {
		return n, tooLarge()
	}
	return n, err
}

func tooLarge() *llm.Error {
	return &llm.Error{Kind: llm.ResponseTooLarge, Status: http.StatusBadGateway, Class: llm.ClassTooLarge, Message: "the provider's answer is larger than the gateway's limit"}
}

// readAll reads a whole body of at most limit bytes, into buf if it has the room.
func readAll(r io.Reader, buf []byte, length, limit int64) ([]byte, error) {
	if length > limit {
		return nil, tooLarge()
	}
	size := int64(4 << 10)
	if length >= 0 {
		size = min(length, freeBytes) + 1 // one more, so that the end is seen without growing
	}
	if int64(cap(buf)) < size {
		buf = make([]byte, 0, size)
	}
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, tooLarge()
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}
