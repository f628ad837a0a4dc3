package plain

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// format is one vendor's.
type format struct {
	name  string
	knobs knobs
	// ask writes what was said; the knobs follow.
	ask func(w *dialect.Writer, s *said)
	// within is the member the knobs stand in; empty: beside the rest.
	within string
	// stream is the member that asks for a stream; empty: another address does, or
	// there are none.
	stream string

	read func(body []byte) (*answer, error)
	// piece reads one event; nil: there are no streams.
	piece   func(data jsonx.Value) (*answer, error)
	framing *framing.Framing
}

// knobs are a format's names for what limits and varies an answer. An empty name
// is a knob it does not have.
type knobs struct {
	max, temperature, topP, topK, stop, seed, n string
	frequency, presence                         string
	joined                                      bool // stops are one text, with commas
}

// answer is what a whole answer tells, or one event of a stream.
type answer struct {
	id, model string
	texts     []text
	usage     *llm.Usage
	done      bool // the event that ends the stream
}

type text struct {
	text string
	stop llm.Stop
}

// speak makes a dialect of a format. Failures are for whoever lists the dialects
// to say: they are those of the API around it.
func speak(f format) dialect.Dialect {
	d := dialect.Dialect{Name: f.name, Chat: codec{format: &f}, Inspect: f.inspect, Framing: f.framing, NoClients: true}
	if f.piece != nil {
		d.NewTap = func(llm.Op) dialect.Tap { return &tap{f: &f} }
	}
	return d
}

func (f *format) inspect(_ llm.Op, body []byte) (dialect.Facts, error) {
	a, err := f.whole(body)
	if err != nil {
		return dialect.Facts{}, err
	}
	return dialect.Facts{Usage: a.usage, Finish: a.texts[0].stop.Raw}, nil
}

// whole reads an answer and makes sure that there is one.
func (f *format) whole(body []byte) (*answer, error) {
	a, err := f.read(body)
	if err == nil && len(a.texts) == 0 {
		err = dialect.Invalid("the provider's answer has no text", nil)
	}
	return a, err
}

// words says what a vendor's reasons for the end mean; others act as the end.
func words(raw string, known map[string]llm.StopKind) llm.Stop {
	s := llm.Stop{Raw: raw, Kind: llm.StopUnknown}
	if kind, ok := known[raw]; ok {
		s.Kind = kind
	}
	if raw == "" {
		s.Kind = llm.StopEnd
	}
	return s
}
