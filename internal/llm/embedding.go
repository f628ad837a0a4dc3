package llm

import "sluice/internal/jsonx"

// Embedding asks for vectors, one for each text.
type Embedding struct {
	Model       string
	Texts       []string
	Dimensions  *int64
	Task, Title string // what the vectors are for, where the wire says it
	Batch       bool   // the client asked with a list, and wants one back
	Base64      bool   // the client wants each vector as little-endian float32 in base64
	Extra       Extra
}

// Vectors is the answer to an Embedding.
type Vectors struct {
	Model  string
	Values []jsonx.Value // arrays of numbers, as they came
	Usage  *Usage        // nil: not said
}
