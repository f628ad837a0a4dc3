package dialecttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Talk is a conversation written down with what must become of it. The first
// line of its archive names the client's dialect and the provider's, then
// strict or lenient. Its files stand in pairs, in folders that count the steps:
//
//	request    what the client sends        upstream  what the provider must get, all of it
//	                                        lost      what the encoder says is lost, a path a line
//	                                        refused   or: status, param, and a word of the message
//	reply      what the provider answers    client    what the client must get
//	                                        missed    what the encoder says is lost of it
//	stream     the same as an event stream  events    what the client must get, an event a line
//
// Beside them wire holds what must be in the provider's request byte for byte,
// a text a line; joined what the arguments of the call in the client's stream
// come to, in place of events; and never what must not go out to anybody in that step.
//
// Of answers only what is wanted is looked at, but lists must be complete; a
// null that is wanted may be absent. A text that begins with $ names a value:
// see names.
type Talk struct {
	Sides    Sides
	steps    []map[string][]byte
	names    names
	Plain    []error // of the requests and whole answers
	Streamed []error // of the streams
	Plains   int     // how many requests and whole answers there were
	Streams  int
	Lost     []string
}

// NewTalk reads an archive.
func NewTalk(a *txtar.Archive, find func(string) (*dialect.Dialect, bool)) (*Talk, error) {
	words := strings.Fields(string(a.Comment))
	if len(words) < 3 {
		return nil, errors.New("the first line must name two dialects, and strict or lenient")
	}
	client, okClient := find(words[0])
	provider, okProvider := find(words[1])
	if !okClient || !okProvider {
		return nil, fmt.Errorf("no dialect %s or %s", words[0], words[1])
	}
	t := &Talk{names: names{}, Sides: Sides{Client: client, Provider: provider}}
	t.Sides.As = dialect.Reply{Chat: &llm.Prompt{}, Provider: words[1], Strict: words[2] != "lenient"}
	for _, f := range a.Files {
		step, name, _ := strings.Cut(f.Name, "/")
		n, err := strconv.Atoi(step)
		if err != nil || n < len(t.steps) || n > len(t.steps)+1 || !slices.Contains(files, name) {
			return nil, fmt.Errorf("what is %s?", f.Name)
		}
		if n > len(t.steps) {
			t.steps = append(t.steps, map[string][]byte{})
		}
		t.steps[n-1][name] = f.Data
	}
	return t, nil
}

var files = []string{"request", "upstream", "lost", "refused", "reply", "client", "missed", "stream", "events", "joined", "wire", "never"}

// Run plays the conversation.
func (t *Talk) Run() {
	for i, step := range t.steps {
		if err := t.request(step); err != nil {
			t.Plain = append(t.Plain, fmt.Errorf("%d/request: %w", i+1, err))
		}
		if err := t.reply(step); err != nil {
			t.Plain = append(t.Plain, fmt.Errorf("%d/reply: %w", i+1, err))
		}
		if err := t.stream(step); err != nil {
			t.Streamed = append(t.Streamed, fmt.Errorf("%d/stream: %w", i+1, err))
		}
	}
}

func (t *Talk) request(step map[string][]byte) error {
	body, said := step["request"]
	if !said {
		return nil
	}
	t.Plains++
	out, lost, err := t.Sides.Request(t.names.fill(body))
	if want, refused := step["refused"]; refused {
		return t.refused(string(want), err)
	}
	if err != nil {
		return err
	}
	if err := jsonx.Check(out); err != nil {
		return fmt.Errorf("%w in %s", err, out)
	}
	t.Lost = append(t.Lost, lost...)
	for line := range strings.Lines(string(step["wire"])) {
		if !strings.Contains(string(out), strings.TrimSpace(line)) {
			return fmt.Errorf("%sis not in %s", line, out)
		}
	}
	if err := t.equal(step["upstream"], out, true); err != nil {
		return fmt.Errorf("%w\nin %s", err, out)
	}
	return errors.Join(never(step, out), t.reported(step["lost"], lost))
}

// refused expects "400 messages[0] audio": status, field, word.
func (t *Talk) refused(want string, err error) error {
	e := new(llm.Error)
	if !errors.As(err, &e) {
		return fmt.Errorf("%v is no refusal", err)
	}
	words := strings.SplitN(strings.TrimSpace(want), " ", 3)
	if strconv.Itoa(e.Status) != words[0] || e.Param != words[1] || !strings.Contains(e.Message, words[2]) {
		return fmt.Errorf("status %d, param %q: %s", e.Status, e.Param, e.Message)
	}
	return nil
}

func (t *Talk) reported(want []byte, lost []string) error {
	lines := strings.Fields(string(want))
	if lost = slices.Sorted(slices.Values(lost)); !slices.Equal(slices.Sorted(slices.Values(lines)), lost) {
		return fmt.Errorf("lost %q, want %q", lost, lines)
	}
	return nil
}

func (t *Talk) reply(step map[string][]byte) error {
	body, said := step["reply"]
	if !said {
		return nil
	}
	t.Plains++
	out, lost, err := t.Sides.Reply(body)
	if err != nil {
		return err
	}
	if err := jsonx.Check(out); err != nil {
		return fmt.Errorf("%w in %s", err, out)
	}
	for _, name := range lost {
		t.Lost = append(t.Lost, "reply "+name)
	}
	if err := t.equal(step["client"], out, false); err != nil {
		return fmt.Errorf("%w\nin %s", err, out)
	}
	return errors.Join(never(step, out), t.reported(step["missed"], lost))
}

func never(step map[string][]byte, out []byte) error {
	for line := range strings.Lines(string(step["never"])) {
		if strings.Contains(string(out), strings.TrimSpace(line)) {
			return fmt.Errorf("%sis in %s", line, out)
		}
	}
	return nil
}

func (t *Talk) stream(step map[string][]byte) error {
	sse, said := step["stream"]
	if !said {
		return nil
	}
	t.Streams++
	out, err := t.Sides.Stream(Wire(t.Sides.Provider, sse))
	if err != nil {
		return err
	}
	if want, said := step["joined"]; said {
		return errors.Join(never(step, out), t.joined(want, out))
	}
	frames := t.Sides.Client.Streams().NewReader(bytes.NewReader(out), maxEvent)
	for line := range strings.Lines(string(step["events"])) {
		ev, err := next(frames)
		if err != nil {
			return fmt.Errorf("%w instead of %s\nin %s", err, line, out)
		}
		if err := t.event([]byte(line), ev.Data); err != nil {
			return fmt.Errorf("%w\nwant %sin %s", err, line, out)
		}
	}
	if ev, err := next(frames); !errors.Is(err, io.EOF) {
		return fmt.Errorf("an event too many: %s %v", ev.Data, err)
	}
	return never(step, out)
}

func (t *Talk) joined(want, out []byte) error {
	_, r, err := decode(t.Sides.Client, bytes.NewReader(out))
	if err != nil {
		return err
	}
	for _, m := range r.Choices[0].Messages {
		for _, p := range m.Parts {
			if p.Kind == llm.PartCall {
				return t.equal(want, []byte(p.Call.Args), true)
			}
		}
	}
	return fmt.Errorf("no call in %s", out)
}

// next is the next event that is no sign of life.
func next(frames framing.Frames) (framing.Event, error) {
	for {
		ev, err := frames.Next()
		if err != nil || ev.Name != "ping" {
			return ev, err
		}
	}
}

func (t *Talk) event(want, got []byte) error {
	if string(got) == "[DONE]" {
		got = []byte(`"[DONE]"`)
	}
	return t.equal(want, got, false)
}

func (t *Talk) equal(want, got []byte, whole bool) error {
	var w, g any
	if err := jsonx.Unmarshal(want, &w); err != nil {
		return fmt.Errorf("what is wanted: %w", err)
	}
	if err := jsonx.Unmarshal(got, &g); err != nil {
		return err
	}
	return match(w, g, "it", whole, t.names)
}
