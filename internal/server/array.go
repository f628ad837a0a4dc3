package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"

	"sluice/internal/framing"
	"sluice/internal/llm"
)

// asArray gives a Gemini client its stream as it asked for it: as events only
// with alt=sse in the query, else as one JSON array that grows (Gemini API,
// streamGenerateContent; SDK routes, section 6). Streams with a framing of their
// own (Bedrock's) have no such form.
func (v *visit) asArray(a *llm.Answer) {
	if !v.door.ModelInURL || !v.streamed || !a.Events || v.door.Framing != nil {
		return
	}
	if query, _ := url.ParseQuery(v.r.URL.RawQuery); query.Get("alt") == "sse" {
		return
	}
	a.Stream = &array{Stream: a.Stream, encode: v.door.EncodeError, origin: a.Origin}
	a.Events = false // a failure is an element, not an event
	a.Header["Content-Type"] = []string{"application/json"}
}

// array turns frames of events into elements of an array.
type array struct {
	llm.Stream
	encode func(*llm.Error) []byte
	origin llm.Origin
	n      int
	out    []byte
	end    error
}

// Next returns the elements of one frame, with what stands between elements.
func (s *array) Next() (llm.Frame, error) {
	if s.end != nil {
		return llm.Frame{}, s.end
	}
	frame, err := s.Stream.Next()
	s.out = s.out[:0]
	if err != nil {
		s.close(err)
		return llm.Frame{Raw: s.out}, nil
	}
	events := framing.NewSSE(bytes.NewReader(frame.Raw), len(frame.Raw)+1)
	for {
		ev, err := events.Next()
		if err != nil {
			return llm.Frame{Raw: s.out, More: frame.More}, nil
		}
		if len(ev.Data) > 0 {
			s.add(ev.Data)
		}
	}
}

func (s *array) add(element []byte) {
	between := ",\r\n"
	if s.n == 0 {
		between = "["
	}
	s.n++
	s.out = append(append(s.out, between...), element...)
}

// close ends the array, or says in it why it breaks off.
func (s *array) close(err error) {
	s.end = err
	var e *llm.Error
	switch {
	case errors.Is(err, io.EOF):
		if s.n == 0 {
			s.out = append(s.out, '[')
		}
		s.out = append(s.out, "]\n"...)
	case errors.As(err, &e) && e.Kind != llm.Canceled:
		told := *e
		told.Origin, told.Status = s.origin, max(e.Status, http.StatusBadGateway)
		s.add(s.encode(&told))
	}
}
