package llm

import "sluice/internal/jsonx"

// Part is one piece of a message. Which fields count depends on Kind. Order
// inside a message is information: text stands between calls and results.
type Part struct {
	Kind   PartKind
	Text   string // text, thinking, refusal
	Media  *Media
	Call   *Call
	Result *Result
	Cites  []Cite      // on text
	Seal   *Seal       // proof bound to this very part
	Cache  *CacheMark  // the prompt up to here shall be cached
	Adds   []Tool      // of a block that brings tools into the talk; by name alone if they are among the prompt's
	Label  string      // what the wire calls a part of no common kind
	Raw    jsonx.Value // the whole wire object of such a part
	Extra  Extra
}

// PartKind is what a part is.
type PartKind uint8

// The kinds. Opaque is a block that only its own family can speak.
const (
	PartText PartKind = iota
	PartThinking
	PartRefusal
	PartMedia
	PartCall
	PartResult
	PartOpaque
)

var partNames = [...]string{"text", "thinking", "refusal", "media", "call", "result", "opaque"}

// String is the name used in messages to clients.
func (k PartKind) String() string { return partNames[k] }

// Media is something to see, hear or read. One of URL, Data, Text, FileID and
// Parts says what; the others are empty.
type Media struct {
	Kind   MediaKind
	Type   string // media type, empty when not said
	URL    string // never a data URL
	Data   string // base64
	Text   string // of a document given as plain text
	FileID string // a handle at the vendor
	Parts  []Part // of a document given in pieces
	Name   string // file name or title
	About  string // context for the model that is not part of a document
	Detail string // how closely to look at an image
	Extra  Extra  // members beside
}

// MediaKind is what a medium is for.
type MediaKind uint8

// The kinds of media.
const (
	Image MediaKind = iota
	Audio
	Video
	Document
)

var mediaNames = [...]string{"image", "audio", "video", "document"}

// String is the name used in messages to clients.
func (k MediaKind) String() string { return mediaNames[k] }

// Seal is opaque proof that must come back unchanged, on the same part, to the
// same origin (vocabulary, seals).
type Seal struct {
	Origin string // who can read it: anthropic, google, openai, …
	Kind   SealKind
	Data   string
}

// SealKind is what a seal proves or hides.
type SealKind uint8

// The kinds of seals.
const (
	Signature SealKind = iota // of what stands beside
	Encrypted                 // the content itself, unreadable
	Redacted                  // the content itself, withheld for safety
)

// CacheMark is a breakpoint of a prompt cache, after the part or tool it is on.
type CacheMark struct {
	TTL   string // the vendor's word, empty for the default
	Extra Extra
}

// Cite says where a text comes from. The span is in bytes of the part's text;
// an End of 0 is the whole part.
type Cite struct {
	URL, Title, Quote string
	Start, End        int
	Raw               jsonx.Value // the wire's own object, for its family
	Family            string
}
