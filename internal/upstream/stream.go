package upstream

import (
	"errors"
	"io"
	"net/http"
	"time"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/llm"
	"sluice/internal/seal"
)

// openStream waits for the first event that says something. Until then a
// failure is a failed attempt; after it, it is an event in the stream.
func (c *Client) openStream(w *watch, call *call, resp *http.Response, r io.Reader) (*llm.Answer, error) {
	s := &events{
		client: c, w: w, body: resp.Body,
		frames: call.framing().NewReader(r, c.limits.EventBytes),
	}
	if call.speaks != nil && call.speaks.NewTap != nil {
		s.tap, s.terminal = call.speaks.NewTap(call.asked()), call.speaks.Terminal
		if call.speaks.RepairEvents != nil && call.strict {
			s.mend = call.speaks.RepairEvents(call.op)
		}
	}
	if call.translated() {
		s.decoder = call.speaks.Chat.NewDecoder()
		s.name = func(id, model *string) { call.name(resp.Header, id, model) }
		s.encoder = call.codec().NewEncoder(call.as())
		s.short = dialect.ShortcutOf(s.decoder, s.encoder)
		s.seals = c.seals.Collect(call.owner)
	}
	if err := s.prime(); err != nil {
		err.Header = resp.Header
		return nil, err
	}
	resp.Header["Content-Type"] = []string{call.client.Streams().MediaType}
	return &llm.Answer{Status: resp.StatusCode, Header: resp.Header, Stream: s, Events: true}, nil
}

// framing is how the provider cuts its stream; relays nobody looks into have
// server-sent events.
func (c *call) framing() *framing.Framing {
	if c.speaks != nil {
		return c.speaks.Streams()
	}
	return &framing.EventStream
}

// events is a running event stream on its way to the client.
type events struct {
	client   *Client
	w        *watch
	body     io.Closer
	frames   framing.Frames
	tap      dialect.Tap // nil: nobody looks inside
	terminal []byte
	mend     func(data []byte) []byte // may be nil

	decoder dialect.Decoder // both nil when bytes pass
	encoder dialect.Encoder
	short   dialect.Shortcut
	seals   *seal.Collector
	name    func(id, model *string) // what the provider leaves out of its start

	held  []byte // arrived before the commit point, goes out first
	out   []byte // what the encoder wrote
	mark  dialect.Mark
	ended bool // the terminal frame was sent
	state error
}

// prime reads up to the commit point.
func (s *events) prime() *llm.Error {
	for s.mark == dialect.Empty || s.held == nil {
		frame, err := s.read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return invalidResponse("the provider's stream ended before it began", nil)
			}
			return s.unbegun(asError(err))
		}
		s.held = append(s.held, frame.Raw...)
		if s.mark != dialect.Empty {
			break
		}
		if len(s.held) > s.client.limits.EventBytes { // of comments only
			return tooLarge()
		}
	}
	return nil
}

// unbegun is a failure before anything was sent: no interruption, but an
// attempt that failed, with a reason of its own.
func (s *events) unbegun(e *llm.Error) *llm.Error {
	switch {
	case e.Kind != llm.StreamInterrupted:
		return e
	case errors.Is(e.Err, framing.ErrTooLarge):
		return tooLarge()
	case errors.Is(e.Err, framing.ErrDamaged):
		return invalidResponse(damaged, e.Err)
	case e.Err != nil:
		return s.client.broken(s.w, e.Err)
	}
	return invalidResponse(e.Message, nil)
}

// Next returns what goes to the client next.
func (s *events) Next() (llm.Frame, error) {
	if s.held != nil {
		frame := llm.Frame{Raw: s.held, More: s.frames.Buffered()}
		s.held = nil
		return frame, nil
	}
	return s.read()
}

// read takes one event from the provider.
func (s *events) read() (llm.Frame, error) {
	if s.state != nil {
		return llm.Frame{}, s.state
	}
	if s.ended {
		return s.rest()
	}
	ev, err := s.frames.Next()
	if err != nil {
		return s.over(err)
	}
	if s.again(ev) {
		return llm.Frame{Raw: s.out, More: s.frames.Buffered()}, nil
	}
	mark := dialect.Content
	if s.tap != nil {
		if mark, err = s.tap.Event(ev); err != nil {
			return s.refused(ev, mark, err)
		}
		if mark == dialect.Empty && ev.Open { // "dat": an event of which only the beginning came
			return s.read()
		}
	}
	return s.pass(ev, mark)
}

// again carries an event that is like the last one but for its words, past the
// tap too: that one was content and no more, and so is this.
func (s *events) again(ev framing.Event) bool {
	if s.mark != dialect.Content {
		return false
	}
	out, words, ok := s.short.Carry(s.out[:0], ev)
	if ok {
		s.out = out
		s.seals.Again(words.Said)
	}
	return ok
}

func (s *events) pass(ev framing.Event, mark dialect.Mark) (llm.Frame, error) {
	if s.mark != dialect.Finished || mark == dialect.Done { // once finished, a stream stays so
		s.mark = mark
	}
	s.ended = mark == dialect.Done
	if s.encoder != nil {
		return s.translated(ev)
	}
	raw := ev.Raw
	if mended := s.mended(ev.Data); mended != nil {
		s.out = append(append(append(s.out[:0], "data: "...), mended...), "\n\n"...)
		raw = s.out
	} else if ev.Open {
		s.out = appendClosed(s.out[:0], ev)
		raw = s.out
	}
	return llm.Frame{Raw: raw, More: s.frames.Buffered()}, nil
}

// appendClosed adds the blank line that the provider left out at the end of an
// event, and of its stream.
func appendClosed(dst []byte, ev framing.Event) []byte {
	if dst = append(dst, ev.Raw...); ev.Open {
		dst = append(dst, "\n\n"...)
	}
	return dst
}

func (s *events) mended(data []byte) []byte {
	if s.mend == nil {
		return nil
	}
	return s.mend(data)
}

// translated carries one event over. The encoder may have nothing to say.
func (s *events) translated(ev framing.Event) (llm.Frame, error) {
	list, err := s.decoder.Decode(ev)
	s.out = s.out[:0]
	s.say(list)
	if err != nil {
		if s.state = err; len(s.out) > 0 { // what came before the failure goes out first
			return llm.Frame{Raw: s.out, More: true}, nil
		}
		return s.finish(err)
	}
	if len(s.out) == 0 && s.mark == dialect.Content {
		s.mark = dialect.Empty
	}
	return llm.Frame{Raw: s.out, More: s.frames.Buffered()}, nil
}

// say writes events for the client, and lets the memory of seals listen.
func (s *events) say(list []llm.Event) {
	for i := range list {
		if list[i].Kind == llm.EventStart {
			s.name(&list[i].ID, &list[i].Model)
		}
		s.seals.Add(&list[i])
		s.out = s.encoder.Encode(s.out, &list[i])
	}
}

// refused is an event that is a failure. The provider's own error event passes
// on as it is (R24). Where the answer was not complete before it, the
// connection is cut behind it.
func (s *events) refused(ev framing.Event, mark dialect.Mark, err error) (llm.Frame, error) {
	e := asError(err)
	if e.Kind == llm.UpstreamStatus && s.encoder == nil {
		if mark == dialect.Finished || s.mark == dialect.Finished {
			return s.pass(ev, dialect.Finished)
		}
		e.Frame = appendClosed(nil, ev)
	}
	if e.Kind != llm.UpstreamStatus && ev.Open { // torn: what tore it says more than what is left of it
		_, end := s.frames.Next()
		if errors.Is(end, io.EOF) {
			end = io.ErrUnexpectedEOF
		}
		return s.finish(s.interrupted(end))
	}
	return s.finish(e)
}

// over is the end of the provider's bytes, clean or not.
func (s *events) over(err error) (llm.Frame, error) {
	if !errors.Is(err, io.EOF) {
		return s.finish(s.interrupted(err))
	}
	if s.tap == nil {
		return s.finish(io.EOF)
	}
	if s.encoder != nil {
		return s.overTranslated()
	}
	if s.mark != dialect.Finished {
		return s.finish(s.interrupted(io.ErrUnexpectedEOF))
	}
	s.ended, s.mark = true, dialect.Done
	s.state = io.EOF
	if s.terminal == nil {
		return s.finish(io.EOF)
	}
	return llm.Frame{Raw: s.terminal}, nil
}

func (s *events) overTranslated() (llm.Frame, error) {
	list, err := s.decoder.End()
	s.out = s.out[:0]
	s.say(list)
	if err != nil {
		return s.finish(err)
	}
	s.state = io.EOF
	return llm.Frame{Raw: s.out}, nil
}

func (s *events) finish(err error) (llm.Frame, error) {
	s.state = err
	return llm.Frame{}, err
}

// damaged is a frame whose checksum is wrong, where a framing has any.
const damaged = "the provider's stream holds a frame that is damaged"

// interrupted is what the client reads in a stream that broke.
func (s *events) interrupted(err error) *llm.Error {
	e := &llm.Error{
		Kind: llm.StreamInterrupted, Status: http.StatusBadGateway, Class: llm.ClassReset, Err: err,
		Message: "the provider's stream was interrupted before it was complete",
	}
	switch {
	case errors.Is(err, framing.ErrTooLarge):
		e.Class, e.Message = llm.ClassTooLarge, "the provider sent an event larger than the gateway's limit"
	case errors.Is(err, framing.ErrDamaged):
		e.Class, e.Message = llm.ClassInvalid, damaged
	}
	if cause := s.w.cause(); cause != nil {
		if cause.Kind == llm.Canceled {
			return cause
		}
		e.Class, e.Message = cause.Class, cause.Message
	}
	return e
}

// Facts is what the stream has told about its cost and its end.
func (s *events) Facts() (*llm.Usage, string) {
	if s.tap == nil {
		return nil, ""
	}
	f := s.tap.Facts()
	return f.Usage, f.Finish
}

// lingering is how long the provider may take to end its body after the last
// event, so that the connection can be used again.
const lingering = 100 * time.Millisecond

// rest is what a provider sends behind the frame that ends its stream: mostly
// nothing, sometimes an end mark of another dialect. It passes where bytes do
// and the dialect has no end mark of its own, behind which nobody reads.
func (s *events) rest() (llm.Frame, error) {
	s.w.hurry(lingering)
	for range 8 {
		ev, err := s.frames.Next()
		if err != nil {
			break
		}
		if s.encoder == nil && s.terminal == nil && !ev.Open {
			return llm.Frame{Raw: ev.Raw, More: s.frames.Buffered()}, nil
		}
	}
	return s.finish(io.EOF)
}

// Close ends the attempt; an unfinished one is seen by the provider as a
// closed connection (R11).
func (s *events) Close() error {
	err := s.body.Close()
	s.w.stop()
	return err
}
