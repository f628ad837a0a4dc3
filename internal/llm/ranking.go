package llm

import "sluice/internal/jsonx"

// Ranking asks which of several documents answer a question best.
type Ranking struct {
	Model     string
	Query     string
	Documents []Candidate
	Top       *int64 // how many shall be named; nil: all
	Return    *bool  // whether the answer shall repeat the documents
	Extra     Extra
}

// Candidate is one of the documents. Its text may have been a member of an object.
type Candidate struct {
	Text string
	Raw  jsonx.Value // as the client wrote it
}

// Ranks is the answer to a Ranking, the best first.
type Ranks struct {
	ID, Model string
	Ranks     []Rank
	Usage     *Usage // nil: not said
	Extra     Extra
}

// Rank is how well one document answers: more is better, of no common scale.
type Rank struct {
	Index int64
	Score jsonx.Value // a number, as it came
}
