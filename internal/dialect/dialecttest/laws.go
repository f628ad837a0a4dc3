package dialecttest

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/llm"
)

// maxEvent is the largest event of a fixture.
const maxEvent = 16 << 20

// Request judges L1 and L7 on a request.
func Request(t T, d *dialect.Dialect, body []byte) {
	t.Helper()
	p, err := d.Chat.DecodeRequest(body)
	if err != nil {
		t.Errorf("decode request: %v", err)
		return
	}
	got, lost, err := d.Chat.EncodeRequest(p)
	if err != nil {
		t.Errorf("encode request: %v", err)
		return
	}
	if len(lost) > 0 {
		t.Errorf("a request of the same dialect lost %q", lost)
	}
	if diff := cmp.Diff(canonical(t, body), canonical(t, got)); diff != "" {
		t.Errorf("request (-came +went)\n%s", diff)
	}
	again, _, err := d.Chat.EncodeRequest(p)
	if err != nil || !bytes.Equal(got, again) {
		t.Errorf("a second encoding differs from the first (L5): %v", err)
	}
}

// Reply judges L1 and L7 on a whole answer.
func Reply(t T, d *dialect.Dialect, body []byte) {
	t.Helper()
	r, err := d.Chat.DecodeReply(body)
	if err != nil {
		t.Errorf("decode reply: %v", err)
		return
	}
	if diff := cmp.Diff(canonical(t, body), canonical(t, encode(t, d, r))); diff != "" {
		t.Errorf("reply (-came +went)\n%s", diff)
	}
}

// encode writes a reply with everything the dialect's own family has.
func encode(t T, d *dialect.Dialect, r *llm.Reply) []byte {
	t.Helper()
	out, lost, err := d.Chat.EncodeReply(r, dialect.Reply{Chat: &llm.Prompt{}})
	if err != nil {
		t.Fatalf("encode reply: %v", err)
	}
	if len(lost) > 0 {
		t.Errorf("a reply of the same dialect lost %q", lost)
	}
	return out
}

// write is encode for answers that have been elsewhere: a call that was cut
// off there is no object here.
func write(t T, d *dialect.Dialect, r *llm.Reply) []byte {
	t.Helper()
	out, _, err := d.Chat.EncodeReply(r, dialect.Reply{Chat: &llm.Prompt{}})
	if err != nil {
		t.Fatalf("encode reply: %v", err)
	}
	return out
}

// Stream judges L4 and L10 on a stream and returns what it folds to, nil if it
// does not end well.
func Stream(t T, d *dialect.Dialect, sse []byte) *llm.Reply {
	t.Helper()
	events, folded, err := decode(d, bytes.NewReader(sse))
	if err != nil {
		t.Errorf("decode stream: %v", err)
		return nil
	}
	once(t, events)
	across(t, d, events, folded)
	return folded
}

// Across judges L4 between two dialects: a client of one sees the same answer
// from a provider of the other, streamed or not.
func Across(t T, provider, client *dialect.Dialect, sse []byte) {
	t.Helper()
	events, folded, err := decode(provider, bytes.NewReader(sse))
	if err != nil {
		t.Errorf("decode stream: %v", err)
		return
	}
	across(t, client, events, folded)
}

// across writes the answer for a client both ways, reads both and compares.
func across(t T, d *dialect.Dialect, events []llm.Event, folded *llm.Reply) {
	t.Helper()
	enc := d.Chat.NewEncoder(dialect.Reply{Chat: wantUsage(), Strict: true})
	var out []byte
	for i := range events {
		out = enc.Encode(out, &events[i])
	}
	_, again, err := decode(d, bytes.NewReader(out))
	if err != nil {
		t.Errorf("decode what was encoded: %v\n%s", err, out)
		return
	}
	unary, _, err := d.Chat.EncodeReply(folded, dialect.Reply{Chat: wantUsage(), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	want, err := d.Chat.DecodeReply(unary)
	if err != nil {
		t.Fatal(err)
	}
	strip(want)
	strip(again)
	if diff := cmp.Diff(canonical(t, write(t, d, want)), canonical(t, write(t, d, again))); diff != "" {
		t.Errorf("streamed and whole differ (L4) (-whole +streamed)\n%s", diff)
	}
}

func wantUsage() *llm.Prompt {
	yes := true
	return &llm.Prompt{Stream: true, StreamUsage: &yes}
}

// sameAnswer judges L2: a stream and a reply that are the same answer.
func sameAnswer(t T, d *dialect.Dialect, reply []byte, folded *llm.Reply) {
	t.Helper()
	want, err := d.Chat.DecodeReply(reply)
	if err != nil {
		t.Fatal(err)
	}
	strip(want)
	strip(folded)
	if diff := cmp.Diff(canonical(t, encode(t, d, want)), canonical(t, encode(t, d, folded))); diff != "" {
		t.Errorf("stream and reply differ (L2) (-reply +stream)\n%s", diff)
	}
}

// strip removes what the two forms of an answer need not share.
func strip(r *llm.Reply) {
	r.ID, r.Created, r.Usage, r.Extra = "", 1, nil, llm.Extra{}
	for i := range r.Choices {
		c := &r.Choices[i]
		c.Extra = llm.Extra{}
		c.Messages = bound(c.Messages)
		for j := range c.Messages { // an empty text says nothing, and some streams cannot say it
			c.Messages[j].Parts = slices.DeleteFunc(c.Messages[j].Parts, func(p llm.Part) bool {
				return p.Kind == llm.PartText && p.Text == ""
			})
		}
	}
}

// bound puts proofs that have an item of their own on the part they are of: in a
// stream they may come behind it.
func bound(messages []llm.Message) (out []llm.Message) {
	var next *llm.Seal
	for _, m := range messages {
		if len(m.Parts) == 1 && m.Parts[0].Seal != nil && m.Parts[0].Text == "" {
			switch s, where := dialect.Unpack(m.Parts[0].Seal.Data); where {
			case dialect.Next:
				next = s
				continue
			case dialect.Last:
				parts := out[len(out)-1].Parts
				parts[len(parts)-1].Seal = s
				continue
			}
		}
		if next != nil {
			m.Parts[0].Seal, next = next, nil
		}
		out = append(out, m)
	}
	return out
}

// once judges L10.
func once(t T, events []llm.Event) {
	t.Helper()
	stops := make(map[int]int)
	for i := range events {
		if events[i].Kind == llm.EventStop {
			stops[events[i].Choice]++
		}
	}
	if len(stops) == 0 {
		t.Error("no stop (L10)")
	}
	for choice, n := range stops {
		if n != 1 {
			t.Errorf("choice %d has %d stops (L10)", choice, n)
		}
	}
}

// Cuts judges L9: cut the bytes anywhere and the events are the same; end them
// early and there is one error, or a stream that had ended already.
func Cuts(t T, d *dialect.Dialect, sse []byte) {
	t.Helper()
	_, whole, err := decode(d, bytes.NewReader(sse))
	if err != nil {
		return // judged by Stream
	}
	want := encode(t, d, whole)
	for _, size := range []int{1, 7, 64} {
		_, cut, err := decode(d, &pieces{rest: sse, size: size})
		if err != nil {
			t.Errorf("in pieces of %d bytes (L9): %v", size, err)
			continue
		}
		if diff := cmp.Diff(canonical(t, want), canonical(t, encode(t, d, cut))); diff != "" {
			t.Errorf("in pieces of %d bytes (L9) (-whole +cut)\n%s", size, diff)
		}
	}
	for i := 1; i <= 40; i++ {
		at := len(sse) * i / 41
		events, _, err := decode(d, bytes.NewReader(sse[:at]))
		ended := len(events) > 0 && events[len(events)-1].Kind == llm.EventEnd
		if e := new(llm.Error); ended == (err != nil) || err != nil && !errors.As(err, &e) {
			t.Errorf("cut at byte %d (L9): ended %v, error %v", at, ended, err)
		}
	}
}

// pieces is a reader that gives a few bytes at a time.
type pieces struct {
	rest []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.size, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

// decode reads a whole stream and folds it. The fold fails on events that
// contradict each other.
func decode(d *dialect.Dialect, r io.Reader) (events []llm.Event, folded *llm.Reply, err error) {
	frames := d.Streams().NewReader(r, maxEvent)
	dec := d.Chat.NewDecoder()
	var fold llm.Fold
	add := func(list []llm.Event, err error) error {
		for i := range list {
			if err := fold.Add(&list[i]); err != nil {
				return err
			}
		}
		events = append(events, list...)
		return err
	}
	for {
		ev, err := frames.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, framing.ErrDamaged) { // as the gateway has it
			err = dialect.Interrupted(err.Error(), err)
		}
		if err != nil {
			return events, nil, err
		}
		if err := add(dec.Decode(ev)); err != nil {
			return events, nil, err
		}
	}
	if err := add(dec.End()); err != nil {
		return events, nil, err
	}
	return events, &fold.Reply, nil
}
