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

// Split cuts a request into pieces of at most size texts; 0 is no bound.
func (e *Embedding) Split(size int) []Embedding {
	if size <= 0 || len(e.Texts) <= size {
		return []Embedding{*e}
	}
	var pieces []Embedding
	for from := 0; from < len(e.Texts); from += size {
		piece := *e
		piece.Texts = e.Texts[from:min(from+size, len(e.Texts))]
		if e.Media != nil {
			piece.Media = e.Media[from:min(from+size, len(e.Media))]
		}
		piece.Batch = e.Batch && size > 1
		pieces = append(pieces, piece)
	}
	return pieces
}

// Join puts the answers to the pieces of a request together.
func Join(pieces []*Vectors) *Vectors {
	all := &Vectors{Model: pieces[0].Model}
	for _, v := range pieces {
		all.Values = append(all.Values, v.Values...)
		if v.Usage == nil {
			continue
		}
		if all.Usage == nil {
			all.Usage = &Usage{}
		}
		all.Usage.Input += v.Usage.Input
	}
	return all
}
