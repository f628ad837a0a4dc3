package responses

import "sluice/internal/dialect"

// Dialect is the format of POST /v1/responses. Its streams end with an event
// like the others, so that there is no terminal frame.
var Dialect = dialect.Dialect{
	Name:             "responses",
	Origin:           origin,
	NamesProvider:    true,
	Chat:             codec{},
	Inspect:          inspect,
	NewTap:           newTap,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
}

// family owns the members that only this wire format understands, and origin
// is who can read the sealed thinking in it.
const (
	family = "openai-responses"
	origin = "openai"
)

// The words of the wire that stand in more than one place.
const (
	typeMessage      = "message"
	typeReasoning    = "reasoning"
	typeCall         = "function_call"
	typeOutput       = "function_call_output"
	typeCustom       = "custom_tool_call"
	typeAdditional   = "additional_tools"
	typeCustomOutput = "custom_tool_call_output"

	outputText    = "output_text"
	refusalType   = "refusal"
	summaryText   = "summary_text"
	reasoningText = "reasoning_text"

	// inputList names the list of items, and labels the message that a client
	// gave as a string instead.
	inputList = "input"

	sealedThinking = "reasoning.encrypted_content"
)

// codec translates conversations (OpenAI API, Responses).
type codec struct{}

func (codec) NewDecoder() dialect.Decoder { return newDecoder() }

func (codec) NewEncoder(as dialect.Reply) dialect.Encoder { return newEncoder(as) }
