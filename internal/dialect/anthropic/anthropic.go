package anthropic

import "sluice/internal/dialect"

// Dialect is the format of api.anthropic.com and its copies. Its streams end
// with an event like the others, so that there is no terminal frame.
var Dialect = dialect.Dialect{
	Name:             "anthropic",
	Origin:           origin,
	Count:            countCodec{},
	ErrorsPass:       true,
	Query:            true, // ?beta=true
	Headers:          []string{"Anthropic-Version", "Anthropic-Beta"},
	Chat:             codec{},
	Inspect:          inspect,
	Decides:          true,
	NewTap:           newTap,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
}

// family owns the members that only this wire format understands, and origin
// is who can read the proofs in it.
const (
	family = "anthropic"
	origin = "anthropic"
)

// codec translates conversations (Anthropic API, Messages).
type codec struct{}

func (codec) NewDecoder() dialect.Decoder { return newDecoder() }

func (codec) NewEncoder(as dialect.Reply) dialect.Encoder { return newEncoder(as) }
