package image

import (
	"sluice/internal/dialect"
	"sluice/internal/llm"
)

// vendor is a format only providers speak: how it is asked, and where the
// pictures are in its answer.
type vendor struct {
	family string
	write  func(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses)
	read   func(body []byte) (*llm.Pictures, error)
	form   bool // the request is a form, not JSON
}

func speak(v vendor) dialect.Dialect {
	return dialect.Dialect{Name: v.family, Image: v, Inspect: inspect(v.read)}
}

// DecodeRequest is for clients, and none speaks these formats.
func (v vendor) DecodeRequest([]byte) (*llm.Picture, error) {
	return nil, dialect.Refuse("", "%s is not spoken by clients", v.family)
}

// EncodeRequest asks the vendor. What the client wrote beside OpenAI's members
// is meant for it and goes along.
func (v vendor) EncodeRequest(p *llm.Picture) (body []byte, lost []string, err error) {
	var w dialect.Writer
	var losses dialect.Losses
	v.write(&w, p, &losses)
	if v.form {
		return form(w.Object()), losses, nil
	}
	return w.Object(), losses, nil
}

// DecodeReply finds the pictures.
func (v vendor) DecodeReply(body []byte, _ *llm.Picture) (*llm.Pictures, error) {
	a, err := v.read(body)
	if err == nil && len(a.Drawn) == 0 {
		err = none(body)
	}
	return a, err
}

// EncodeReply is for clients, and none speaks these formats.
func (v vendor) EncodeReply(*llm.Pictures, *llm.Picture, string) []byte { return nil }
