package seal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
	"sluice/internal/seal"
	"sluice/internal/secret"
)

func sealed(data string) *llm.Seal { return &llm.Seal{Origin: "o", Data: data} }

func thinking(text, data string) llm.Part {
	return llm.Part{Kind: llm.PartThinking, Text: text, Seal: sealed(data)}
}

func calling(id string, s *llm.Seal) llm.Part {
	return llm.Part{Kind: llm.PartCall, Call: &llm.Call{ID: id, Name: "f", Args: "{}"}, Seal: s}
}

func text(s string) llm.Part { return llm.Part{Text: s} }

// turnOfTwo is what a vendor answered, and what a client that can carry neither
// thinking nor seals sends back.
func turnOfTwo() (whole, bare []llm.Part) {
	whole = []llm.Part{thinking("a", "1"), thinking("b", "2"), text("so"), calling("c1", sealed("3")), thinking("c", "4"), calling("c2", nil)}
	bare = []llm.Part{text("so"), calling("c1", nil), calling("c2", nil)}
	return whole, bare
}

func reply(parts []llm.Part) *llm.Reply {
	return &llm.Reply{Choices: []llm.Choice{{Messages: []llm.Message{{Role: llm.Assistant, Parts: parts}}}}}
}

func prompt(parts []llm.Part) *llm.Prompt {
	return &llm.Prompt{Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{text("q")}}, {Role: llm.Assistant, Parts: parts}}}
}

var owner = seal.OwnerOf("https://vendor", secret.New("key"))

func TestRestore(t *testing.T) {
	whole, bare := turnOfTwo()
	for _, c := range []struct {
		name  string
		owner seal.Owner
		parts []llm.Part
		want  []llm.Part
	}{
		{"what the vendor said comes back whole", owner, bare, whole},
		{"the client's own copy of the thinking gives way", owner, append([]llm.Part{{Kind: llm.PartThinking, Text: "a b"}}, bare...), whole},
		{"another credential gets nothing", seal.OwnerOf("https://vendor", secret.New("other")), bare, bare},
		{"another origin gets nothing", seal.OwnerOf("https://elsewhere", secret.New("key")), bare, bare},
		{"a turn with a call less gets nothing", owner, bare[:2], bare[:2]},
		{"calls in another order get nothing", owner, []llm.Part{calling("c2", nil), calling("c1", nil)}, []llm.Part{calling("c2", nil), calling("c1", nil)}},
		{"a turn that is sealed stays as it is", owner, []llm.Part{calling("c1", sealed("own")), calling("c2", nil)}, []llm.Part{calling("c1", sealed("own")), calling("c2", nil)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := seal.New()
			m.Keep(owner, reply(whole))
			p := prompt(c.parts)
			m.Restore(c.owner, p)
			if diff := cmp.Diff(c.want, p.Messages[1].Parts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCollectKeepsWhatKeepKeeps(t *testing.T) {
	whole, bare := turnOfTwo()
	m := seal.New()
	c := m.Collect(owner)
	c.Add(&llm.Event{Kind: llm.EventStart})
	for i := range whole {
		shell := whole[i].Clone()
		shell.Text, shell.Seal = "", nil
		c.Add(&llm.Event{Kind: llm.EventOpen, Part: i, Shell: &shell})
		for _, r := range whole[i].Text {
			c.Add(&llm.Event{Kind: llm.EventDelta, Part: i, Field: llm.DeltaText, Text: string(r)})
		}
		if whole[i].Seal != nil {
			c.Add(&llm.Event{Kind: llm.EventDelta, Part: i, Field: llm.DeltaSeal, Seal: whole[i].Seal})
		}
		c.Add(&llm.Event{Kind: llm.EventClose, Part: i})
	}
	p := prompt(bare)
	m.Restore(owner, p)
	if diff := cmp.Diff(bare, p.Messages[1].Parts); diff != "" {
		t.Errorf("kept before the end (-want +got)\n%s", diff)
	}
	c.Add(&llm.Event{Kind: llm.EventEnd})
	m.Restore(owner, p)
	if diff := cmp.Diff(whole, p.Messages[1].Parts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTurnsWithoutSealsAreNotKept(t *testing.T) {
	m := seal.New()
	m.Keep(owner, reply([]llm.Part{{Kind: llm.PartThinking, Text: "open"}, calling("c1", nil)}))
	p := prompt([]llm.Part{calling("c1", nil)})
	m.Restore(owner, p)
	if n := len(p.Messages[1].Parts); n != 1 {
		t.Errorf("the turn has %d parts now", n)
	}
}

// TestMemoryIsBounded is R32.
func TestMemoryIsBounded(t *testing.T) {
	m := seal.New()
	big := strings.Repeat("x", 900<<10) // one text, counted for each turn
	for i := range 200 {
		reply := &llm.Reply{Choices: []llm.Choice{{Messages: []llm.Message{{Role: llm.Assistant, Parts: []llm.Part{
			{Kind: llm.PartThinking, Text: big, Seal: &llm.Seal{Data: "s"}},
			{Kind: llm.PartCall, Call: &llm.Call{ID: fmt.Sprint("c", i), Name: "f"}},
		}}}}}}
		m.Keep(seal.OwnerOf("o", secret.New("k")), reply)
		if f := m.Fill(); f.Held > f.Limit || f.Limit != 64<<20 {
			t.Fatalf("after %d: %+v", i, f)
		}
	}
	if f := m.Fill(); f.Held < f.Limit/4 || f.Lost < 100 {
		t.Errorf("%+v", f)
	}
}
