package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/dialect/all"
	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
	"sluice/internal/framing"
	"sluice/internal/llm"
	"sluice/internal/recent"
	"sluice/internal/seal"
)

// told is all that is seen of a stream.
type told struct {
	Steps  []string // each frame, and what it meant for the course of the stream
	Begun  string   // what kept it from beginning
	End    string
	Usage  *llm.Usage
	Finish string
	Kept   recent.Fill // what the memory of seals holds
}

var clock = regexp.MustCompile(`"created(_at)?":\d+`)

// tell carries a stream from a provider to a client, with the shortcut or
// without, and counts the events that took it.
func tell(t *testing.T, provider, client *dialect.Dialect, as dialect.Reply, wire []byte, short bool) (all told, cut int) {
	t.Helper()
	c := clientOf(nil)
	w := new(watch)
	c.watch(t.Context(), w, true, 0)
	defer w.stop()
	memory := seal.New()
	s := &events{
		client: c, w: w, body: io.NopCloser(nil),
		frames: provider.Streams().NewReader(bytes.NewReader(wire), c.limits.EventBytes),
		tap:    provider.NewTap(llm.Chat), terminal: provider.Terminal,
		decoder: provider.Chat.NewDecoder(), encoder: client.Chat.NewEncoder(as),
		seals: memory.Collect(seal.Owner{}), name: func(id, _ *string) { *id = "x" },
	}
	if short {
		s.short = dialect.ShortcutOf(counting{s.decoder, &cut}, s.encoder)
	}
	if err := s.prime(); err != nil {
		return told{Begun: err.Error()}, cut
	}
	for {
		frame, err := s.Next()
		all.Steps = append(all.Steps, fmt.Sprintf("%d %s", s.mark, clock.ReplaceAll(frame.Raw, []byte("now"))))
		if err != nil {
			if all.End = err.Error(); errors.Is(err, io.EOF) {
				all.End = "EOF"
			}
			break
		}
	}
	all.Usage, all.Finish = s.Facts()
	all.Kept = memory.Fill()
	return all, cut
}

// counting counts the events that a decoder knew.
type counting struct {
	dialect.Decoder
	n *int
}

// Repeats is the decoder's own, if it has any.
func (c counting) Repeats(ev framing.Event) (w dialect.Words, ok bool) {
	if r, repeats := c.Decoder.(dialect.Repeater); repeats {
		w, ok = r.Repeats(ev)
	}
	if ok {
		*c.n++
	}
	return w, ok
}

// TestShortcut: an event that is carried over by its words alone is the same for
// everybody who sees the stream.
func TestShortcut(t *testing.T) {
	cut := 0
	streamsOf(t, func(t *testing.T, provider *dialect.Dialect, wire []byte) { cut += sameBothWays(t, provider, wire) })
	if cut == 0 {
		t.Error("no event took the shortcut")
	}
}

// sameBothWays carries a stream to clients of all dialects, with the shortcut
// and without.
func sameBothWays(t *testing.T, provider *dialect.Dialect, wire []byte) (cut int) {
	t.Helper()
	yes := true
	for _, name := range all.Chats() {
		client, _ := all.Find(name)
		if client.NoClients || client.Of != nil {
			continue
		}
		for _, as := range []dialect.Reply{
			{Chat: &llm.Prompt{}, Provider: "p", Strict: true},
			{Chat: &llm.Prompt{StreamUsage: &yes}, Provider: "p"},
		} {
			slow, none := tell(t, provider, client, as, wire, false)
			fast, n := tell(t, provider, client, as, wire, true)
			if diff := cmp.Diff(slow, fast); diff != "" || none != 0 {
				t.Errorf("%s to %s, strict %v (-slow +fast)\n%s", provider.Name, name, as.Strict, diff)
			}
			cut += n
		}
	}
	return cut
}

// Streams of one answer, with deltas between head and tail.
const (
	anthropicHead = `event: message_start
data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":%s}

`
	anthropicDelta = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"%s_delta\",\"%s\":\"%s\"}}\n\n"
	anthropicTail  = `event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}

event: message_stop
data: {"type":"message_stop"}

`
	openaiDelta = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"%s":"%s"},"finish_reason":null}]}` + "\n\n"
	openaiTail  = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":2,"end_index":9}}]},"finish_reason":"stop"}]}

data: [DONE]

`
	cohereDelta = `data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"%s":"%s"}}}}` + "\n\n"
	cohereTail  = `data: {"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":2,"end":9,"text":"x","sources":[{"type":"document","id":"d","document":{"url":"u","title":"t"}}],"type":"TEXT_CONTENT","content_index":0}}}}

data: {"type":"content-end","index":0}

data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1,"output_tokens":2}}}}

`
)

// TestShortcutOnWords: whatever the words are, and however they are spelt.
func TestShortcutOnWords(t *testing.T) {
	for _, c := range []struct {
		name  string
		words []string
		cut   bool
	}{
		{"plain", []string{"one", " two", " three"}, true},
		{"escapes as we write them", []string{"one", `\"two\"\n`, `\\ \t`}, true},
		{"beyond ASCII", []string{"höi", "ä", "€𝄞", "z"}, true},
		{"escapes beyond ASCII", []string{"x", "y", `\"\"\"€`, "€€", "€"}, true},
		{"other escapes", []string{"one", `\u00e4`, `\/`, `\ud834\udd1e`, `\b`}, false},
		{"lone surrogates", []string{"one", `\ud834`, `\udd1e`}, false},
		{"first in another spelling", []string{`\u0061`, "b", "c"}, true},
		{"empty", []string{"one", "", "", "two"}, false},
		{"empty first", []string{"", "one", "two", "three"}, true},
		{"a name of the frame", []string{"text_delta", "text", "index", "content", "stop", "0", "delta"}, true},
		{"the model and the id", []string{"m", "c", "m", "x", "m"}, true},
		{"another member", []string{"one", `two","more":"x`, `three","text":"x`, `","content":"x`}, false},
		{"a line end of nothing", []string{"one", "  ", " "}, true},
	} {
		for _, field := range []string{"text", "thinking", "partial_json"} {
			t.Run("anthropic/"+field+"/"+c.name, func(t *testing.T) { words(t, &anthropic.Dialect, anthropicStream(field, c.words), c.cut) })
		}
		for _, field := range []string{"text", "thinking"} {
			t.Run("cohere/"+field+"/"+c.name, func(t *testing.T) { words(t, &cohere.Dialect, cohereStream(field, c.words), c.cut) })
		}
		for _, field := range []string{"content", "reasoning_content", "refusal"} {
			t.Run("openai/"+field+"/"+c.name, func(t *testing.T) { words(t, &openai.Dialect, openaiStream(field, c.words), c.cut) })
		}
	}
}

// TestShortcutBetweenParts: clients that get nothing of a part get nothing of it.
func TestShortcutBetweenParts(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, anthropicHead, `{"type":"text","text":""}`)
	for i, kind := range []string{"text", "thinking", "text", "thinking"} {
		for range 3 {
			fmt.Fprintf(&b, strings.Replace(anthropicDelta, `"index":0`, fmt.Sprintf(`"index":%d`, i), 1), kind, kind, "word")
		}
	}
	words(t, &anthropic.Dialect, b.String()+anthropicTail, true)
	b.Reset()
	for _, field := range []string{"content", "reasoning_content", "content", "refusal", "reasoning"} {
		for range 3 {
			fmt.Fprintf(&b, openaiDelta, field, "word")
		}
	}
	words(t, &openai.Dialect, b.String()+openaiTail, true)
}

func words(t *testing.T, d *dialect.Dialect, wire string, cut bool) {
	t.Helper()
	if n := sameBothWays(t, d, []byte(wire)); (n > 0) != cut {
		t.Errorf("%d events took the shortcut", n)
	}
}

func anthropicStream(field string, words []string) string {
	block, kind := `{"type":"`+field+`","`+field+`":""}`, field
	if field == "partial_json" {
		block, kind = `{"type":"tool_use","id":"t","name":"f","input":{}}`, "input_json"
	}
	var b strings.Builder
	fmt.Fprintf(&b, anthropicHead, block)
	for i, w := range words {
		fmt.Fprintf(&b, anthropicDelta, kind, field, w)
		if i == 1 {
			b.WriteString("event: ping\ndata: {\"type\":\"ping\"}\n\n: a comment\n\n")
			fmt.Fprintf(&b, anthropicDelta, kind, field, w)
		}
	}
	if field == "thinking" {
		fmt.Fprintf(&b, anthropicDelta, "signature", "signature", "proof")
	}
	return b.String() + anthropicTail
}

func openaiStream(field string, words []string) string {
	var b strings.Builder
	for i, w := range words {
		fmt.Fprintf(&b, openaiDelta, field, w)
		if i == 1 {
			b.WriteString(": a comment\n\n")
			fmt.Fprintf(&b, openaiDelta, field, w)
		}
	}
	return b.String() + openaiTail
}

func cohereStream(field string, words []string) string {
	var b strings.Builder
	for _, w := range words {
		fmt.Fprintf(&b, cohereDelta, field, w)
	}
	return b.String() + cohereTail
}

// FuzzShortcut: whatever an event and the next ones are, the shortcut says the
// same.
func FuzzShortcut(f *testing.F) {
	for _, s := range []string{"one", `\"`, `\u00e4`, `\`, "", `x","y":"z`, "\xff", "\n", "text"} {
		f.Add(byte(0), "text", s, "two", s)
		f.Add(byte(1), "content", "one", s, s)
		f.Add(byte(0), "partial_json", s, s, "three")
		f.Add(byte(2), "thinking", s, "two", s)
	}
	f.Fuzz(func(t *testing.T, kind byte, field, a, b, c string) {
		words := []string{a, b, c, b, c}
		switch kind % 3 {
		case 0:
			sameBothWays(t, &anthropic.Dialect, []byte(anthropicStream(field, words)))
		case 1:
			sameBothWays(t, &openai.Dialect, []byte(openaiStream(field, words)))
		case 2:
			sameBothWays(t, &cohere.Dialect, []byte(cohereStream(field, words)))
		}
	})
}

// FuzzShortcutStream is FuzzShortcut for whole streams.
func FuzzShortcutStream(f *testing.F) {
	f.Add(false, anthropicStream("text", []string{"a", "b", "c"}))
	f.Add(false, anthropicStream("thinking", []string{"a", `\n`, "c"}))
	f.Add(true, openaiStream("content", []string{"a", "b", "c"}))
	f.Fuzz(func(t *testing.T, chat bool, wire string) {
		d := &anthropic.Dialect
		if chat {
			d = &openai.Dialect
		}
		sameBothWays(t, d, []byte(wire))
	})
}

// streamsOf hands on every stream of the fixtures, and of the recordings where
// there are any.
func streamsOf(t *testing.T, judge func(t *testing.T, provider *dialect.Dialect, wire []byte)) {
	files, err := filepath.Glob("../dialect/*/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		folder := strings.Split(file, "/")[2]
		for _, f := range a.Files {
			if d, known := all.Find(folder); known && f.Name == "stream.sse" {
				t.Run(folder+"/"+filepath.Base(file), func(t *testing.T) { judge(t, d, dialecttest.Wire(d, f.Data)) })
			}
		}
	}
	for _, name := range all.Chats() {
		if d, _ := all.Find(name); dialecttest.Recorded(d) {
			t.Run("recorded/"+name, func(t *testing.T) {
				dialecttest.Corpus(t, d, func(t *testing.T, r *dialecttest.Recording) {
					for _, wire := range r.Streams() {
						judge(t, d, wire)
					}
				})
			})
		}
	}
}
