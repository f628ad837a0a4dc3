package server

import (
	"math/bits"
	"sync"
)

// bodies are the memory that large request bodies are read into. Whose turn it is: a
// visit takes a piece, and gives it back when it leaves.
type bodies [classes]sync.Pool

// Pieces are powers of two.
const (
	smallest = 16 // as a power: what is smaller is cheap to make
	classes  = 5  // up to 1 MiB
)

// class is the place of pieces that hold so many bytes; false: they are not kept.
func class(size int) (k int, ok bool) {
	k = max(bits.Len(uint(size-1))-smallest, 0)
	return k, size > 1<<(smallest-1) && k < classes
}

// take returns an empty piece with room for so many bytes.
func (p *bodies) take(size int) []byte {
	k, ok := class(size)
	if !ok {
		return make([]byte, 0, size)
	}
	if b, _ := p[k].Get().(*[]byte); b != nil {
		return (*b)[:0]
	}
	return make([]byte, 0, 1<<(k+smallest))
}

// put takes one back that came from here; others it lets go.
func (p *bodies) put(b []byte) {
	k, ok := class(cap(b))
	if !ok || cap(b) != 1<<(k+smallest) {
		return
	}
	piece := b[:cap(b)]
	overwrite(piece)
	p[k].Put(&piece)
}

var buffers bodies
