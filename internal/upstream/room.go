package upstream

import (
	"net/http"
)

// Room is memory for an attempt, which is used again once whoever asked needs
// nothing of the answer any more. Only the first attempt of a request has it: of what
// one has brought, a later one must not take anything away.
type Room struct {
	asked, got http.Header // empty; of the request and of the answer
	body, said []byte      // for a whole answer, as the provider gave it and as the client gets it
	taken      bool
}

// What is kept for the next one.
const (
	roomBytes   = 32 << 10
	roomHeaders = 32
)

// fresh is the header of a room, in which there is nothing yet.
func fresh(h *http.Header) http.Header {
	if *h == nil {
		*h = make(http.Header, 8)
	}
	return *h
}

// take returns the room, once.
func (r *Request) take() *Room {
	if r.Room == nil || r.Room.taken {
		return new(Room)
	}
	r.Room.taken = true
	return r.Room
}

// Reset makes the room free for another request; before, it hands out what somebody
// could still be reading.
func (r *Room) Reset(overwrite func([]byte)) {
	r.taken = false
	for _, h := range []*http.Header{&r.asked, &r.got} {
		if len(*h) > roomHeaders {
			*h = nil
		}
		clear(*h)
	}
	for _, b := range []*[]byte{&r.body, &r.said} {
		if cap(*b) > roomBytes {
			*b = nil
		}
		overwrite((*b)[:cap(*b)])
	}
}
