package llm

import "sluice/internal/jsonx"

// Embedding asks for vectors, one for each text or picture.
type Embedding struct {
	Model       string
	Texts       []string
	Media       []*Media // in place of a text, where there is something to look at; nil or as long as Texts
	Dimensions  *int64
	Task, Title string // what the vectors are for, where the wire says it
	TaskField   string // what the client calls Task
	Batch       bool   // the client asked with a list, and wants one back
	Base64      bool   // the client wants each vector as little-endian float32 in base64
	Extra       Extra
}

// Add asks for one more vector, of a text or of something to look at.
func (e *Embedding) Add(text string, m *Media) {
	e.Texts, e.Media = append(e.Texts, text), append(e.Media, m)
}

// Pictures reports whether there is anything to look at.
func (e *Embedding) Pictures() bool {
	for _, m := range e.Media {
		if m != nil {
			return true
		}
	}
	return false
}

// Vectors is the answer to an Embedding.
type Vectors struct {
	Model  string
	Values []jsonx.Value // arrays of numbers, as they came
	Usage  *Usage        // nil: not said
}
