package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
)

// Dialect is Converse (Amazon Bedrock API, Converse and ConverseStream). The
// model stands in the address, and the frames of a stream are binary.
var Dialect = dialect.Dialect{
	Name:             "bedrock",
	Origin:           claude,
	ErrorsPass:       true,
	ModelInURL:       true,
	Chat:             codec{},
	Count:            countCodec{},
	Inspect:          inspect,
	NewTap:           newTap,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
	Framing:          &framing.Amazon,
}

// family owns the members that only this wire format understands.
const family = "converse"

// Who can read the proofs in it: those of Claude are the same wherever it is
// hosted (Claude docs, extended thinking: signatures are compatible across
// platforms), and what hides something else stays here.
const (
	claude = "anthropic"
	amazon = "bedrock"
)

// codec translates conversations.
type codec struct{}

func (codec) NewDecoder() dialect.Decoder { return newDecoder() }

func (codec) NewEncoder(as dialect.Reply) dialect.Encoder { return newEncoder(as) }
