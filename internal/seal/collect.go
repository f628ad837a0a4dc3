package seal

import "sluice/internal/llm"

// Collector gathers from a stream what Keep would find in the whole reply. Text
// is not kept. The zero value collects nothing; see Memory.Collect.
type Collector struct {
	memory *Memory
	owner  Owner
	parts  map[[2]int]*llm.Part
	order  [][2]int
	size   int
}

// Collect begins to listen to a stream.
func (m *Memory) Collect(o Owner) *Collector { return &Collector{memory: m, owner: o} }

// Add looks at one event. At the end of the stream it keeps what it gathered.
func (c *Collector) Add(e *llm.Event) {
	key := [2]int{e.Choice, e.Part}
	switch e.Kind {
	case llm.EventOpen:
		if k := e.Shell.Kind; k != llm.PartThinking && k != llm.PartCall || c.size > maxTurn {
			return
		}
		p := e.Shell.Clone()
		if c.parts == nil {
			c.parts = map[[2]int]*llm.Part{}
		}
		c.parts[key] = &p
		c.order = append(c.order, key)
	case llm.EventDelta, llm.EventClose:
		c.grow(c.parts[key], e)
	case llm.EventEnd:
		c.end()
	}
}

func (c *Collector) grow(p *llm.Part, e *llm.Event) {
	switch {
	case p == nil:
	case e.Kind == llm.EventClose:
		if e.Shell != nil {
			*p = e.Shell.Clone()
		}
	case e.Field == llm.DeltaSeal:
		p.Seal = e.Seal
	case e.Field == llm.DeltaText && p.Kind == llm.PartThinking:
		if c.size += len(e.Text); c.size <= maxTurn {
			p.Text += e.Text
		}
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
		turns[key[0]].add(c.parts[key])
	}
	for _, t := range turns {
		c.memory.keep(c.owner, t)
	}
}
