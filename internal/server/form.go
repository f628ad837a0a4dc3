package server

import (
	"errors"
	"io"
	"mime"

	"sluice/internal/framing"
)

// Bounds of a multipart body, which passes as it arrives (reliability rules,
// section 1).
const (
	maxParts    = 256
	maxPartHead = 8 << 10
)

// form counts the parts of a multipart body; other bodies have none.
func form(body io.Reader, contentType string) (io.Reader, error) {
	kind, params, _ := mime.ParseMediaType(contentType)
	if kind != "multipart/form-data" {
		return body, nil
	}
	if params["boundary"] == "" {
		return nil, invalidRequest("content-type", "multipart/form-data needs a boundary")
	}
	return parts{framing.NewParts(body, params["boundary"], maxParts, maxPartHead)}, nil
}

// parts says what is wrong with a form in the client's words.
type parts struct{ *framing.Parts }

func (p parts) Read(b []byte) (int, error) {
	n, err := p.Parts.Read(b)
	switch {
	case errors.Is(err, framing.ErrManyParts):
		err = invalidRequest("", "the form has more than 256 parts")
	case errors.Is(err, framing.ErrPartHead):
		err = invalidRequest("", "the head of a part of the form is larger than 8 KiB")
	}
	return n, err
}
