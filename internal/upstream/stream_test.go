package upstream

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/dialect/openai"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/secret"
)

var noKey secret.String

// Events of a chat stream (OpenAI API, chat completion chunk object).
const (
	begin   = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n"
	word    = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"höi"},"finish_reason":null}]}` + "\n\n"
	stop    = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	cost    = `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}` + "\n\n"
	end     = "data: [DONE]\n\n"
	comment = ": processing\n\n"
	refusal = `data: {"error":{"message":"overloaded","type":"overloaded_error"}}` + "\n\n"
	rubbish = "data: {rubbish\n\n"

	recorded = comment + begin + word + comment + stop + cost + end
)

// drain reads a stream to its end as the server does.
func drain(answer *llm.Answer) (string, error) {
	defer func() { _ = answer.Stream.Close() }()
	var out strings.Builder
	for {
		frame, err := answer.Stream.Next()
		out.Write(frame.Raw)
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
	}
}

// play sends a stream through the client. begun is false when the attempt
// failed before the commit point.
func play(t *testing.T, body io.Reader) (out string, begun bool, err error) {
	t.Helper()
	answer, err := ask(t, answering(200, body, "Content-Type", "text/event-stream; charset=utf-8"), streamed)
	if err != nil {
		return "", false, err
	}
	out, err = drain(answer)
	return out, true, err
}

func cutBy(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(err))
}

// TestCommitPoint is ADR 0003: before the first event that says something a
// failure is a failed attempt, after it an error in the stream (R13, R20, R24).
func TestCommitPoint(t *testing.T) {
	reset := io.ErrUnexpectedEOF
	for _, c := range []struct {
		name  string
		body  io.Reader
		begun bool
		out   string
		kind  llm.Kind // of the failure, 0 (internal): none
		class llm.Class
		frame string // what the client reads of the provider's failure
	}{
		{"complete", strings.NewReader(recorded), true, recorded, 0, "", ""},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(recorded)), true, recorded, 0, "", ""},
		{"nothing but the end", strings.NewReader(end), true, end, 0, "", ""},
		{"a comment first", strings.NewReader(comment + comment + begin + stop + end), true, comment + comment + begin + stop + end, 0, "", ""},
		{"CRLF", strings.NewReader(strings.ReplaceAll(recorded, "\n", "\r\n")), true, strings.ReplaceAll(recorded, "\n", "\r\n"), 0, "", ""},

		{"an error first", strings.NewReader(refusal + end), false, "", llm.UpstreamStatus, llm.ClassStatus, ""},
		{"an error behind a comment", strings.NewReader(comment + refusal), false, "", llm.UpstreamStatus, llm.ClassStatus, ""},
		{"rubbish first", strings.NewReader(rubbish + begin), false, "", llm.InvalidResponse, llm.ClassInvalid, ""},
		{"HTML", strings.NewReader("<html>\n<body>busy</body>\n</html>\n"), false, "", llm.InvalidResponse, llm.ClassInvalid, ""},
		{"nothing", strings.NewReader(""), false, "", llm.InvalidResponse, llm.ClassInvalid, ""},
		{"comments only", strings.NewReader(comment + comment), false, "", llm.InvalidResponse, llm.ClassInvalid, ""},
		{"cut before the first event", cutBy(comment+begin[:30], reset), false, "", llm.InvalidResponse, llm.ClassInvalid, ""},
		{"comments without end", strings.NewReader(strings.Repeat(comment, 10_000)), false, "", llm.ResponseTooLarge, llm.ClassTooLarge, ""},
		{"an event without end", strings.NewReader("data: " + strings.Repeat("x", 65<<10)), false, "", llm.ResponseTooLarge, llm.ClassTooLarge, ""},

		{"an error later", strings.NewReader(begin + word + refusal + end), true, begin + word, llm.UpstreamStatus, llm.ClassStatus, refusal},
		{"an error at the very end, without its blank line", strings.NewReader(begin + strings.TrimSpace(refusal)), true, begin, llm.UpstreamStatus, llm.ClassStatus, refusal},
		{"rubbish later", strings.NewReader(begin + rubbish + word), true, begin, llm.StreamInterrupted, llm.ClassInvalid, ""},
		{"a reset later", cutBy(begin+word+word[:9], reset), true, begin + word, llm.StreamInterrupted, llm.ClassReset, ""},
		{"an end without an end", strings.NewReader(begin + word), true, begin + word, llm.StreamInterrupted, llm.ClassReset, ""},
		{"an event without end later", strings.NewReader(begin + "data: " + strings.Repeat("x", 65<<10)), true, begin, llm.StreamInterrupted, llm.ClassTooLarge, ""},

		{"finished, no end mark", strings.NewReader(begin + stop + cost), true, begin + stop + cost + end, 0, "", ""},
		{"finished, a comment, no end mark", strings.NewReader(begin + stop + comment), true, begin + stop + comment + end, 0, "", ""},
		{"finished, no blank line", strings.NewReader(begin + strings.TrimSpace(stop)), true, begin + stop + end, 0, "", ""},
		{"finished, then a reset", cutBy(begin+stop, reset), true, begin + stop, llm.StreamInterrupted, llm.ClassReset, ""},
		{"finished, then rubbish", strings.NewReader(begin + stop + rubbish), true, begin + stop, llm.StreamInterrupted, llm.ClassInvalid, ""},
		{"finished, then an error", strings.NewReader(begin + stop + refusal + end), true, begin + stop + refusal + end, 0, "", ""},
		{"no blank line behind the end mark", strings.NewReader(begin + stop + "data: [DONE]"), true, begin + stop + end, 0, "", ""},
		{"more behind the end mark", strings.NewReader(recorded + word + end), true, recorded, 0, "", ""},
		{"a reset behind the end mark", cutBy(recorded, reset), true, recorded, 0, "", ""},
		{"an end mark out of nowhere", strings.NewReader(begin + end), true, begin + end, 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, begun, err := play(t, c.body)
			if begun != c.begun {
				t.Fatalf("begun: %v, want %v (%v)", begun, c.begun, err)
			}
			if diff := cmp.Diff(c.out, out); diff != "" {
				t.Errorf("the client reads (-want +got):\n%s", diff)
			}
			if (err != nil) != (c.class != "") {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				if e := failed(t, err); e.Kind != c.kind || e.Class != c.class || string(e.Frame) != c.frame && begun || e.Final {
					t.Errorf("kind %d, class %s, frame %q: %s", e.Kind, e.Class, e.Frame, e.Message)
				}
			}
		})
	}
}

func TestErrorStaysAnError(t *testing.T) {
	answer, err := ask(t, answering(200, strings.NewReader(begin), "Content-Type", "text/event-stream"), streamed)
	if err != nil {
		t.Fatal(err)
	}
	_, first := drain(answer)
	if frame, again := answer.Stream.Next(); again != first || frame.Raw != nil {
		t.Errorf("after %v came %v", first, again)
	}
}

func TestFactsOfAStream(t *testing.T) {
	answer, err := ask(t, answering(200, strings.NewReader(recorded), "Content-Type", "text/event-stream"), streamed)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := drain(answer); err != nil {
		t.Fatal(out, err)
	}
	if usage, finish := answer.Stream.Facts(); usage == nil || usage.Input != 3 || usage.Output != 1 || finish != "stop" {
		t.Errorf("%+v, %q", usage, finish)
	}
	if h := answer.Header.Get("Content-Type"); h != "text/event-stream" {
		t.Errorf("content type %q", h)
	}
}

// TestMore: events that came in one piece may be flushed in one.
func TestMore(t *testing.T) {
	answer, err := ask(t, answering(200, strings.NewReader(begin+word+stop+end), "Content-Type", "text/event-stream"), streamed)
	if err != nil {
		t.Fatal(err)
	}
	var more []bool
	for {
		frame, err := answer.Stream.Next()
		if err != nil {
			break
		}
		more = append(more, frame.More)
	}
	_ = answer.Stream.Close()
	if diff := cmp.Diff([]bool{true, true, true, false}, more); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnnamedStream: some servers forget to say that they stream.
func TestUnnamedStream(t *testing.T) {
	for _, kind := range []string{"text/plain", "application/octet-stream"} {
		answer, err := ask(t, answering(200, strings.NewReader(recorded), "Content-Type", kind), streamed)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := drain(answer); out != recorded || err != nil || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: %v, %v", kind, answer.Header, err)
		}
	}
	if _, err := ask(t, answering(200, strings.NewReader(recorded), "Content-Type", "text/event-stream"), unary); failed(t, err).Kind != llm.InvalidResponse {
		t.Errorf("a stream nobody asked for: %v", err)
	}
}

// TestRelayedStream: of a path nobody knows, nobody knows how its stream ends.
func TestRelayedStream(t *testing.T) {
	const text = ": hi\n\nevent: a\ndata: not JSON\n\ndata: last"
	r := chat(t, streamed)
	r.Op, r.Path = llm.Relay, "/responses"
	for want, body := range map[error]io.Reader{nil: strings.NewReader(text), io.ErrUnexpectedEOF: cutBy(text, io.ErrUnexpectedEOF)} {
		answer, err := clientOf(answering(200, body, "Content-Type", "text/event-stream")).Do(t.Context(), r, acme(), noKey)
		if err != nil {
			t.Fatal(err)
		}
		out, err := drain(answer)
		if out != text+"\n\n" || !answer.Events || !errors.Is(err, want) {
			t.Errorf("%v: %q", err, out)
		}
	}
}

// eventsOf reads what a client would, and says how it ended: with the end
// mark, with an error, or with neither.
func eventsOf(t *testing.T, text string) (data []string, done, failures int) {
	t.Helper()
	sse := framing.NewSSE(strings.NewReader(text), 1<<20)
	for {
		ev, err := sse.Next()
		if err != nil {
			return data, done, failures
		}
		switch text := string(ev.Data); {
		case text == "" && len(ev.Raw) > 0 && ev.Raw[0] == ':':
		case text == "[DONE]":
			done++
		case jsonx.Check(ev.Data) != nil:
			t.Errorf("the client reads the event %q", ev.Raw)
		case jsonx.At(ev.Data, "error") != nil:
			failures++
		default:
			if done+failures > 0 {
				t.Errorf("%q came after the end", text)
			}
			data = append(data, text)
		}
	}
}

// TestCutAnywhere cuts a stream at every byte, cleanly and not: the client gets
// all events that came whole, and then either the end mark or one error.
func TestCutAnywhere(t *testing.T) {
	whole, _, _ := eventsOf(t, recorded)
	for _, text := range []string{recorded, strings.ReplaceAll(recorded, "\n", "\r\n"), strings.ReplaceAll(recorded, "\n", "\r")} {
		for _, how := range []error{io.EOF, io.ErrUnexpectedEOF} {
			for at := range len(text) + 1 {
				name := fmt.Sprintf("cut at %d of %d with %v", at, len(text), how)
				out, begun, err := play(t, cutBy(text[:at], how))
				if err != nil {
					e := failed(t, err)
					if begun {
						out = string(openai.Dialect.AppendErrorFrame([]byte(out), e))
					}
					if want := llm.StreamInterrupted; begun && e.Kind != want || !begun && e.Kind != llm.InvalidResponse && e.Kind != llm.Unreachable {
						t.Errorf("%s: kind %d", name, e.Kind)
					}
				}
				data, done, failures := eventsOf(t, out)
				if begun && done+failures != 1 || !begun && out != "" {
					t.Errorf("%s: %d end marks, %d errors", name, done, failures)
				}
				if done == 1 && !strings.Contains(out, `"finish_reason":"stop"`) {
					t.Errorf("%s: looks complete", name)
				}
				if diff := cmp.Diff(whole[:min(len(data), len(whole))], data, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s: events changed:\n%s", name, diff)
				}
				if came := complete(text[:at]); len(data) < came && begun {
					t.Errorf("%s: %d events came whole, the client got %d", name, came, len(data))
				}
			}
		}
	}
}

// complete counts the data events that came with their blank line.
func complete(text string) (n int) {
	sse := framing.NewSSE(strings.NewReader(text), 1<<20)
	for {
		ev, err := sse.Next()
		if err != nil || ev.Open {
			return n
		}
		if len(ev.Data) > 0 && string(ev.Data) != "[DONE]" {
			n++
		}
	}
}
