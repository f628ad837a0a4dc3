package oracle

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
)

// lines renames the events of one stream. Some come in one, with a line end
// between them where an empty line should be.
type lines struct {
	c      codec
	rename func(data jsonx.Value) (jsonx.Value, error)
}

// each renames what is in an event and hands it on, piece by piece.
func (l *lines) each(ev framing.Event, hand func(framing.Event) error) error {
	if len(bytes.TrimSpace(ev.Data)) == 0 {
		return nil
	}
	pieces := [][]byte{ev.Data}
	if jsonx.Check(ev.Data) != nil {
		pieces = bytes.Split(ev.Data, []byte("\n"))
	}
	for _, data := range pieces {
		if data = bytes.TrimSpace(data); len(data) == 0 || string(data) == "[DONE]" {
			continue
		}
		if jsonx.Check(data) != nil || data[0] != '{' {
			return dialect.Interrupted("an event in it is not a JSON object", nil)
		}
		if jsonx.KindOf(jsonx.At(data, "message")) != jsonx.Composite { // else it is the answer's
			if e := l.c.failure(data); e != nil {
				return e
			}
		}
		renamed, err := l.rename(bytes.Clone(data)) // events outlive the frame
		if err != nil {
			return err
		}
		if err := hand(framing.Event{Data: renamed}); err != nil {
			return err
		}
	}
	return nil
}
