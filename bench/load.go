package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load sends one scenario's requests to one gateway.
type load struct {
	addr    string
	request []byte
	words   int
	conns   int

	answered atomic.Int64
	failed   atomic.Int64
	first    atomic.Pointer[error] // of the failures
	mu       sync.Mutex            // guards times
	times    []time.Duration
}

func (l *load) client() *client {
	return &client{addr: l.addr, request: l.request, words: l.words}
}

func (l *load) ask(ctx context.Context, c *client) {
	err := c.ask(ctx)
	if err == nil {
		l.answered.Add(1)
		return
	}
	if ctx.Err() == nil {
		l.failed.Add(1)
		l.first.CompareAndSwap(nil, &err)
	}
}

// each runs one function per connection and waits for all.
func (l *load) each(work func(i int, c *client)) {
	var all sync.WaitGroup
	for i := range l.conns {
		all.Go(func() {
			c := l.client()
			defer c.close()
			work(i, c)
		})
	}
	all.Wait()
}

// closed asks on each connection again and again until the context ends.
func (l *load) closed(ctx context.Context) {
	l.each(func(_ int, c *client) {
		for ctx.Err() == nil {
			l.ask(ctx, c)
		}
	})
}

// fixed asks at a steady rate. A request that had to wait for a free connection
// is timed from when it was due, so that a slow gateway cannot hide its queue;
// any other from its sending, so that our own timer's lateness is not counted.
func (l *load) fixed(ctx context.Context, rate int) {
	var next atomic.Int64
	began := time.Now()
	l.each(func(_ int, c *client) {
		var times []time.Duration
		for ctx.Err() == nil {
			due := began.Add(time.Duration(next.Add(1)) * time.Second / time.Duration(rate))
			from := due
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
				from = time.Now()
			}
			l.ask(ctx, c)
			times = append(times, time.Since(from))
		}
		l.mu.Lock()
		l.times = append(l.times, times...)
		l.mu.Unlock()
	})
}

// streams asks once on every connection; they begin within the ramp.
func (l *load) streams(ctx context.Context, ramp time.Duration) {
	l.each(func(i int, c *client) {
		select {
		case <-ctx.Done():
		case <-time.After(ramp * time.Duration(i) / time.Duration(l.conns)):
			l.ask(ctx, c)
		}
	})
}

// percentile of the times in milliseconds, 0 without any.
func (l *load) percentile(p float64) float64 {
	if len(l.times) == 0 {
		return 0
	}
	slices.Sort(l.times)
	return l.times[int(p*float64(len(l.times)-1))].Seconds() * 1000
}

// err is the first failure, when more than one request in a thousand failed.
func (l *load) err() error {
	first := l.first.Load()
	switch {
	case l.answered.Load() == 0 && first == nil:
		return errors.New("nothing was answered")
	case l.failed.Load()*1000 > l.answered.Load():
		return *first
	}
	return nil
}
