package upstream

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"
)

// TestRoom: the first attempt of a request has its room and no other; it is empty
// for the next request, and what is large does not stay.
func TestRoom(t *testing.T) {
	r := &Request{Room: new(Room)}
	first := r.take()
	if first != r.Room {
		t.Fatal("the first attempt does not have the room")
	}
	if second := r.take(); second == first {
		t.Fatal("two attempts have the same room")
	}
	asked := fresh(&first.asked)
	asked["A"] = []string{"b"}
	for i := range roomHeaders + 1 {
		fresh(&first.got)["X-"+strconv.Itoa(i)] = nil
	}
	first.body = bytes.Repeat([]byte("b"), 100)
	first.said = make([]byte, roomBytes+1)
	body, overwritten := first.body, 0
	first.Reset(func(b []byte) { overwritten += len(b) })
	if overwritten != cap(body) {
		t.Errorf("%d bytes were overwritten of %d", overwritten, cap(body))
	}
	if len(asked) != 0 || first.got != nil || first.said != nil {
		t.Errorf("left: %v, %d headers, %d bytes", asked, len(first.got), len(first.said))
	}
	if r.take() != r.Room || fresh(&first.asked) == nil {
		t.Error("the next request does not have the room")
	}
	if (&Request{}).take() == nil {
		t.Error("a request without a room has none")
	}
	var none http.Header
	if fresh(&none) == nil || none == nil {
		t.Error("a header that is needed was not made")
	}
}
