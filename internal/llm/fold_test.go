package llm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/llm"
)

func text(s string) *llm.Part { return &llm.Part{Kind: llm.PartText, Text: s} }

func TestFold(t *testing.T) {
	seal := &llm.Seal{Origin: "x", Data: "s"}
	call := &llm.Part{Kind: llm.PartCall, Call: &llm.Call{ID: "c", Name: "f"}}
	events := []llm.Event{
		{Kind: llm.EventStart, ID: "r", Model: "m", Created: 7},
		{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}},
		{Kind: llm.EventOpen, Part: 0, Shell: text("a")},
		{Kind: llm.EventOpen, Part: 1, Shell: call}, // parts may be open side by side
		{Kind: llm.EventDelta, Part: 0, Text: "b"},
		{Kind: llm.EventDelta, Part: 1, Field: llm.DeltaArgs, Text: "{"},
		{Kind: llm.EventDelta, Part: 0, Field: llm.DeltaCite, Cite: &llm.Cite{URL: "u"}},
		{Kind: llm.EventPing},
		{Kind: llm.EventDelta, Part: 1, Field: llm.DeltaArgs, Text: "}"},
		{Kind: llm.EventClose, Part: 0},
		{Kind: llm.EventClose, Part: 1},
		{Kind: llm.EventMessage, Message: llm.Message{Role: llm.Assistant}},
		{Kind: llm.EventOpen, Part: 2, Shell: &llm.Part{Kind: llm.PartThinking}},
		{Kind: llm.EventDelta, Part: 2, Field: llm.DeltaSeal, Seal: seal},
		{Kind: llm.EventClose, Part: 2, Shell: &llm.Part{Kind: llm.PartThinking, Text: "t", Seal: seal}},
		{Kind: llm.EventStop, Stop: llm.Stop{Kind: llm.StopCalls}},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1}},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 2}},
		{Kind: llm.EventEnd},
	}
	var fold llm.Fold
	for i := range events {
		if err := fold.Add(&events[i]); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	want := llm.Reply{ID: "r", Model: "m", Created: 7, Usage: &llm.Usage{Input: 2}, Choices: []llm.Choice{{
		Stop: llm.Stop{Kind: llm.StopCalls},
		Messages: []llm.Message{
			{Role: llm.Assistant, Parts: []llm.Part{
				{Kind: llm.PartText, Text: "ab", Cites: []llm.Cite{{URL: "u"}}},
				{Kind: llm.PartCall, Call: &llm.Call{ID: "c", Name: "f", Args: "{}"}},
			}},
			{Role: llm.Assistant, Parts: []llm.Part{{Kind: llm.PartThinking, Text: "t", Seal: seal}}},
		},
	}}}
	if diff := cmp.Diff(want, fold.Reply); diff != "" || !fold.Ended {
		t.Errorf("ended %v (-want +got)\n%s", fold.Ended, diff)
	}
	if call.Call.Args != "" {
		t.Error("the shell of the event was changed")
	}
}

func TestFoldRefusesContradictions(t *testing.T) {
	start := llm.Event{Kind: llm.EventStart}
	message := llm.Event{Kind: llm.EventMessage}
	open := llm.Event{Kind: llm.EventOpen, Shell: text("")}
	for name, events := range map[string][]llm.Event{
		"no start":               {message},
		"two starts":             {start, start},
		"a part in no message":   {start, open},
		"opened twice":           {start, message, open, open},
		"no shell":               {start, message, {Kind: llm.EventOpen}},
		"delta before open":      {start, message, {Kind: llm.EventDelta}},
		"delta after close":      {start, message, open, {Kind: llm.EventClose}, {Kind: llm.EventDelta}},
		"arguments of a text":    {start, message, open, {Kind: llm.EventDelta, Field: llm.DeltaArgs}},
		"anything after the end": {start, {Kind: llm.EventEnd}, message},
	} {
		var fold llm.Fold
		var err error
		for i := range events {
			err = fold.Add(&events[i])
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
