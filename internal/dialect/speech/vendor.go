package speech

import (
	"maps"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// vendor is a format only providers speak.
type vendor struct {
	family string
	// formats are its words for OpenAI's; others are passed if they are its own.
	formats map[string]string
	own     string // what all of its own words hold; empty: it has no others
	// slow and fast bound the speed; 0: it has none.
	slow, fast float64
	write      func(w *dialect.Writer, ask *asked)
	inQuery    bool // what the client wrote for it goes there, not into the body
}

// asked is a request on its way to one vendor.
type asked struct {
	*llm.Speech
	format string // the vendor's word
	to     *dialect.Spoken
}

func speak(v vendor) dialect.Dialect {
	return dialect.Dialect{Name: v.family, Speech: v, NoClients: true}
}

// DecodeRequest is for clients, and none speaks these formats.
func (v vendor) DecodeRequest([]byte) (*llm.Speech, error) {
	return nil, dialect.Refuse("", "%s is not spoken by clients", v.family)
}

// EncodeRequest asks the vendor. What the client wrote beside OpenAI's members
// is meant for it and goes along. Another format than the one that was asked for
// would be noise to the client.
func (v vendor) EncodeRequest(s *llm.Speech) (*dialect.Spoken, error) {
	a := &asked{Speech: s, to: &dialect.Spoken{}}
	known := false
	if a.format, known = v.formats[s.Format]; !known && s.Format != "" {
		if v.own == "" || !strings.Contains(s.Format, v.own) {
			return nil, dialect.Refuse("response_format", "this provider speaks %s, not %s", strings.Join(slices.Sorted(maps.Keys(v.formats)), ", "), s.Format)
		}
		a.format = s.Format
	}
	a.Speed = v.bounded(s, a.to)
	var w dialect.Writer
	v.write(&w, a)
	for _, f := range s.Extra.Fields {
		if v.inQuery {
			a.query(f.Name, plain(f.Value))
		}
	}
	if !v.inQuery {
		w.Extra(s.Extra, s.Extra.Family)
	}
	a.to.Body = w.Object()
	return a.to, nil
}

// bounded is the speed within what the vendor takes.
func (v vendor) bounded(s *llm.Speech, to *dialect.Spoken) *float64 {
	switch {
	case s.Speed == nil:
		return nil
	case v.fast == 0:
		if *s.Speed != 1 {
			to.Lost.Add("speed")
		}
		return nil
	case *s.Speed >= v.slow && *s.Speed <= v.fast:
		return s.Speed
	}
	to.Lost.Add("speed:clamped")
	bound := min(max(*s.Speed, v.slow), v.fast)
	return &bound
}

// plain is the text of a value that is no list or object.
func plain(v jsonx.Value) string {
	if s, ok := jsonx.Text(v); ok {
		return s
	}
	return string(v)
}

func (a *asked) query(name, value string) {
	if value != "" {
		a.to.Query = append(a.to.Query, [2]string{name, value})
	}
}

// unsaid notes how it shall be spoken, where a vendor cannot be told.
func (a *asked) unsaid() {
	if a.Manner != "" {
		a.to.Lost.Add("instructions")
	}
}
