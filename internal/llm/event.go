package llm

// Event is one step of an answer that arrives bit by bit. It is one flat
// struct: which fields count depends on Kind. A failure is no event: decoders
// return it as an error, and nothing comes after it.
type Event struct {
	Kind   EventKind
	Choice int
	Part   int // counts from 0 in each choice, over all its messages

	// Start
	ID, Model string
	Created   int64

	// Message, Note, Open, Close
	Message Message // Parts is empty: the parts come as events; Note: members for it
	Shell   *Part   // Open: the part as far as it is known; Close: nil, or the final part

	// Delta
	Field DeltaField
	Text  string
	Seal  *Seal
	Cite  *Cite

	Stop  Stop   // Stop
	Usage *Usage // Start, Usage
	Extra Extra  // Start, Note
	Aside Extra  // Note: members for the choice
}

// EventKind is what an event says.
type EventKind uint8

// The kinds (vocabulary, stream events).
const (
	EventStart   EventKind = iota // exactly once, first
	EventMessage                  // a message begins in the choice
	EventOpen                     // a part begins
	EventDelta                    // more of an open part
	EventClose                    // a part ends; a Shell replaces what came
	EventStop                     // a choice ends, after all its parts
	EventUsage                    // cost so far; the last one counts
	EventNote                     // members for the reply's or the message's Extra
	EventPing                     // nothing, but the provider is alive
	EventEnd                      // the answer is complete
)

// DeltaField is which field of the part grows.
type DeltaField uint8

// The fields. A seal replaces, a citation is added, all else is appended.
const (
	DeltaText DeltaField = iota
	DeltaArgs
	DeltaSeal
	DeltaCite
)
