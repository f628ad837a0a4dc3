// Package seal remembers the proofs that vendors demand back and that clients
// of another dialect cannot carry: signatures of thinking and of calls
// (vocabulary, seals). They go back to the origin that issued them, for the
// credential they were issued to, and to nobody else. A miss is normal: after a
// restart, or when a conversation is continued elsewhere, the encoders send the
// history without them. Start with Memory.
package seal

import (
	"crypto/sha256"
	"io"
	"time"

	"sluice/internal/llm"
	"sluice/internal/recent"
	"sluice/internal/secret"
)

// Bounds of a Memory.
const (
	maxBytes = 32 << 20 // per generation
	life     = 6 * time.Hour
	maxTurn  = 1 << 20 // of one turn: more is not kept
)

// Memory keeps the sealed parts of turns that called tools, by the first of
// their calls. It is safe for concurrent use.
type Memory struct {
	turns recent.Map[turn]
}

// New returns an empty Memory.
func New() *Memory {
	return &Memory{turns: recent.Map[turn]{Max: maxBytes, Life: life}}
}

// Fill is how full it is, in bytes.
func (m *Memory) Fill() recent.Fill { return m.turns.Fill() }

// Owner is whose proofs: one credential at one origin. A Memory keeps neither.
type Owner struct {
	origin     string
	credential secret.String
}

// OwnerOf makes an Owner. It costs nothing until there is a proof.
func OwnerOf(origin string, credential secret.String) Owner { return Owner{origin, credential} }

// turn is one assistant turn: its calls in order, with the seals on them, and
// the sealed thinking between them.
type turn struct {
	calls []call
	rest  []llm.Part // sealed thinking behind the last call
}

type call struct {
	id, name string
	seal     *llm.Seal
	before   []llm.Part // sealed thinking in front of it
}

// Keep remembers a whole reply.
func (m *Memory) Keep(o Owner, r *llm.Reply) {
	for i := range r.Choices {
		var t turn
		for j := range r.Choices[i].Messages {
			for k := range r.Choices[i].Messages[j].Parts {
				t.add(&r.Choices[i].Messages[j].Parts[k])
			}
		}
		m.keep(o, &t)
	}
}

func (t *turn) add(p *llm.Part) {
	switch {
	case p.Kind == llm.PartThinking && p.Seal != nil:
		t.rest = append(t.rest, *p)
	case p.Kind == llm.PartCall && p.Call.By == llm.ByClient && p.Call.ID != "":
		t.calls = append(t.calls, call{id: p.Call.ID, name: p.Call.Name, seal: p.Seal, before: t.rest})
		t.rest = nil
	}
}

func (m *Memory) keep(o Owner, t *turn) {
	cost, sealed := 0, false
	count := func(s *llm.Seal, text string) {
		cost += 256 + len(text)
		if s != nil {
			sealed = true
			cost += len(s.Data)
		}
	}
	for i := range t.calls {
		count(t.calls[i].seal, t.calls[i].id)
		for j := range t.calls[i].before {
			count(t.calls[i].before[j].Seal, t.calls[i].before[j].Text)
		}
	}
	for j := range t.rest {
		count(t.rest[j].Seal, t.rest[j].Text)
	}
	if len(t.calls) > 0 && sealed && cost <= maxTurn {
		m.turns.Put(o.key(t.calls[0].id), *t, cost)
	}
}

func (o Owner) key(id string) []byte {
	whose := sha256.Sum256([]byte(o.origin + "\x00" + o.credential.Reveal()))
	h := sha256.New()
	_, _ = h.Write(whose[:])
	_, _ = io.WriteString(h, id)
	return h.Sum(nil)
}

// Restore puts remembered proofs back into the turns of a prompt that lack
// them. A turn whose calls were changed since gets nothing: a proof binds to
// its neighbours.
func (m *Memory) Restore(o Owner, p *llm.Prompt) {
	for i := range p.Messages {
		msg := &p.Messages[i]
		if msg.Role != llm.Assistant {
			continue
		}
		ids, bare := callsOf(msg)
		if len(ids) == 0 || !bare {
			continue
		}
		if t, ok := m.turns.Get(o.key(ids[0])); ok && t.matches(ids) {
			msg.Parts = t.restored(msg.Parts)
		}
	}
}

// callsOf lists a turn's calls; bare means that nothing in it is sealed.
func callsOf(msg *llm.Message) (ids []string, bare bool) {
	bare = true
	for j := range msg.Parts {
		p := &msg.Parts[j]
		bare = bare && p.Seal == nil
		if p.Kind == llm.PartCall && p.Call.By == llm.ByClient {
			ids = append(ids, p.Call.ID)
		}
	}
	return ids, bare
}

func (t *turn) matches(ids []string) bool {
	if len(ids) != len(t.calls) {
		return false
	}
	for i := range ids {
		if ids[i] != t.calls[i].id {
			return false
		}
	}
	return true
}

// restored returns the parts with thinking and seals in their places. Thinking
// that stood before the first call goes to the front of the turn, where it was
// thought; the client's own unsealed copy of it gives way.
func (t *turn) restored(parts []llm.Part) []llm.Part {
	out := append([]llm.Part(nil), t.calls[0].before...)
	next := 0
	for _, p := range parts {
		switch {
		case p.Kind == llm.PartThinking:
			continue
		case p.Kind == llm.PartCall && p.Call.By == llm.ByClient:
			if next > 0 {
				out = append(out, t.calls[next].before...)
			}
			p.Seal = t.calls[next].seal
			next++
		}
		out = append(out, p)
	}
	return append(out, t.rest...)
}
