package upstream

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/llm"
	"sluice/internal/secret"
)

// piece is what a slow provider sends, and how long it waits before.
type piece struct {
	wait time.Duration
	text string
}

// slow is a body that arrives piece by piece, then says nothing more.
type slow struct {
	ctx    context.Context
	pieces []piece
}

func (s *slow) Read(p []byte) (int, error) {
	var wait <-chan time.Time // for ever, behind the last piece
	if len(s.pieces) > 0 {
		wait = time.After(s.pieces[0].wait)
	}
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-wait:
		n := copy(p, s.pieces[0].text)
		s.pieces[0] = piece{text: s.pieces[0].text[n:]}
		if s.pieces[0].text == "" {
			s.pieces = s.pieces[1:]
		}
		return n, nil
	}
}

// slowly is a transport whose answer takes head to begin.
func slowly(kind string, head time.Duration, pieces ...piece) wire {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(head):
			return answering(200, &slow{r.Context(), pieces}, "Content-Type", kind)(r)
		}
	}
}

func every(wait time.Duration, text string, n int) (out []piece) {
	for range n {
		out = append(out, piece{wait, text})
	}
	return out
}

// TestClocks is R10 and R12 on a fake clock: which limit ended an attempt, and
// when. The limits are those of testLimits.
func TestClocks(t *testing.T) {
	const s, never = time.Second, time.Hour
	const sse, json = "text/event-stream", "application/json"
	half := []piece{{s, reply[:50]}}
	good := []piece{{s, reply[:50]}, {s, reply[50:]}}
	for _, c := range []struct {
		name   string
		asked  time.Duration // request_timeout
		body   string
		answer wire
		leaves time.Duration // the client goes away then, 0: never
		took   time.Duration
		kind   llm.Kind
		status int
		class  llm.Class
		words  string
	}{
		{"no answer", 0, unary, slowly(json, never), 0, 60 * s, llm.UpstreamTimeout, 504, llm.ClassFirstByte, "the provider did not begin to answer within 1m0s"},
		{"no answer to a stream request", 0, streamed, slowly(sse, never), 0, 30 * s, llm.UpstreamTimeout, 504, llm.ClassFirstByte, "the provider did not begin to answer within 30s"},
		{"a head and no body", 0, unary, slowly(json, s), 0, 60 * s, llm.UpstreamTimeout, 504, llm.ClassFirstByte, "the provider did not begin to answer within 1m0s"},
		{"a head and no stream", 0, streamed, slowly(sse, s), 0, 30 * s, llm.UpstreamTimeout, 504, llm.ClassFirstByte, "the provider did not begin to answer within 30s"},
		{"half an answer", 0, unary, slowly(json, s, half...), 0, 14 * s, llm.UpstreamTimeout, 504, llm.ClassIdle, "the provider stopped sending for 12s"},
		{"half an event", 0, streamed, slowly(sse, s, piece{s, begin[:20]}), 0, 14 * s, llm.UpstreamTimeout, 504, llm.ClassIdle, "the provider stopped sending for 12s"},
		{"a comment and no event", 0, streamed, slowly(sse, s, piece{s, comment}), 0, 14 * s, llm.UpstreamTimeout, 504, llm.ClassIdle, "the provider stopped sending for 12s"},
		{"an answer in drops", 0, unary, slowly(json, 0, every(5*s, " ", 1000)...), 0, 90 * s, llm.UpstreamTimeout, 504, llm.ClassIdle, "the answer took longer than 1m30s"},
		{"asked for less", 20 * s, unary, slowly(json, never), 0, 20 * s, llm.RequestTimeout, 408, llm.ClassFirstByte, "Request exceeded the timeout sent in the request: 20000ms"},
		{"asked for less than the whole answer takes", 1500 * time.Millisecond, unary, slowly(json, 0, good...), 0, 1500 * time.Millisecond, llm.RequestTimeout, 408, llm.ClassFirstByte, "Request exceeded the timeout sent in the request: 1500ms"},
		{"asked for less, of a stream", 20 * s, streamed, slowly(sse, never), 0, 20 * s, llm.RequestTimeout, 408, llm.ClassFirstByte, "Request exceeded the timeout sent in the request: 20000ms"},
		{"asked for more than there is", 2 * time.Hour, unary, slowly(json, never), 0, 60 * s, llm.UpstreamTimeout, 504, llm.ClassFirstByte, "the provider did not begin to answer within 1m0s"},
		{"the client goes before the answer", 0, unary, slowly(json, never), 5 * s, 5 * s, llm.Canceled, 499, llm.ClassCanceled, "the client went away"},
		{"the client goes in the middle", 0, unary, slowly(json, s, half...), 5 * s, 5 * s, llm.Canceled, 499, llm.ClassCanceled, "the client went away"},
		{"the client goes in the first event", 0, streamed, slowly(sse, s, piece{s, begin[:20]}), 5 * s, 5 * s, llm.Canceled, 499, llm.ClassCanceled, "the client went away"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.leaves > 0 {
					time.AfterFunc(c.leaves, cancel)
				}
				target, start := acme(), time.Now()
				target.Timeout = c.asked
				answer, err := clientOf(c.answer).Do(ctx, chat(t, c.body), target, secret.String{})
				if answer != nil {
					t.Fatalf("answered: %+v", answer)
				}
				e := failed(t, err)
				if took := time.Since(start); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if e.Kind != c.kind || e.Status != c.status || e.Class != c.class || e.Message != c.words || e.Final != (c.kind == llm.Canceled) {
					t.Errorf("kind %d, status %d, class %s, final %v: %s", e.Kind, e.Status, e.Class, e.Final, e.Message)
				}
			})
		})
	}
}

// TestClocksOfARunningStream: past the commit point a limit is an interruption.
func TestClocksOfARunningStream(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name   string
		asked  time.Duration
		pieces []piece
		leaves time.Duration
		took   time.Duration
		out    string
		kind   llm.Kind
		class  llm.Class
		words  string
	}{
		{"silence", 0, []piece{{s, begin}, {11 * s, word}}, 0, 24 * s, begin + word, llm.StreamInterrupted, llm.ClassIdle, "the provider stopped sending for 12s"},
		{"silence in an event", 0, []piece{{s, begin}, {s, word[:50]}}, 0, 14 * s, begin, llm.StreamInterrupted, llm.ClassIdle, "the provider stopped sending for 12s"},
		{"never an end", 0, append([]piece{{s, begin}}, every(10*s, word, 1000)...), 0, 360 * s, begin + strings.Repeat(word, 35), llm.StreamInterrupted, llm.ClassIdle, "the answer took longer than 6m0s"},
		{"what was asked is for the first byte", 2 * s, []piece{{s, begin}, {10 * s, word}, {10 * s, stop + end}}, 0, 21*s + lingering, begin + word + stop + end, 0, "", ""},
		{"the client goes", 0, []piece{{s, begin}}, 5 * s, 5 * s, begin, llm.Canceled, llm.ClassCanceled, "the client went away"},
		{"the client goes in an event", 0, []piece{{s, begin}, {s, word[:50]}}, 5 * s, 5 * s, begin, llm.Canceled, llm.ClassCanceled, "the client went away"},
		{"done, but the body stays open", 0, []piece{{s, recorded}}, 0, s + lingering, recorded, 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.leaves > 0 {
					time.AfterFunc(c.leaves, cancel)
				}
				target, start := acme(), time.Now()
				target.Timeout = c.asked
				answer, err := clientOf(slowly("text/event-stream", 0, c.pieces...)).Do(ctx, chat(t, streamed), target, secret.String{})
				if err != nil {
					t.Fatal(err)
				}
				out, err := drain(answer)
				if took := time.Since(start); took != c.took || out != c.out {
					t.Errorf("took %s, want %s; the client read %d bytes, want %d", took, c.took, len(out), len(c.out))
				}
				if c.words == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if e := failed(t, err); e.Kind != c.kind || e.Class != c.class || e.Message != c.words {
					t.Errorf("kind %d, class %s: %s", e.Kind, e.Class, e.Message)
				}
			})
		})
	}
}

// TestSlowReader: a client that takes its time is not a provider that stopped.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer, err := clientOf(slowly("text/event-stream", 0, piece{0, begin}, piece{0, word}, piece{0, stop + end})).Do(t.Context(), chat(t, streamed), acme(), secret.String{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Stream.Close() }()
		for n := 0; ; n++ {
			time.Sleep(2 * testLimits.Idle) // the client's
			if _, err = answer.Stream.Next(); err != nil {
				break
			}
		}
		if err != io.EOF {
			t.Errorf("%v", err)
		}
	})
}

// TestAbandoned: an answer nobody reads to its end leaves no clock running, and
// the provider sees its connection closed (R11).
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent *http.Request
		answer, err := clientOf(func(r *http.Request) (*http.Response, error) {
			sent = r
			return slowly("text/event-stream", 0, piece{0, begin})(r)
		}).Do(t.Context(), chat(t, streamed), acme(), secret.String{})
		if err != nil {
			t.Fatal(err)
		}
		if sent.Context().Err() != nil {
			t.Error("closed before it was read")
		}
		if err := answer.Stream.Close(); err != nil || sent.Context().Err() == nil {
			t.Errorf("%v; the provider's side is still open", err)
		}
	})
}
