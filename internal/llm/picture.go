package llm

import "sluice/internal/jsonx"

// Picture asks a model to draw. What of it a vendor calls by its own name comes
// along in Extra: whoever sends steps or a guidance scale means the vendor.
type Picture struct {
	Model, Prompt string
	Width, Height int64 // pixels; 0: not said
	Count         *int64
	Seed          *int64
	Negative      string // what shall not be in it
	Style         string
	Quality       string
	Inline        bool // the client wants the picture itself, no address
	Extra         Extra
}

// Pictures is the answer to a Picture.
type Pictures struct {
	Created int64 // seconds; 0: not said
	Drawn   []Drawn
	Usage   *Usage
	Extra   Extra
}

// Drawn is one picture: its bytes in base64, or where it can be fetched.
type Drawn struct {
	Data, URL string
	Revised   string      // the prompt as the model understood it
	Raw       jsonx.Value // the wire's own object, for its family
}
