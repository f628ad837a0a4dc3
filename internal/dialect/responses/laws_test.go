package responses_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/responses"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func TestLaws(t *testing.T) { dialecttest.Run(t, &responses.Dialect) }

func FuzzDecoder(f *testing.F) { dialecttest.Fuzz(f, &responses.Dialect) }

// edited is a text in the one recording that contradicts itself.
const edited = "The command ran successfully in the container. Here's the output:"

// TestTerminal judges L2 on the recordings: what a stream tells bit by bit is
// what its last event repeats.
func TestTerminal(t *testing.T) {
	dialecttest.Corpus(t, &responses.Dialect, func(t *testing.T, r *dialecttest.Recording) {
		for _, sse := range r.Streams() {
			if bytes.Contains(sse, []byte(edited)) {
				continue // shortened by hand: its pieces are not its text
			}
			folded, terminal := read(t, sse)
			if terminal == nil {
				t.Error("no terminal event")
				continue
			}
			whole, err := responses.Dialect.Chat.DecodeReply(terminal)
			if err != nil {
				t.Fatal(err)
			}
			if len(whole.Choices[0].Messages) == 0 {
				continue // a host that repeats nothing
			}
			if diff := cmp.Diff(said(whole), said(folded), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-terminal +folded)\n%s", diff)
			}
		}
	})
}

// said is an answer without what changes on the way at some hosts.
func said(r *llm.Reply) []llm.Message {
	for i := range r.Choices[0].Messages {
		m := &r.Choices[0].Messages[i]
		m.ID = ""
		for j := range m.Parts {
			if m.Parts[j].Raw != nil {
				m.Parts[j].Raw, m.Parts[j].Call, m.Parts[j].Result = nil, nil, nil
			}
			if seal := m.Parts[j].Seal; seal != nil { // sealed anew for the last event
				seal.Data = ""
			}
		}
	}
	return r.Choices[0].Messages
}

func read(t *testing.T, sse []byte) (*llm.Reply, jsonx.Value) {
	t.Helper()
	frames := framing.NewSSE(bytes.NewReader(sse), 1<<24)
	dec := responses.Dialect.Chat.NewDecoder()
	var fold llm.Fold
	var terminal jsonx.Value
	for {
		ev, err := frames.Next()
		if err != nil {
			return &fold.Reply, terminal
		}
		if kind, _ := jsonx.Text(jsonx.At(ev.Data, "type")); kind == "response.completed" || kind == "response.incomplete" {
			terminal = bytes.Clone(jsonx.At(ev.Data, "response"))
		}
		events, err := dec.Decode(ev)
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			if err := fold.Add(&events[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
}
