package llm

import "fmt"

// Fold builds the reply that a stream of events tells, event by event. The
// zero value is ready. What it builds equals what the unary form of the same
// answer decodes to (vocabulary, fold law).
type Fold struct {
	Reply Reply
	Ended bool

	started bool
	at      map[[2]int]place
}

// place is where a part stands in its choice.
type place struct {
	message, part int
	closed        bool
}

// Add applies one event. An error is a fault of the decoder that made it.
func (f *Fold) Add(e *Event) error {
	if f.Ended {
		return fmt.Errorf("event kind %d after the end", e.Kind)
	}
	if f.started == (e.Kind == EventStart) {
		return fmt.Errorf("event kind %d: a stream has one start, first", e.Kind)
	}
	switch e.Kind {
	case EventStart:
		f.started, f.at = true, make(map[[2]int]place)
		f.Reply.ID, f.Reply.Model, f.Reply.Created = e.ID, e.Model, e.Created
		f.Reply.Usage, f.Reply.Extra = e.Usage, e.Extra
	case EventMessage:
		c := f.choice(e.Choice)
		c.Messages = append(c.Messages, e.Message)
	case EventOpen, EventDelta, EventClose:
		return f.part(e)
	case EventStop:
		f.choice(e.Choice).Stop = e.Stop
	case EventUsage:
		f.Reply.Usage = e.Usage
	case EventNote:
		note(&f.Reply.Extra, e.Extra)
		note(&f.choice(e.Choice).Extra, e.Aside)
		if c := f.choice(e.Choice); len(c.Messages) > 0 {
			c.Messages[len(c.Messages)-1].note(&e.Message)
		}
	case EventEnd:
		f.Ended = true
	}
	return nil
}

func (f *Fold) choice(index int) *Choice {
	for i := range f.Reply.Choices {
		if f.Reply.Choices[i].Index == index {
			return &f.Reply.Choices[i]
		}
	}
	f.Reply.Choices = append(f.Reply.Choices, Choice{Index: index})
	return &f.Reply.Choices[len(f.Reply.Choices)-1]
}

// note takes over what is said about the message as a whole.
func (m *Message) note(about *Message) {
	if about.Status != "" {
		m.Status = about.Status
	}
	if about.Phase != "" {
		m.Phase = about.Phase
	}
	note(&m.Extra, about.Extra)
}

// note puts members into an Extra, the later ones over the earlier.
func note(to *Extra, x Extra) {
	if to.Family == "" {
		to.Family = x.Family
	}
next:
	for _, add := range x.Fields {
		for i := range to.Fields {
			if to.Fields[i].Name == add.Name {
				to.Fields[i] = add
				continue next
			}
		}
		to.Fields = append(to.Fields, add)
	}
}

func (f *Fold) part(e *Event) error {
	c := f.choice(e.Choice)
	key := [2]int{e.Choice, e.Part}
	at, known := f.at[key]
	if e.Kind == EventOpen {
		if known || len(c.Messages) == 0 || e.Shell == nil {
			return fmt.Errorf("part %d opened twice, outside of a message or without a shell", e.Part)
		}
		m := &c.Messages[len(c.Messages)-1]
		m.Parts = append(m.Parts, e.Shell.Clone())
		f.at[key] = place{message: len(c.Messages) - 1, part: len(m.Parts) - 1}
		return nil
	}
	if !known || at.closed {
		return fmt.Errorf("event kind %d for part %d, which is not open", e.Kind, e.Part)
	}
	p := &c.Messages[at.message].Parts[at.part]
	if e.Kind == EventClose {
		if e.Shell != nil {
			*p = e.Shell.Clone()
		}
		at.closed = true
		f.at[key] = at
		return nil
	}
	return p.grow(e)
}

// Clone copies what Fold appends to.
func (p *Part) Clone() Part {
	c := *p
	if p.Call != nil {
		call := *p.Call
		c.Call = &call
	}
	c.Cites = append([]Cite(nil), p.Cites...)
	return c
}

func (p *Part) grow(e *Event) error {
	switch e.Field {
	case DeltaText:
		p.Text += e.Text
	case DeltaArgs:
		if p.Call == nil {
			return fmt.Errorf("arguments for part %d, which is no call", e.Part)
		}
		p.Call.Args += e.Text
	case DeltaSeal:
		p.Seal = e.Seal
	case DeltaCite:
		p.Cites = append(p.Cites, *e.Cite)
	}
	return nil
}
