package dialect

import (
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Dialect is one wire format, both halves: what a client of it says and
// reads, and what a provider of it takes and answers. A nil field is a thing
// this dialect does not speak (yet).
type Dialect struct {
	Name string

	// ModelInURL says that a request names its model, and whether it wants a
	// stream, in its address instead of its body.
	ModelInURL bool

	// Query says that the query of an address belongs to the request, and
	// passes with it between a client and a provider of this dialect.
	Query bool

	// Headers are the client's headers that belong to the request in the same way,
	// in canonical form.
	Headers []string

	// ErrorsPass says that a provider's error bodies reach a client of the same
	// dialect as they are (E3). Otherwise they are told anew, with the provider's
	// name.
	ErrorsPass bool

	// NamesProvider says that whole answers get a member that names who gave
	// them, as clients of the incumbent know it (contract, §6.2).
	NamesProvider bool

	// Chat translates conversations. Without it the dialect can only be
	// relayed, between a client and a provider that both speak it.
	Chat ChatCodec

	// Complete reads and answers legacy completions of this dialect's clients;
	// providers of other dialects are asked in their Chat. Nil: only relayed.
	Complete ChatCodec

	// Embed does the same for vectors.
	Embed EmbedCodec

	// Rerank does the same for the ranking of documents.
	Rerank Codec[llm.Ranking, llm.Ranks]

	// Image does the same for pictures.
	Image Codec[llm.Picture, llm.Pictures]

	// Speech asks to have a text spoken. What is heard is not looked at.
	Speech SpeechCodec

	// Count does the same for the length of a conversation.
	Count CountCodec

	// Inspect looks at a provider's whole answer without decoding it: what it
	// cost and how it ended. An answer that cannot be one is an *llm.Error:
	// InvalidResponse, or UpstreamStatus for a failure dressed up as 200.
	Inspect func(op llm.Op, body []byte) (Facts, error)

	// Decides says that Chat.DecodeReply fails wherever Inspect does, so that an
	// answer that is decoded need not be inspected.
	Decides bool

	// Repair mends a whole answer that was inspected, where vendors of this
	// dialect are known to depart from it; nil: they are not. What needs no
	// mending keeps its bytes. Clients that asked for no strict compliance get
	// answers unmended.
	Repair func(op llm.Op, body []byte) []byte

	// RepairEvents is Repair for the events of one stream. What it returns mends
	// the data of one event after the other; nil means that it is fine as it is.
	RepairEvents func(op llm.Op) func(data []byte) []byte

	// NoClients says that only providers speak this dialect: of Chat only their
	// half is there.
	NoClients bool

	// Of is the dialect that this one is a variant of: a vendor's, who took
	// another's over and changed a little. Clients speak that one. Between them
	// and a provider of the variant bytes pass: Adapt edits requests, the repairs
	// edit answers.
	Of *Dialect

	// Adapt makes a request in the variant of one in Of, in place, and names what
	// was lost. It leaves alone what is of the variant already.
	Adapt func(op llm.Op, body *jsonx.Object) (lost []string)

	// NewTap does the same for a stream, event by event. It returns nil for
	// operations whose streams nobody looks into.
	NewTap func(op llm.Op) Tap

	// DecodeError reads a provider's error body. It fills Message, Type, Code
	// and Param, and leaves the Message empty when the body holds none.
	DecodeError func(status int, body []byte) *llm.Error

	// EncodeError writes a failure for a client, as a whole body.
	EncodeError func(*llm.Error) []byte

	// AppendErrorFrame writes a failure inside a running stream.
	AppendErrorFrame func(dst []byte, e *llm.Error) []byte

	// Origin is who can read the proofs in this dialect (llm.Seal).
	Origin string

	// Terminal is the frame that ends a healthy stream, if the dialect has one.
	Terminal []byte

	// Framing is how this dialect's streams are cut into events; nil: as
	// server-sent events.
	Framing *framing.Framing
}

// Streams is the framing of the dialect's streams.
func (d *Dialect) Streams() *framing.Framing {
	if d.Framing != nil {
		return d.Framing
	}
	return &framing.EventStream
}

// Carries reports whether a client of d can have an operation done by a
// provider that speaks to: bytes pass between equals, chats are translated.
func (d *Dialect) Carries(op llm.Op, to *Dialect) bool {
	answered := op
	if op == llm.Complete { // in a conversation
		answered = llm.Chat
	}
	return d.Passes(op, to) || d.translates(op) && to.translates(answered)
}

func (d *Dialect) translates(op llm.Op) bool {
	switch op {
	case llm.Chat:
		return d.Chat != nil
	case llm.Complete:
		return d.Complete != nil
	case llm.Embed:
		return d.Embed != nil
	case llm.CountTokens:
		return d.Count != nil
	case llm.Rerank:
		return d.Rerank != nil
	case llm.Draw:
		return d.Image != nil
	case llm.Speak:
		return d.Speech != nil
	}
	return false
}

// Passes reports whether bytes pass between a client of d and a provider that
// speaks to, edited at most. A variant is one of chats.
func (d *Dialect) Passes(op llm.Op, to *Dialect) bool {
	return d == to || to.Of == d && op == llm.Chat
}

// Facts is what a whole answer tells about itself.
type Facts struct {
	Usage  *llm.Usage // nil: not said
	Finish string     // the wire's own word, of the first choice
}

// Tap listens to one relayed stream.
type Tap interface {
	// Event looks at one event. It returns an *llm.Error when the event is not
	// of this dialect (StreamInterrupted) or reports the provider's failure
	// (UpstreamStatus).
	Event(framing.Event) (Mark, error)
	// Facts is what the events so far have told.
	Facts() Facts
}

// Mark says what an event means for the course of a stream.
type Mark uint8

// The marks. A stream whose last mark was Finished may end without Terminal.
const (
	Content  Mark = iota // goes on
	Empty                // a comment or an empty event: no answer yet
	Finished             // an answer has ended, more may follow
	Done                 // the terminal frame itself
)

// ChatCodec translates conversations between a wire format and the vocabulary
// of package llm. Requests and replies are *llm.Error-failing: InvalidRequest
// for a client's fault, InvalidResponse for a provider's.
type ChatCodec interface {
	DecodeRequest(body []byte) (*llm.Prompt, error)                             // a client speaks to us
	EncodeRequest(chat *llm.Prompt) (body []byte, lost []string, err error)     // we speak to a provider
	DecodeReply(body []byte) (*llm.Reply, error)                                // a provider answers us
	EncodeReply(r *llm.Reply, as Reply) (body []byte, lost []string, err error) // we answer a client
	NewDecoder() Decoder
	NewEncoder(as Reply) Encoder
}

// Reply is what an encoder must know beside the reply itself.
type Reply struct {
	Chat     *llm.Prompt // the client's own request
	Provider string      // catalogue id of who answered
	Strict   bool        // no more than the client's dialect defines
	Room     []byte      // what a whole answer may be written in; nil: memory of its own
}

// EmbedCodec translates requests for vectors and their answers, with errors as
// ChatCodec has them.
type EmbedCodec interface {
	DecodeRequest(body []byte) (*llm.Embedding, error)
	// EncodeRequest says with many that the request goes to the address for
	// several texts, where the dialect has one of its own.
	EncodeRequest(e *llm.Embedding) (body []byte, many bool, lost []string, err error)
	DecodeReply(body []byte) (*llm.Vectors, error)
	EncodeReply(v *llm.Vectors, ask *llm.Embedding, provider string) []byte
}

// Batcher is an EmbedCodec whose vendor takes only so many texts at a time.
type Batcher interface {
	// BatchSize is how many; 0 is no bound.
	BatchSize(model string) int
}

// Codec translates an operation that has one form of request and one of answer,
// with errors as ChatCodec has them. What was asked is known to both halves of
// the answer.
type Codec[Ask, Answer any] interface {
	DecodeRequest(body []byte) (*Ask, error)
	EncodeRequest(ask *Ask) (body []byte, lost []string, err error)
	DecodeReply(body []byte, ask *Ask) (*Answer, error)
	EncodeReply(answer *Answer, ask *Ask, provider string) []byte
}

// SpeechCodec translates requests to have a text spoken.
type SpeechCodec interface {
	DecodeRequest(body []byte) (*llm.Speech, error)
	EncodeRequest(s *llm.Speech) (*Spoken, error)
}

// Spoken is such a request as a vendor wants it, who may want parts of it
// outside of the body.
type Spoken struct {
	Body    []byte
	Address string      // what the address names in place of the model; empty: the model
	Query   [][2]string // names and values
	Header  [][2]string
	Lost    Losses
}

// CountCodec translates the question how many tokens a conversation has.
type CountCodec interface {
	DecodeRequest(body []byte) (*llm.Prompt, error)
	EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error)
	DecodeReply(body []byte) (tokens int64, err error)
	EncodeReply(tokens int64) []byte
}

// Decoder reads a provider's stream. The events it returns are valid until the
// next call.
type Decoder interface {
	Decode(framing.Event) ([]llm.Event, error)
	End() ([]llm.Event, error) // the stream ended cleanly: close what is open, or report the cut
}

// Encoder writes a client's stream.
type Encoder interface {
	Encode(dst []byte, e *llm.Event) []byte
}
