package telemetry

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// maxSeries bounds each counter; what comes beyond it is counted as other.
const maxSeries = 4096

// counter is a number for each combination of labels. The map is copied when a
// series is added, so that counting reads it without a lock.
type counter[K comparable] struct {
	write func(b []byte, k K) []byte
	other K
	lost  atomic.Int64

	series atomic.Pointer[map[K]*atomic.Int64]
	mu     sync.Mutex // guards the making of series
}

func (c *counter[K]) inc(k K) {
	if m := c.series.Load(); m != nil {
		if n := (*m)[k]; n != nil {
			n.Add(1)
			return
		}
		if len(*m) > maxSeries {
			c.lost.Add(1)
			(*m)[c.other].Add(1)
			return
		}
	}
	c.first(k).Add(1)
}

// first makes a series.
func (c *counter[K]) first(k K) *atomic.Int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[K]*atomic.Int64{}
	if m := c.series.Load(); m != nil {
		next = maps.Clone(*m)
	}
	if n := next[k]; n != nil {
		return n
	}
	if len(next) >= maxSeries {
		k = c.other
		c.lost.Add(1)
	}
	if next[k] == nil {
		next[k] = &atomic.Int64{}
		c.series.Store(&next)
	}
	return next[k]
}

func (c *counter[K]) get(k K) int64 {
	if m := c.series.Load(); m != nil && (*m)[k] != nil {
		return (*m)[k].Load()
	}
	return 0
}

func (c *counter[K]) lines(b *page) {
	if m := c.series.Load(); m != nil {
		for k, n := range *m {
			b.line(c.write(nil, k), float64(n.Load()))
		}
	}
}

// bounds of the histograms, in seconds: from what a proxy takes to what a model
// takes that thinks.
var bounds = [...]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

// maxOps bounds the operations of a histogram; there are nine.
const maxOps = 16

// histogram is one distribution for each operation.
type histogram struct {
	ops [maxOps]atomic.Pointer[distribution]
}

type distribution struct {
	op      string
	buckets [len(bounds) + 1]atomic.Int64 // each by itself, summed up when written
	nanos   atomic.Int64
}

func (h *histogram) observe(op string, d time.Duration) {
	dist := h.of(op)
	if dist == nil {
		return
	}
	i, s := 0, d.Seconds()
	for i < len(bounds) && s > bounds[i] {
		i++
	}
	dist.buckets[i].Add(1)
	dist.nanos.Add(int64(d))
}

func (h *histogram) of(op string) *distribution {
	for i := range h.ops {
		d := h.ops[i].Load()
		if d == nil {
			made := &distribution{op: op}
			if h.ops[i].CompareAndSwap(nil, made) {
				return made
			}
			d = h.ops[i].Load()
		}
		if d.op == op {
			return d
		}
	}
	return nil
}

func (h *histogram) lines(b *page) {
	for i := range h.ops {
		d := h.ops[i].Load()
		if d == nil {
			return
		}
		labels, count := label(nil, "op", d.op), int64(0)
		for i := range d.buckets {
			count += d.buckets[i].Load()
			le := "+Inf"
			if i < len(bounds) {
				le = number(bounds[i])
			}
			b.part("_bucket", label(labels[:len(labels):len(labels)], "le", le), float64(count))
		}
		b.part("_sum", labels, time.Duration(d.nanos.Load()).Seconds())
		b.part("_count", labels, float64(count))
	}
}
