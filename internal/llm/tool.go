package llm

import "sluice/internal/jsonx"

// Tool is something a model may call. A tool with a Builtin is run by the
// vendor; what it is configured with stays in Extra, for its own family.
type Tool struct {
	Name, Description string
	HasDescription    bool        // an empty description was given
	Schema            jsonx.Value // JSON Schema of the arguments, never decoded
	Strict            *bool
	Builtin           string // the vendor's word for a tool of its own
	FreeForm          bool   // takes plain text; Schema says it as one string named input
	Deferred          *bool  // the model learns of it when it is searched for, or added
	Search            bool   // a builtin that only finds the other tools: not missed where all of them are given
	Web               *Web   // of a builtin that searches the web: what other vendors' searches can be told too
	Cache             *CacheMark
	Source            Extra // the wire's own form of Schema, where it is no JSON Schema
	Extra             Extra
	Function          Extra // OpenAI's inner object
}

// Web is what the web searches of several vendors can be told alike.
type Web struct {
	MaxUses          *int64
	Allowed, Blocked []string  // domains
	Within           string    // where the client's wire has Allowed, with a dot at its end
	Size             string    // how much of the findings the model reads: low medium high
	Place            [4]string // roughly where the user is: country, region, city, time zone
	Beside           Extra     // settings that only its own vendor knows
}

// ToolChoice says whether and what a model must call.
type ToolChoice struct {
	Mode     ChoiceMode
	Names    []string // of Named one, of Allowed all
	Must     bool     // Allowed: one of them must be called
	Kind     string   // Named: the wire's word for a tool that is no function
	Parallel *bool    // several calls in one turn; nil: not said
	Raw      jsonx.Value
	Family   string // of Raw
}

// ChoiceMode is how free a model is in calling tools.
type ChoiceMode uint8

// The modes.
const (
	ChoiceUnsaid ChoiceMode = iota
	ChoiceAuto
	ChoiceNone
	ChoiceRequired // some tool
	ChoiceNamed    // this tool
	ChoiceAllowed  // of these tools only
	ChoiceForeign  // a form of the wire's own, in Raw
)

// Call is a model's wish to have a tool run.
type Call struct {
	ID, Name string
	Args     string // as the model wrote it: broken JSON when it was cut off
	FreeForm bool   // Args is plain text, not JSON
	Object   bool   // Args was an object on the wire, with the wire's own spacing
	By       Runner
	Label    string // what the wire calls a call that is not an ordinary one
	Extra    Extra
	Function Extra // OpenAI's inner object
}

// Runner is who runs a call. Only the client's may ever reach a client as a
// call: it would run the vendor's a second time.
type Runner uint8

// The runners.
const (
	ByClient Runner = iota
	ByServer        // the vendor has run it already
)

// Result is what a call came to.
type Result struct {
	CallID  string
	Name    string // of the tool, where the wire says it
	Parts   []Part
	IsError *bool // nil: not said
	By      Runner
	Source  Extra // the wire's own form of the texts in Parts
}
