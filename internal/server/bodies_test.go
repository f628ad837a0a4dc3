package server

import "testing"

// TestBodies: pieces have the room that was asked for, and come back.
func TestBodies(t *testing.T) {
	var p bodies
	for _, size := range []int{0, 1, 1 << 15, 1<<15 + 1, 1 << 16, 1<<16 + 1, 100_000, 1 << 20, 1<<20 + 1, 5 << 20} {
		b := p.take(size)
		if len(b) != 0 || cap(b) < size {
			t.Errorf("%d bytes of room for %d", cap(b), size)
		}
		if kept := size > 1<<15 && size <= 1<<20; kept && cap(b) >= 2*max(size, 1<<15) {
			t.Errorf("%d bytes of room for %d", cap(b), size)
		}
		p.put(b)
	}
	for _, odd := range [][]byte{nil, make([]byte, 3), make([]byte, 70_000), make([]byte, 2<<20)} {
		p.put(odd) // not from here
		if b := p.take(cap(odd)); cap(odd) > 0 && cap(b) > 0 && &b[:1][0] == &odd[:1][0] {
			t.Errorf("%d bytes of another's were taken in", cap(odd))
		}
	}
}
