package route

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/recent"
)

// The retry budget (R16): retries under way and of the last 10 s are at most a
// fifth of the requests of the last 10 s, with a floor of 10 a second.
const (
	budgetWindow = 10 * time.Second
	budgetShare  = 5 // one retry for so many requests
	budgetFloor  = 10 * int64(budgetWindow/time.Second)
)

// maxOrigins bounds how many places a budget watches.
const maxOrigins = 4096

// Budget keeps retries from making an outage worse: each origin has one. It is
// safe for concurrent use.
type Budget struct {
	seed    maphash.Seed
	origins *table[account]
}

// NewBudget returns a Budget that has seen nothing.
func NewBudget() *Budget {
	return &Budget{seed: maphash.MakeSeed(), origins: newTable[account](maxOrigins)}
}

// account is the budget of one origin.
type account struct {
	requests window

	mu      sync.Mutex // guards all below; only retries take it
	retries window
	flying  int64
}

// asked counts a request to an origin and returns the origin's account.
func (b *Budget) asked(origin string, now time.Duration) *row[account] {
	a := b.origins.obtain(maphash.String(b.seed, origin), now, budgetWindow)
	a.v.requests.add(now)
	if last := time.Duration(a.last.Load()); now-last > time.Second { // not each time: others read it
		a.touch(now)
	}
	return a
}

// take asks for one retry. Who gets it says when it is over.
func (a *account) take(now time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.flying+a.retries.sum(now)+1 > max(a.requests.sum(now)/budgetShare, budgetFloor) {
		return false
	}
	a.flying++
	return true
}

// over moves a retry from those under way to those of the last 10 s.
func (a *account) over(now time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.flying--
	a.retries.add(now)
}

// Fill says how many origins are watched.
func (b *Budget) Fill() recent.Fill { return b.origins.fill() }

// step is how finely a window forgets.
const step = 500 * time.Millisecond

// window counts what happened in the last 10 s, and up to a step longer. Each
// part holds its number since the epoch and a count in one word, so that
// counting is one atomic exchange.
type window struct {
	parts [budgetWindow/step + 1]atomic.Uint64
}

func (w *window) add(now time.Duration) {
	n := uint64(now / step)
	p := &w.parts[n%uint64(len(w.parts))]
	for {
		old := p.Load()
		next := n<<32 | 1
		if old>>32 == n {
			next = old + 1
		}
		if p.CompareAndSwap(old, next) {
			return
		}
	}
}

func (w *window) sum(now time.Duration) (total int64) {
	n := uint64(now / step)
	for i := range w.parts {
		if v := w.parts[i].Load(); n-v>>32 < uint64(len(w.parts)) {
			total += int64(v & (1<<32 - 1))
		}
	}
	return total
}
