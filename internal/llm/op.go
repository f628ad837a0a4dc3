package llm

// Op is what a client asks for, whatever dialect it speaks.
type Op uint8

// The operations. Relay is every path that is carried through to the chosen
// provider without being understood.
const (
	Relay       Op = iota // any other path: bytes through, both ways
	Chat                  // a conversation
	Complete              // the legacy text completion
	Embed                 // vectors for texts
	Models                // the list of models
	CountTokens           // how long a conversation is, without an answer
	Rerank                // which documents answer a question best
	Draw                  // pictures drawn from a text
	Speak                 // a text spoken
)

var opNames = [...]string{Relay: "relay", Chat: "chat", Complete: "complete", Embed: "embed", Models: "models", CountTokens: "count_tokens", Rerank: "rerank", Draw: "image", Speak: "speech"}

// String is the name used in provider files, logs and metrics.
func (o Op) String() string { return opNames[o] }

// Relayable reports whether a provider that does not name a place for the
// operation is asked at the client's own path: most vendors that have it copied
// one form of it.
func (o Op) Relayable() bool { return o == Rerank || o == Draw || o == Speak }

// OpNames are the names of the operations a provider file may hold.
func OpNames() []string { return opNames[Relay+1:] }

// ParseOp reads a name that String wrote.
func ParseOp(name string) (Op, bool) {
	for op, s := range opNames {
		if s == name {
			return Op(op), true
		}
	}
	return Relay, false
}
