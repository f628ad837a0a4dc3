package llm

import (
	"io"
	"net/http"
)

// Answer is what a target gave back: a whole body, a stream or a
// socket, and one of them only.
type Answer struct {
	Status int
	Header http.Header // the provider's, already filtered
	Origin

	Body   []byte // the whole answer; nil when Stream is set
	Stream Stream
	Tunnel io.ReadWriteCloser // an open socket in place of an answer; whoever holds it closes it
	Events bool               // Stream is an event stream: a failure in it can be said in it

	Usage      *Usage   // of a whole answer; a stream tells at its end
	Finish     string   // the wire's word for how it ended
	NotCarried []string // what the provider could not be asked
}

// Stream is pulled by whoever holds it, and closed by them.
type Stream interface {
	// Next returns the next piece; io.EOF ends a complete stream, any other
	// error is an *Error. The bytes are valid until the next call.
	Next() (Frame, error)
	// Facts is what the stream has told so far.
	Facts() (*Usage, string)
	Close() error
}

// Frame is one piece of a stream, ready to be written to the client.
type Frame struct {
	Raw  []byte
	More bool // another frame is there already: flushing can wait for it
}
