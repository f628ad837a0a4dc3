package route

import (
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/recent"
)

// ways is how many places a key can have: one cache line of pointers.
const ways = 8

// table keeps rows by hash, within a fixed number of places (R32). Reading
// takes no lock and allocates nothing; a full neighbourhood gives up the row
// that was not used for longest.
type table[V any] struct {
	slots []atomic.Pointer[row[V]] // a power of two, at least ways
	used  atomic.Int64
	lost  atomic.Int64 // rows that had to go while they were young

	mu sync.Mutex // guards changes of slots
}

type row[V any] struct {
	key  uint64
	last atomic.Int64 // use, a time.Duration
	v    V
}

func (r *row[V]) touch(now time.Duration) { r.last.Store(int64(now)) }

func newTable[V any](size int) *table[V] {
	return &table[V]{slots: make([]atomic.Pointer[row[V]], size)}
}

// home is the neighbourhood of a key.
func (t *table[V]) home(key uint64) []atomic.Pointer[row[V]] {
	at := int(key) & (len(t.slots) - 1) &^ (ways - 1)
	return t.slots[at : at+ways]
}

func (t *table[V]) get(key uint64) *row[V] {
	home := t.home(key)
	for i := range home {
		if r := home[i].Load(); r != nil && r.key == key {
			return r
		}
	}
	return nil
}

// obtain returns the row of a key, a new one if there is none. young is how
// recently a row must have been used for its loss to be worth counting.
func (t *table[V]) obtain(key uint64, now, young time.Duration) *row[V] {
	if r := t.get(key); r != nil {
		return r
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.get(key); r != nil {
		return r
	}
	home := t.home(key)
	place := &home[0]
	for i := range home {
		r := home[i].Load()
		if r == nil {
			place = &home[i]
			break
		}
		if r.last.Load() < place.Load().last.Load() {
			place = &home[i]
		}
	}
	switch old := place.Load(); {
	case old == nil:
		t.used.Add(1)
	case now-time.Duration(old.last.Load()) < young:
		t.lost.Add(1)
	}
	r := &row[V]{key: key}
	r.touch(now)
	place.Store(r)
	return r
}

// remove takes a row out. Who still holds it changes nothing any more.
func (t *table[V]) remove(r *row[V]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	home := t.home(r.key)
	for i := range home {
		if home[i].CompareAndSwap(r, nil) {
			t.used.Add(-1)
		}
	}
}

func (t *table[V]) each(visit func(*row[V])) {
	for i := range t.slots {
		if r := t.slots[i].Load(); r != nil {
			visit(r)
		}
	}
}

func (t *table[V]) fill() recent.Fill {
	return recent.Fill{Held: t.used.Load(), Limit: int64(len(t.slots)), Lost: t.lost.Load()}
}
