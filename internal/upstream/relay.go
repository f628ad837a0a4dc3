package upstream

import (
	"errors"
	"io"
	"net/http"

	"sluice/internal/llm"
)

const relayBuffer = 32 << 10

// openRelay passes on an answer of any type. The first piece is read before
// anything is said to the client, so that a failure before it can be mended.
func (c *Client) openRelay(w *watch, resp *http.Response, r io.Reader) (*llm.Answer, error) {
	s := &relay{client: c, w: w, body: resp.Body, r: r, buf: make([]byte, relayBuffer)}
	s.first, s.err = r.Read(s.buf)
	if s.first == 0 && s.err != nil && !errors.Is(s.err, io.EOF) {
		return nil, c.broken(w, s.err)
	}
	return &llm.Answer{Status: resp.StatusCode, Header: resp.Header, Stream: s}, nil
}

type relay struct {
	client *Client
	w      *watch
	body   io.Closer
	r      io.Reader
	buf    []byte
	first  int // bytes of the first read, not yet handed on
	err    error
}

// Next returns the bytes of one read.
func (s *relay) Next() (llm.Frame, error) {
	n := s.first
	s.first = 0
	for n == 0 && s.err == nil {
		n, s.err = s.r.Read(s.buf)
	}
	if n > 0 {
		return llm.Frame{Raw: s.buf[:n]}, nil
	}
	if errors.Is(s.err, io.EOF) {
		return llm.Frame{}, io.EOF
	}
	return llm.Frame{}, s.client.broken(s.w, s.err)
}

func (s *relay) Facts() (*llm.Usage, string) { return nil, "" }

func (s *relay) Close() error {
	err := s.body.Close()
	s.w.stop()
	return err
}
