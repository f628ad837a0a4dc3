package framing

import "io"

// Frames cuts the body of a streamed answer into events.
type Frames interface {
	// Next returns the next event, valid until the call after it. At the end it
	// returns io.EOF, and io.ErrUnexpectedEOF where the stream ended inside a frame
	// that cannot be read without its rest.
	Next() (Event, error)
	// Buffered reports whether Next can return another whole event without reading.
	Buffered() bool
}

// Framing is one way to put events on the wire.
type Framing struct {
	MediaType string
	// NewReader reads events of at most limit bytes.
	NewReader func(r io.Reader, limit int) Frames
}

// EventStream is the framing of server-sent events.
var EventStream = Framing{
	MediaType: "text/event-stream",
	NewReader: func(r io.Reader, limit int) Frames { return NewSSE(r, limit) },
}
