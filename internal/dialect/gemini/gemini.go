package gemini

import "sluice/internal/dialect"

// Dialect is the format of generativelanguage.googleapis.com and of Vertex AI.
// Its streams just end: there is no terminal frame.
var Dialect = dialect.Dialect{
	Name:             "gemini",
	Origin:           origin,
	Embed:            embedCodec{},
	Count:            countCodec{},
	ErrorsPass:       true,
	ModelInURL:       true,
	Chat:             codec{},
	Inspect:          inspect,
	NewTap:           newTap,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
}

// family owns the members that only this wire format understands, and origin
// is who can read the proofs in it.
const (
	family = "gemini"
	origin = "google"
)

// codec translates conversations (Gemini API, models.generateContent).
type codec struct{}

func (codec) NewDecoder() dialect.Decoder { return newDecoder() }

func (codec) NewEncoder(as dialect.Reply) dialect.Encoder { return newEncoder(as) }
