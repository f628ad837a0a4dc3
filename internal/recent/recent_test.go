package recent_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"sluice/internal/recent"
)

func key(i int) []byte { return []byte(fmt.Sprintf("k%04d", i)) }

func TestMapForgetsWhatIsNotUsed(t *testing.T) {
	m := recent.Map[int]{Max: 100 * 15}
	m.Put(key(0), 0, 10)
	for i := 1; i < 1000; i++ {
		m.Put(key(i), i, 10)
		if _, ok := m.Get(key(0)); !ok {
			t.Fatalf("what is used was forgotten after %d", i)
		}
	}
	kept := 0
	for i := range 1000 {
		if v, ok := m.Get(key(i)); ok {
			kept++
			if v != i {
				t.Errorf("key %d gave %d", i, v)
			}
		}
	}
	if kept < 100 || kept > 201 {
		t.Errorf("%d are kept, want between one and two hundred", kept)
	}
}

func TestMapForgetsWhatIsOld(t *testing.T) {
	now := time.Unix(0, 0)
	m := recent.Map[string]{Max: 1000, Life: time.Hour, Now: func() time.Time { return now }}
	m.Put(key(1), "x", 1)
	now = now.Add(20 * time.Minute)
	if _, ok := m.Get(key(1)); !ok {
		t.Error("gone after 20 minutes")
	}
	for range 3 {
		now = now.Add(31 * time.Minute)
		m.Put(key(2), "y", 1)
	}
	if _, ok := m.Get(key(1)); ok {
		t.Error("still there after nearly two hours")
	}
}

func TestMapTogether(t *testing.T) {
	m := recent.Map[int]{Max: 500}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 2000 {
				m.Put(key(i%50+g), i, 8)
				m.Get(key(i % 60))
			}
		})
	}
	all.Wait()
}

// TestFill: what is held stays within the limit, and each key that went is
// counted once (R32).
func TestFill(t *testing.T) {
	m := recent.Map[int]{Max: 100 * 15}
	for i := range 1000 {
		m.Put(key(i), i, 10)
		m.Get(key(0)) // stays
		if f := m.Fill(); f.Held > f.Limit || f.Limit != 2*100*15 {
			t.Fatalf("after %d: %+v", i, f)
		}
	}
	kept := int64(0)
	for i := range 1000 {
		if _, ok := m.Get(key(i)); ok {
			kept++
		}
	}
	if f := m.Fill(); f.Lost != 1000-kept {
		t.Errorf("%d of 1000 are kept, %d are lost", kept, f.Lost)
	}
}
