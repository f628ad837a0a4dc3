package openai

import "sluice/internal/dialect"

// Dialect is the format of api.openai.com and its copies.
var Dialect = dialect.Dialect{
	Name:             "openai",
	Chat:             codec{},
	Complete:         completeCodec{},
	Embed:            embedCodec{},
	Inspect:          inspect,
	Repair:           repair,
	RepairEvents:     repairEvents,
	NewTap:           newTap,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
	Terminal:         []byte(terminal),
}

const terminal = "data: [DONE]\n\n"
