package llm

// Reply is a model's whole answer.
type Reply struct {
	ID, Model string
	Created   int64 // Unix seconds; 0: not said
	Choices   []Choice
	Usage     *Usage // nil: not said
	Extra     Extra
}

// Choice is one of the answers. Most dialects give exactly one message in it.
type Choice struct {
	Index    int
	Messages []Message
	Stop     Stop
	Extra    Extra
}

// Stop is why an answer ended.
type Stop struct {
	Kind     StopKind
	Raw      string // the vendor's word, for its own family and for clients who asked for it
	Sequence string // the stop string that was met
}

// StopKind is our word for it (vocabulary, stop reasons).
type StopKind uint8

// The kinds.
const (
	StopUnsaid    StopKind = iota // not ended, or no reason given
	StopEnd                       // the model had no more to say
	StopSequence                  // a stop string was met
	StopCalls                     // the client is to run calls
	StopLength                    // the limit of tokens
	StopContext                   // the model's window is full
	StopRefusal                   // the model would not
	StopFilter                    // a safety filter cut the answer
	StopPause                     // to be continued by sending the answer back
	StopCompacted                 // the conversation was shortened
	StopUnknown                   // a word we do not know; acts as the end
)

// Calls reports whether the client has calls to run.
func (c *Choice) Calls() bool {
	for i := range c.Messages {
		for j := range c.Messages[i].Parts {
			if p := &c.Messages[i].Parts[j]; p.Kind == PartCall && p.Call.By == ByClient {
				return true
			}
		}
	}
	return false
}
