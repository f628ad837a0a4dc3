package speech

import (
	"sluice/internal/dialect"
	"sluice/internal/llm"
)

const family = "speech"

// Dialect is the form clients speak (OpenAI API, create speech). Vendors that
// copied it are relayed.
var Dialect = dialect.Dialect{Name: family, Speech: client{}}

// client reads what OpenAI's clients ask.
type client struct{}

// DecodeRequest reads a client's request.
func (client) DecodeRequest(body []byte) (*llm.Speech, error) {
	r := dialect.ReadRequest(body)
	s := &llm.Speech{
		Model: r.Text("model"), Text: r.Text("input"), Voice: voice(r), Format: r.Text("response_format"), Speed: r.Float("speed"),
		Manner: r.Text("instructions"),
	}
	if s.Text == "" {
		r.Fail("input", "is required")
	}
	if form := r.Text("stream_format"); form != "" && form != "audio" {
		r.Fail("stream_format", "must be audio for this provider")
	}
	_ = r.Take("user")
	s.Extra = r.Rest(family)
	return s, r.Err()
}

// voice is a name, or an object with the id of a voice of one's own.
func voice(r *dialect.Reader) string {
	if v := r.Peek("voice"); len(v) > 0 && v[0] == '{' {
		return r.Object(r.Take("voice"), "voice").Text("id")
	}
	return r.Text("voice")
}

// EncodeRequest is for vendors that copied the form, and they are relayed.
func (client) EncodeRequest(*llm.Speech) (*dialect.Spoken, error) {
	return nil, dialect.Refuse("", "requests in this form are relayed")
}
