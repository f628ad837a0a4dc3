// Package recent keeps what was used lately, within a bound of bytes and, if
// wished, of time. It knows nothing of what it keeps. Start with Map.
package recent

import (
	"sync"
	"time"
)

// Map keeps values in two generations: when the young one is full, or has lived
// half its time, it becomes the old one; what is used again moves back. So it
// never holds more than twice Max, a value in use stays, and a lookup costs a
// map access or two. Set the fields before the first use.
type Map[V any] struct {
	Max  int              // cost per generation
	Life time.Duration    // how long an unused value may stay, about; 0: no limit
	Now  func() time.Time // nil: time.Now

	mu         sync.RWMutex // guards all below
	young, old map[string]entry[V]
	size, aged int   // cost of young and of old
	moved      int   // keys of old that are in young as well
	lost       int64 // keys that went
	turned     time.Time
}

type entry[V any] struct {
	value V
	cost  int
}

// Get returns the value of a key.
func (m *Map[V]) Get(key []byte) (value V, ok bool) {
	now := m.now()
	m.mu.RLock()
	e, ok := m.young[string(key)]
	aged, was := e, false
	if !ok {
		aged, was = m.old[string(key)]
	}
	late := m.late(now)
	m.mu.RUnlock()
	switch {
	case late: // whatever is here goes, in a moment
		m.mu.Lock()
		m.turn(now)
		m.mu.Unlock()
		if !ok {
			return value, false
		}
	case !ok && was:
		e, ok = aged, true
		m.Put(key, e.value, e.cost)
	}
	return e.value, ok
}

// Put keeps a value that costs so many bytes, beside its key.
func (m *Map[V]) Put(key []byte, value V, cost int) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	_, young := m.young[string(key)]
	if _, old := m.old[string(key)]; old && !young {
		m.moved++
	}
	if m.young == nil || m.size+len(key)+cost > m.Max || m.late(now) {
		if m.turn(now); young {
			m.moved++
		}
	}
	m.size += len(key) + cost
	m.young[string(key)] = entry[V]{value, cost}
}

func (m *Map[V]) turn(now time.Time) {
	m.lost += int64(len(m.old) - m.moved)
	m.aged, m.moved = m.size, 0
	m.old, m.young, m.size, m.turned = m.young, map[string]entry[V]{}, 0, now
}

func (m *Map[V]) late(now time.Time) bool {
	return m.Life > 0 && m.young != nil && now.Sub(m.turned) > m.Life/2
}

func (m *Map[V]) now() time.Time {
	switch {
	case m.Life == 0:
		return time.Time{}
	case m.Now != nil:
		return m.Now()
	}
	return time.Now()
}
