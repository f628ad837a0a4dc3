package dialecttest

import (
	"bytes"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// said is what messages say, wherever it stands: turns are merged and split on
// the way to another dialect.
type said struct {
	text     strings.Builder // all there is to read
	blocks   []byte          // of the family's own, as they are
	texts    []string
	thoughts []string
	media    []*llm.Media
	calls    []*llm.Call
	errors   int
}

func (s *said) add(messages []llm.Message) {
	for i := range messages {
		s.parts(messages[i].Parts)
	}
}

func (s *said) parts(parts []llm.Part) {
	for i := range parts {
		p := &parts[i]
		switch {
		case p.Raw != nil:
			s.blocks = append(s.blocks, p.Raw...)
		case p.Kind == llm.PartResult && p.Result.By != llm.ByClient, p.Kind == llm.PartCall && p.Call.By != llm.ByClient:
		case p.Kind == llm.PartText, p.Kind == llm.PartRefusal:
			s.texts = append(s.texts, p.Text)
			s.text.WriteString(p.Text)
		case p.Kind == llm.PartThinking && p.Text != "":
			s.thoughts = append(s.thoughts, p.Text)
		case p.Kind == llm.PartMedia:
			s.media = append(s.media, p.Media)
			s.read(p.Media)
		case p.Kind == llm.PartCall:
			s.calls = append(s.calls, p.Call)
		case p.Kind == llm.PartResult:
			if p.Result.IsError != nil && *p.Result.IsError {
				s.errors++
			}
			s.parts(p.Result.Parts)
		}
	}
}

// read adds what a document says, which others get as text.
func (s *said) read(m *llm.Media) {
	s.text.WriteString(m.Text)
	if strings.HasPrefix(m.Type, "text/") {
		if text, err := dialect.PlainDocument(m); err == nil {
			s.text.WriteString(text)
		}
	}
	s.parts(m.Parts)
}

// honest judges L3 on what a prompt asks: all of it is asked again, or named
// as lost.
func honest(t T, p, again *llm.Prompt, lost []string) {
	t.Helper()
	var before said
	before.add(p.Messages)
	survive(t, &before, again, lost)
	l := losses(lost)
	for i := range p.Tools {
		if f := &p.Tools[i]; f.Builtin == "" && !l.has("tools[") && !known(again, f.Name) {
			t.Errorf("the tool %s vanished without a word (L3)", f.Name)
		}
	}
	a, b := &p.Sampling, &again.Sampling
	for _, k := range []struct {
		name      string
		said, now bool
	}{
		{"temperature", a.Temperature != nil, b.Temperature != nil},
		{"topp", a.TopP != nil, b.TopP != nil},
		{"topk", a.TopK != nil, b.TopK != nil},
		{"seed", a.Seed != nil, b.Seed != nil},
		{"frequencypenalty", a.FrequencyPenalty != nil && *a.FrequencyPenalty != 0, b.FrequencyPenalty != nil},
		{"presencepenalty", a.PresencePenalty != nil && *a.PresencePenalty != 0, b.PresencePenalty != nil},
		{"n", a.N != nil && *a.N > 1, b.N != nil},
		{"stop", len(p.Limits.Stop) > 0, len(again.Limits.Stop) > 0},
		{"max", p.Limits.MaxTokens != nil, again.Limits.MaxTokens != nil},
		{"verbosity", p.Output.Verbosity != "", again.Output.Verbosity != ""},
		{"schema", p.Output.Schema != nil, again.Output.Schema != nil},
		{"toolchoice", p.Choice.Mode == llm.ChoiceRequired || p.Choice.Mode == llm.ChoiceNamed, again.Choice.Mode > llm.ChoiceNone},
		{"parallel", p.Choice.Parallel != nil && !*p.Choice.Parallel && len(p.Tools) > 0, again.Choice.Parallel != nil},
	} {
		if k.said && !k.now && !l.has(k.name) {
			t.Errorf("%s vanished without a word (L3): lost %q", k.name, lost)
		}
	}
	// To think as much as it sees fit is what a model does that is told nothing.
	measured := func(p *llm.Prompt) bool { return p.Reasoning.Effort != "" || p.Reasoning.Budget != nil }
	if measured(p) && p.Reasoning.Mode != llm.ThinkOff && !measured(again) && !l.has("thinking") && !l.has("effort") && !l.has("reasoning") {
		t.Errorf("the wish to think vanished without a word (L3): lost %q", lost)
	}
}

// survive judges L3 on what the messages say.
func survive(t T, before *said, again *llm.Prompt, lost []string) {
	t.Helper()
	var after said
	after.add(again.Messages)
	l := losses(lost)
	// Words beside calls are the model's plan in Cohere's dialect.
	all := after.text.String() + strings.Join(after.thoughts, "")
	for _, text := range before.texts {
		if strings.TrimSpace(text) != "" && !strings.Contains(all, strings.TrimRight(text, " \t\r\n")) && !strings.Contains(all, printed(text)) {
			t.Errorf("the text %q vanished (L3): %q", text, all)
		}
	}
	if len(after.thoughts) < len(before.thoughts) && !l.has("thinking") && !joinedThoughts(before, &after) {
		t.Errorf("thinking vanished without a word (L3): lost %q", lost)
	}
	for _, m := range before.media {
		if !after.shows(m) && !l.has("media") && !l.has(m.Kind.String()) {
			t.Errorf("%s %s vanished (L3)", m.Kind, m.Name)
		}
	}
	for i, c := range before.calls {
		if i >= len(after.calls) {
			t.Errorf("the call of %s vanished (L3)", c.Name)
		} else if got := after.calls[i]; got.Name != c.Name || !sameArgs(c, got) && !l.has("arguments") {
			t.Errorf("the call %s(%s) became %s(%s) (L3)", c.Name, c.Args, got.Name, got.Args)
		}
	}
	if after.errors < before.errors && !l.has("iserror") {
		t.Errorf("a failed result vanished without a word (L3): lost %q", lost)
	}
}

// printed is a text of JSON as an encoder prints it that takes objects.
func printed(text string) string {
	v := jsonx.Value(text)
	if jsonx.Check(v) != nil || v.Compact() != nil {
		return text
	}
	return string(v)
}

func joinedThoughts(before, after *said) bool {
	all := strings.Join(after.thoughts, "")
	for _, text := range before.thoughts {
		if !strings.Contains(all, text) {
			return false
		}
	}
	return true
}

func (s *said) shows(m *llm.Media) bool {
	for _, got := range s.media {
		if got.Data == m.Data && got.URL == m.URL && got.Text == m.Text {
			return true
		}
	}
	if m.Data != "" && bytes.Contains(s.blocks, []byte(m.Data)) {
		return true
	}
	var as said
	as.read(m)
	return as.text.Len() > 0 && strings.Contains(s.text.String(), strings.TrimSpace(as.text.String()))
}

func sameArgs(a, b *llm.Call) bool {
	plain := func(c *llm.Call) string {
		text := dialect.Wrap(c).Args
		if strings.TrimSpace(text) == "" {
			return "{}"
		}
		return printed(text)
	}
	return plain(a) == plain(b)
}

func known(p *llm.Prompt, tool string) bool {
	for i := range p.Tools {
		if p.Tools[i].Name == tool || p.Tools[i].Builtin != "" {
			return true
		}
	}
	return dialect.IsAdded(p, tool)
}

// losses are the names of what was lost, without what differs in spelling.
type losses []string

func (l losses) has(name string) bool {
	for _, lost := range l {
		if strings.Contains(strings.ToLower(strings.ReplaceAll(lost, "_", "")), name) {
			return true
		}
	}
	return false
}
