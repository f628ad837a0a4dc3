package dialect

import (
	"bytes"

	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Most events of a stream say what the one before said, but for a few words. A
// Shortcut carries those words from the provider's event into the client's frame
// as they are written, and nothing is decoded or encoded on the way.
//
// What makes it right is where it begins. The decoder takes an event on which
// its last call of Decode gave one llm.EventDelta with a text; the encoder keeps
// the frame that its last call of Encode made of it. Any other event makes both
// of them forget, so that they always speak of the same one.

// Words are a text as JSON has it, between its quotes, and what it says. They
// are spelt as jsonx.AppendQuote spells them, and valid until the next event.
type Words struct{ Raw, Said []byte }

// Repeater is a Decoder that knows such events.
type Repeater interface {
	// Repeats reports whether an event is the last one again but for its words,
	// which are not empty. If so, it has been decoded.
	Repeats(ev framing.Event) (w Words, ok bool)
}

// Splicer is an Encoder that can write its last frame again with other words.
type Splicer interface {
	// Splices reports whether the last call of Encode left such a frame.
	Splices() bool
	// Splice writes it.
	Splice(dst []byte, w Words) []byte
}

// Shortcut joins the two halves. The zero value carries nothing.
type Shortcut struct {
	from Repeater
	to   Splicer
}

// ShortcutOf joins a decoder and an encoder, if both know how.
func ShortcutOf(d Decoder, e Encoder) Shortcut {
	from, repeats := d.(Repeater)
	to, splices := e.(Splicer)
	if !repeats || !splices {
		return Shortcut{}
	}
	return Shortcut{from: from, to: to}
}

// Carry writes an event for the client, and says what its words were. If it is
// not ok, nothing has happened and the event has to be decoded.
func (s *Shortcut) Carry(dst []byte, ev framing.Event) (out []byte, w Words, ok bool) {
	if s.from == nil || !s.to.Splices() {
		return dst, Words{}, false
	}
	if w, ok = s.from.Repeats(ev); !ok {
		return dst, Words{}, false
	}
	return s.to.Splice(dst, w), w, true
}

// Pattern is an event without its words, for a Repeater. The zero value fits
// nothing.
type Pattern struct {
	name          string
	before, after []byte
	said          []byte // what words with escapes say
}

// Forget is called with every event that is decoded.
func (p *Pattern) Forget() { p.before = p.before[:0] }

// Learn remembers an event, if it gave one text and words are the string in its
// data which says that; nil is none. Where the string stands in the data twice,
// it is not plain which of the two are the words, and nothing is remembered.
func (p *Pattern) Learn(name string, data []byte, words jsonx.Value, gave []llm.Event) {
	p.Forget()
	if len(gave) != 1 || gave[0].Kind != llm.EventDelta || gave[0].Text == "" || jsonx.KindOf(words) != jsonx.String {
		return
	}
	said, ok := jsonx.Verbatim(words[1:len(words)-1], p.said)
	at := bytes.Index(data, words)
	if !ok || string(said) != gave[0].Text || at < 0 || at != bytes.LastIndex(data, words) {
		return
	}
	p.name = name
	p.before = append(p.before, data[:at+1]...)
	p.after = append(p.after[:0], data[at+len(words)-1:]...)
}

// Match takes the words out of an event that fits.
func (p *Pattern) Match(ev framing.Event) (w Words, ok bool) {
	data := bytes.TrimSpace(ev.Data)
	words := len(data) - len(p.before) - len(p.after)
	if len(p.before) == 0 || words <= 0 || ev.Open || ev.Failed || ev.Name != p.name ||
		!bytes.HasPrefix(data, p.before) || !bytes.HasSuffix(data, p.after) {
		return Words{}, false
	}
	w.Raw = data[len(p.before) : len(p.before)+words]
	if w.Said, ok = jsonx.Verbatim(w.Raw, p.said); ok && len(w.Said) < len(w.Raw) {
		p.said = w.Said[:0]
	}
	return w, ok
}

// Mould is a frame without its words, for a Splicer. The zero value is none.
type Mould struct {
	frame []byte
	gaps  []int // places in the frame, in their order
	words []byte
}

// Forget is called with every event that is encoded.
func (m *Mould) Forget() { m.gaps = m.gaps[:0] }

// Ready reports whether there is a frame.
func (m *Mould) Ready() bool { return len(m.gaps) > 0 }

// Learn remembers a frame in which a text was written so many times, as a
// string. Where it can be found more often, it is not plain which of them are
// the text, and nothing is remembered.
func (m *Mould) Learn(frame []byte, text string, times int) {
	m.Forget()
	m.frame, m.words = m.frame[:0], jsonx.AppendQuote(m.words[:0], text)
	inner := len(m.words) - 2
	if inner == 0 {
		return
	}
	from := 0
	for search := 0; ; {
		at := bytes.Index(frame[search:], m.words)
		if at < 0 {
			break
		}
		at += search + 1
		if at < from { // overlapping: one of them is not a whole string
			m.Forget()
			return
		}
		m.frame = append(m.frame, frame[from:at]...)
		m.gaps = append(m.gaps, len(m.frame))
		from, search = at+inner, at
	}
	if len(m.gaps) != times {
		m.Forget()
	}
	m.frame = append(m.frame, frame[from:]...)
}

// Splice writes the frame with other words.
func (m *Mould) Splice(dst []byte, w Words) []byte {
	from := 0
	for _, gap := range m.gaps {
		dst = append(append(dst, m.frame[from:gap]...), w.Raw...)
		from = gap
	}
	return append(dst, m.frame[from:]...)
}
