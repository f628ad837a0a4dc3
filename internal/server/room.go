package server

import (
	"sync"

	"sluice/internal/jsonx"
	"sluice/internal/upstream"
)

// room is memory that one visit after the other uses, since making, clearing and
// collecting it costs a tenth of a request (docs/performance.md). It goes on to the
// next one only when a visit has come to a good end and nobody sends the body any
// more (http1.Use). What a visit leaves behind must be a copy: with the race
// detector on, memory is overwritten first, so that tests see who kept it.
type room struct {
	small   []byte // for bodies of requests, but for large ones
	large   []byte // from buffers, for this body
	finder  jsonx.Finder
	attempt upstream.Room
}

// visits are empty but for their rooms.
var visits = sync.Pool{New: func() any { return new(visit) }}

// leave makes the visit another's.
func (v *visit) leave() {
	buffers.put(v.room.large)
	overwrite(v.room.small[:cap(v.room.small)])
	v.room.finder.Reset()
	v.room.attempt.Reset(overwrite)
	kept := v.room
	kept.large = nil
	*v = visit{}
	v.room = kept
	visits.Put(v)
}

// take returns memory for a body of so many bytes.
func (r *room) take(size int) []byte {
	if size > 1<<(smallest-1) {
		r.large = buffers.take(size)
		return r.large
	}
	if cap(r.small) < size {
		r.small = make([]byte, 0, max(size, fewBytes))
	}
	return r.small[:0]
}

// fewBytes is room for most small bodies.
const fewBytes = 512
