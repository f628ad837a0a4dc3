package http1

// sight is what a look into a socket shows.
type sight uint8

const (
	silent sight = iota // open, and nothing to read
	spoken              // there is something to read
	over                // the other side has gone
)
