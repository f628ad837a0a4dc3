package http1

import "time"

// maxOdd is how many origins are remembered that speak HTTP/2 alone.
const maxOdd = 1024

func (p *pool) mark(at origin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.odd == nil || len(p.odd) >= maxOdd {
		p.odd = map[origin]bool{}
	}
	p.odd[at] = true
}

// take returns an idle connection that still lives, nil if there is none. Odd is an
// origin that is known not to speak HTTP/1.
func (p *pool) take(at origin, now time.Time) (c *conn, odd bool) {
	for {
		c, odd := p.pop(at)
		if c == nil {
			return nil, odd
		}
		if now.Sub(c.since) < c.t.IdleTime && c.alive() {
			return c, false
		}
		c.close()
	}
}

func (p *pool) pop(at origin) (c *conn, odd bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[at]
	n := len(list)
	if n == 0 {
		return nil, p.odd[at]
	}
	c = list[n-1]
	list[n-1] = nil
	p.idle[at] = list[:n-1]
	p.count--
	return c, false
}

// put keeps a connection for the next request, if there is room.
func (p *pool) put(c *conn) {
	c.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[c.at]
	if len(list) >= c.t.IdlePerHost || p.count >= c.t.IdleTotal {
		p.lost++
		c.close()
		return
	}
	if p.idle == nil {
		p.idle = map[origin][]*conn{}
	}
	p.idle[c.at] = append(list, c)
	p.count++
	if p.timer == nil {
		t := c.t
		p.timer = time.AfterFunc(t.IdleTime, func() { p.drop(time.Now().Add(-t.IdleTime), false) })
	}
}

// drop closes the connections that are idle since before then, or all.
func (p *pool) drop(then time.Time, all bool) {
	p.mu.Lock()
	var old []*conn
	var again time.Duration
	for at, list := range p.idle {
		kept := list[:0]
		for _, c := range list {
			if all || c.since.Before(then) {
				old = append(old, c)
				continue
			}
			kept = append(kept, c)
			again = c.t.IdleTime
		}
		clear(list[len(kept):])
		if p.idle[at] = kept; len(kept) == 0 {
			delete(p.idle, at)
		}
	}
	p.count -= len(old)
	if p.timer != nil {
		p.timer.Stop()
		if p.timer = nil; again > 0 {
			p.timer = time.AfterFunc(again, func() { p.drop(time.Now().Add(-again), false) })
		}
	}
	p.mu.Unlock()
	for _, c := range old {
		c.close()
	}
}
