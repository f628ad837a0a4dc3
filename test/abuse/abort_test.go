package abuse_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// abortions is how many requests TestAbortedRequests gives up: R03 asks for
// 10,000. A short run, or one under the race detector of a busy machine, may
// set fewer with ABORTS.
func abortions(t *testing.T) int {
	t.Helper()
	n := 10_000
	if testing.Short() {
		n = 1000
	}
	if text := os.Getenv("ABORTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal("ABORTS: ", err)
		}
	}
	return n
}

// TestAbortedRequests is R03 and R11: after 10,000 requests whose clients left,
// in every phase, plain and streamed, by FIN and by reset, the gateway has no
// more goroutines than before (+50) and no more memory (+64 MiB), and neither
// has the provider: every call was given up with its client. A failure is
// replayed from the seed it prints (R51).
func TestAbortedRequests(t *testing.T) {
	const workers = 64
	mock := start(t, nil, "mock")
	p := start(t, nil, "serve")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	warm := rand.New(rand.NewPCG(seed, 0))
	for i := range 5 * len(aborts) {
		if err := aborts[i%len(aborts)].run(p.addr, mock.addr, warm); err != nil {
			t.Fatalf("%s: %v", aborts[i%len(aborts)].name, err)
		}
	}
	p.healthy(t, mock)
	before, provider := p.vitals(t), mock.vitals(t)
	began := time.Now()
	n := abortions(t)
	work := make(chan int)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(w)+1))
			for i := range work {
				a := &aborts[i%len(aborts)]
				if err := a.run(p.addr, mock.addr, dice); err != nil {
					t.Errorf("%s: %v", a.name, err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wait.Wait()
	t.Logf("%d requests in %s", n, time.Since(began).Round(time.Millisecond))
	p.settles(t, "gateway", before)
	mock.settles(t, "provider", provider)
	p.healthy(t, mock)
}
