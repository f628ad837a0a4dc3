package seal

import "sluice/internal/llm"

// Collector gathers from a stream what Keep would find in the whole reply. Text
// is not kept. The zero value collects nothing; see Memory.Collect.
type Collector struct {
	memory *Memory
	owner  Owner
	parts  map[[2]int]*gathered
	order  [][2]int
	size   int
	last   *gathered // whose text the last event went on with; nil: none that is kept
}

// gathered is a part so far. Its text grows apart: pieces put to a string one by
// one would copy it with each.
type gathered struct {
	llm.Part
	more []byte
}

// Collect begins to listen to a stream.
func (m *Memory) Collect(o Owner) *Collector { return &Collector{memory: m, owner: o} }

// Add looks at one event. At the end of the stream it keeps what it gathered.
func (c *Collector) Add(e *llm.Event) {
	c.last = nil
	key := [2]int{e.Choice, e.Part}
	switch e.Kind {
	case llm.EventOpen:
		if k := e.Shell.Kind; k != llm.PartThinking && k != llm.PartCall || c.size > maxTurn {
			return
		}
		if c.parts == nil {
			c.parts = map[[2]int]*gathered{}
		}
		c.parts[key] = &gathered{Part: e.Shell.Clone()}
		c.order = append(c.order, key)
	case llm.EventDelta, llm.EventClose:
		c.grow(c.parts[key], e)
	case llm.EventEnd:
		c.end()
	}
}

// Again is Add for an event that was the last one but for its text.
func (c *Collector) Again(text []byte) {
	if p := c.last; p != nil {
		if c.size += len(text); c.size <= maxTurn {
			p.more = append(p.more, text...)
		}
	}
}

func (c *Collector) grow(p *gathered, e *llm.Event) {
	switch {
	case p == nil:
	case e.Kind == llm.EventClose:
		if e.Shell != nil {
			*p = gathered{Part: e.Shell.Clone()}
		}
	case e.Field == llm.DeltaSeal:
		p.Seal = e.Seal
	case e.Field == llm.DeltaText && p.Kind == llm.PartThinking:
		if c.size += len(e.Text); c.size <= maxTurn {
			p.more = append(p.more, e.Text...)
		}
		c.last = p
	}
}

func (c *Collector) end() {
	if c.size > maxTurn {
		return
	}
	turns := map[int]*turn{}
	for _, key := range c.order {
		if turns[key[0]] == nil {
			turns[key[0]] = &turn{}
		}
		p := c.parts[key]
		p.Text, p.more = p.Text+string(p.more), nil
		turns[key[0]].add(&p.Part)
	}
	for _, t := range turns {
		c.memory.keep(c.owner, t)
	}
}
