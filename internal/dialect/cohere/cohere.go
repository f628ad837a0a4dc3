package cohere

import (
	"fmt"

	"sluice/internal/dialect"
)

// Dialect is the format of api.cohere.com, version 2 (Cohere API, Chat with
// streaming, v2). Its streams end with an event like the others, so that there
// is no terminal frame.
var Dialect = dialect.Dialect{
	Name:             "cohere",
	ErrorsPass:       true,
	Headers:          []string{"X-Client-Name"},
	Chat:             codec{},
	Embed:            embedCodec{},
	Inspect:          inspect,
	NewTap:           newTap,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
}

// family owns the members that only this wire format understands.
const family = "cohere"

// plan labels the model's words before its calls, which have a member of their
// own.
const plan = "tool_plan"

// codec translates conversations.
type codec struct{}

func (codec) NewDecoder() dialect.Decoder { return newDecoder() }

func (codec) NewEncoder(dialect.Reply) dialect.Encoder { return newEncoder() }

func path(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
