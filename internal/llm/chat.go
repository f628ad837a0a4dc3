package llm

import "sluice/internal/jsonx"

// Prompt is what a client asks of a model: a conversation so far, the tools it
// may call, and how to answer. Decoders put everything in as it came; they
// never merge, reorder, trim or default.
type Prompt struct {
	Family      string // of the client's wire format, as in Extra
	Model       string
	Stream      bool
	StreamUsage *bool // whether the stream shall tell its cost; nil: not said

	Messages []Message
	// Slot says that the first message was not in the list of messages but in a
	// place of its own (Anthropic's system), for naming fields of the client.
	Slot bool
	// List and Beside are what the client calls the list of messages and that
	// place; empty: messages and system.
	List, Beside string
	Within       string // what it calls a message's list of parts; empty: content
	Calls        string // what it calls a message's list of calls; empty: they are among the parts

	Tools     []Tool
	Choice    ToolChoice
	Output    Output
	Reasoning Reasoning
	Sampling  Sampling
	Limits    Limits
	Caller    Caller
	Cache     *CacheMark // automatic mark on the last part
	State     State
	Extra     Extra
}

// Role is who speaks. There is no role for tools: results are parts of what
// the user's side says.
type Role string

// The roles. Developer is what OpenAI's newer models call system.
const (
	System    Role = "system"
	Developer Role = "developer"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Instructs reports whether the role gives instructions to the model.
func (r Role) Instructs() bool { return r == System || r == Developer }

// Message is one turn, in a prompt as well as in a reply. Where a wire has
// items instead of turns, each item is a message.
type Message struct {
	Role   Role
	Name   string // of the participant
	ID     string // of the item
	Phase  string // of a model's text: on the way, or the final answer
	Status string // of the item: the wire's word
	Label  string // what the wire calls the item, when it said
	Parts  []Part
	Extra  Extra
}

// State is what a client wants its vendor to keep, or refers to as kept there.
type State struct {
	Unstored bool     // nothing shall be kept
	Sealed   bool     // the model's thinking shall come sealed, to be sent back
	Kept     []string // fields that refer to what the vendor keeps; no other vendor can honour them
}

// Extra keeps the members of a wire object that its decoder did not consume,
// verbatim and in their order. Only encoders of the same family write them;
// others report them as lost (vocabulary, families).
type Extra struct {
	Family string // of wire formats: openai-chat, anthropic, …
	Quiet  bool   // no other family misses anything: the request repeated, bookkeeping
	Fields []Field
	// Spelling says how the wire wrote what it can write in several ways, so
	// that its own family can be given the same back; nothing is lost with it.
	Spelling []string
}

// Field is one member of a wire object.
type Field struct {
	Name  string
	Value jsonx.Value
}

// Get returns the member's value if the Extra is of that family, else nil.
func (x Extra) Get(family, name string) jsonx.Value {
	if x.Family == family {
		for _, f := range x.Fields {
			if f.Name == name {
				return f.Value
			}
		}
	}
	return nil
}

// Output is the form of the answer. The zero value is free text.
type Output struct {
	Plain      bool    // free text, said in so many words
	JSON       bool    // any JSON object
	Schema     *Schema // JSON of this shape
	Verbosity  string
	Modalities []string // what the answer is made of; empty: text
	Extra      Extra
}

// Schema is a JSON Schema for the whole answer.
type Schema struct {
	Name, Description string
	Raw               jsonx.Value // never decoded: the order of its members steers models
	Strict            *bool
	Source            Extra // the wire's own form of Raw, where it is no JSON Schema
	Extra             Extra
}

// Reasoning is how much a model shall think before it answers.
type Reasoning struct {
	Mode   ThinkMode
	Effort string // the client's word: minimal low medium high xhigh max none
	Budget *int64 // tokens
	Show   string // summarized, omitted, …: the client's word
	Source Extra  // the wire's own members, which the fields above were read from
}

// ThinkMode is whether a model shall think.
type ThinkMode uint8

// The modes. Effort or a budget alone may also turn thinking on.
const (
	ThinkUnsaid ThinkMode = iota
	ThinkOff
	ThinkOn       // with a budget
	ThinkAdaptive // as much as the model sees fit
)

// Sampling holds the knobs of token choice; nil means not said.
type Sampling struct {
	Temperature, TopP                 *float64
	TopK, Seed, N                     *int64
	FrequencyPenalty, PresencePenalty *float64
}

// Limits end an answer early.
type Limits struct {
	MaxTokens        *int64
	IncludesThinking bool // MaxTokens counts thinking too
	Stop             []string
}

// Caller is what the client says about itself and its wishes from the vendor's
// accounting.
type Caller struct {
	User, SafetyID string
	CacheKey       string // groups prompts that share a cache
	Tier           string
	Metadata       jsonx.Value
}
