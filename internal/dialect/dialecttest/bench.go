package dialecttest

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Sample is one conversation of a dialect: what is asked, the whole answer, and
// the events of a streamed one.
type Sample struct {
	Request, Reply []byte
	Events         []framing.Event
	Ordinary       int // the event that says a text, and nothing else where one does
}

// ReadSample reads an archive, with JSON as clients and providers send it,
// without spaces.
func ReadSample(t testing.TB, d *dialect.Dialect, file string) *Sample {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &Sample{Ordinary: -1}
	for _, f := range a.Files {
		switch f.Name {
		case "request.json":
			s.Request = compact(t, f.Data)
		case "reply.json":
			s.Reply = compact(t, f.Data)
		case "stream.sse":
			s.read(t, d, f.Data)
		}
	}
	if s.Request == nil || s.Reply == nil || s.Ordinary < 0 {
		t.Fatalf("%s holds no request, reply and stream with a text", file)
	}
	return s
}

func compact(t testing.TB, b []byte) []byte {
	t.Helper()
	v := jsonx.Value(bytes.Clone(b))
	if err := v.Compact(); err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *Sample) read(t testing.TB, d *dialect.Dialect, sse []byte) {
	t.Helper()
	frames := d.Streams().NewReader(bytes.NewReader(Wire(d, sse)), maxEvent)
	dec := d.Chat.NewDecoder()
	fewest := math.MaxInt
	for {
		ev, err := frames.Next()
		if err != nil {
			return
		}
		ev.Raw = nil
		if ev.Data = bytes.Clone(ev.Data); jsonx.Check(ev.Data) == nil {
			ev.Data = compact(t, ev.Data)
		}
		list, err := dec.Decode(ev)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) <= fewest && slices.ContainsFunc(list, saysText) {
			s.Ordinary, fewest = len(s.Events), len(list)
		}
		s.Events = append(s.Events, ev)
	}
}

func saysText(e llm.Event) bool {
	return e.Kind == llm.EventDelta && e.Field == llm.DeltaText && e.Text != ""
}

// Bench measures what a dialect's codecs cost on testdata/text.txtar: each half
// of requests and of replies, and one ordinary event of a stream there and back.
func Bench(b *testing.B, d *dialect.Dialect) {
	s := ReadSample(b, d, "testdata/text.txtar")
	BenchSides(b, alone(d), s, s)
}

func alone(d *dialect.Dialect) Sides {
	return Sides{Client: d, Provider: d, As: dialect.Reply{Provider: "bench", Strict: true}}
}

// Allocations are how many pieces of memory the same halves may take.
type Allocations struct{ DecodeRequest, EncodeRequest, DecodeReply, EncodeReply, Event float64 }

// Pin fails when one takes more.
func Pin(t *testing.T, d *dialect.Dialect, most Allocations) {
	t.Helper()
	s := ReadSample(t, d, "testdata/text.txtar")
	limits := []float64{most.DecodeRequest, most.EncodeRequest, most.DecodeReply, most.EncodeReply, most.Event}
	for i, h := range halves(t, alone(d), s, s) {
		if n := testing.AllocsPerRun(200, h.do); n > limits[i] {
			t.Errorf("%s: %v allocations, want at most %v", h.name, n, limits[i])
		}
	}
}

// BenchSides is Bench between two dialects: a client that asks like one sample,
// and a provider that answers like the other.
func BenchSides(b *testing.B, sides Sides, ask, answer *Sample) {
	for _, h := range halves(b, sides, ask, answer) {
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.do()
			}
		})
	}
}

type half struct {
	name string
	do   func()
}

func halves(t testing.TB, sides Sides, ask, answer *Sample) []half {
	t.Helper()
	client, provider := sides.Client.Chat, sides.Provider.Chat
	p, err := client.DecodeRequest(ask.Request)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := provider.DecodeReply(answer.Reply)
	if err != nil {
		t.Fatal(err)
	}
	sides.As.Chat = p
	return []half{
		{"request/decode", func() { _, _ = client.DecodeRequest(ask.Request) }},
		{"request/encode", func() { _, _, _ = provider.EncodeRequest(p) }},
		{"reply/decode", func() { _, _ = provider.DecodeReply(answer.Reply) }},
		{"reply/encode", func() { _, _, _ = client.EncodeReply(reply, sides.As) }},
		{"event", sides.Ordinary(answer)},
	}
}

// Ordinary carries a sample's stream up to its ordinary event and returns what
// carries that event once more.
func (s *Sides) Ordinary(answer *Sample) func() {
	dec, enc := s.Provider.Chat.NewDecoder(), s.Client.Chat.NewEncoder(s.As)
	short := dialect.ShortcutOf(dec, enc)
	var out []byte
	one := func(ev framing.Event) {
		var ok bool
		if out, _, ok = short.Carry(out[:0], ev); ok {
			return
		}
		list, _ := dec.Decode(ev)
		out = out[:0]
		for i := range list {
			out = enc.Encode(out, &list[i])
		}
	}
	for _, ev := range answer.Events[:answer.Ordinary+1] {
		one(ev)
	}
	return func() { one(answer.Events[answer.Ordinary]) }
}
