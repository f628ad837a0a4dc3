package dialecttest

import (
	"bytes"
	"errors"
	"io"

	"sluice/internal/dialect"
	"sluice/internal/llm"
)

// Sides are a client and a provider that speak different dialects, or the
// same. What passes between them goes through the vocabulary, both ways.
type Sides struct {
	Client, Provider *dialect.Dialect
	As               dialect.Reply // Chat is set by Request
}

// Request carries what the client asks to the provider.
func (s *Sides) Request(body []byte) (out []byte, lost []string, err error) {
	p, err := s.Client.Chat.DecodeRequest(body)
	if err != nil {
		return nil, nil, err
	}
	s.As.Chat = p
	return s.Provider.Chat.EncodeRequest(p)
}

// Reply carries the provider's whole answer to the client.
func (s *Sides) Reply(body []byte) (out []byte, lost []string, err error) {
	r, err := s.Provider.Chat.DecodeReply(body)
	if err != nil {
		return nil, nil, err
	}
	return s.Client.Chat.EncodeReply(r, s.As)
}

// Stream carries a streamed answer to the client. A failure in it becomes the
// client's own error frame, and the end of the stream.
func (s *Sides) Stream(sse []byte) (out []byte, err error) {
	out, _, err = s.stream(sse, true)
	return out, err
}

// stream is Stream, with the shortcut or without, and counts the events that
// took it.
func (s *Sides) stream(sse []byte, shortcut bool) (out []byte, short int, err error) {
	frames := s.Provider.Streams().NewReader(bytes.NewReader(sse), maxEvent)
	dec, enc := s.Provider.Chat.NewDecoder(), s.Client.Chat.NewEncoder(s.As)
	var cut dialect.Shortcut
	if shortcut {
		cut = dialect.ShortcutOf(dec, enc)
	}
	write := func(list []llm.Event, err error) bool {
		for i := range list {
			out = enc.Encode(out, &list[i])
		}
		if e := new(llm.Error); errors.As(err, &e) {
			e.Provider = s.As.Provider
			out = s.Client.AppendErrorFrame(out, e)
		}
		return err == nil
	}
	for {
		ev, err := frames.Next()
		if errors.Is(err, io.EOF) {
			write(dec.End())
			return out, short, nil
		}
		if err != nil {
			return out, short, err
		}
		var ok bool
		if out, _, ok = cut.Carry(out, ev); ok {
			short++
			continue
		}
		if !write(dec.Decode(ev)) {
			return out, short, nil
		}
	}
}
