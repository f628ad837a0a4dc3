package oracle_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/openai"
	"sluice/internal/dialect/oracle"
	"sluice/internal/llm"
)

func both() []*dialect.Dialect {
	return []*dialect.Dialect{oracle.Of(&openai.Dialect, oracle.OnDemand), oracle.OfCohere(&cohere.V1, oracle.OnDemand)}
}

// TestErrorBodies reads the service's errors, as they are and dressed up as
// answers.
func TestErrorBodies(t *testing.T) {
	for body, want := range map[string]int{
		`{"code":"TooManyRequests","message":"Slow down"}`:            429,
		`{"code":"NotAuthenticated","message":"Slow down"}`:           401,
		`{"code":"SomethingQuotaExceeded","message":"Slow down"}`:     429,
		`{"code":"Unheard","message":"Slow down","opc-request-id":1}`: 502,
	} {
		for _, d := range both() {
			if e := d.DecodeError(400, []byte(body)); e.Message != "Slow down" {
				t.Errorf("%s: %s is %+v", d.Name, body, e)
			}
			_, err := d.Inspect(llm.Chat, []byte(body))
			if e := new(llm.Error); !errors.As(err, &e) || e.Status != want || e.Message != "Slow down" || e.Kind != llm.UpstreamStatus {
				t.Errorf("%s: %s is %v", d.Name, body, err)
			}
		}
	}
	for _, body := range []string{`x`, `[]`, `{}`, `{"chatResponse":{}}`, `{"chatResponse":{"choices":[]}}`, `{"chatResponse":{"choices":[{"message":{"content":[{"type":"IMAGE"}]}}]}}`} {
		for _, d := range both() {
			_, err := d.Inspect(llm.Chat, []byte(body))
			if e := new(llm.Error); !errors.As(err, &e) || e.Kind != llm.InvalidResponse || e.Status != 502 {
				t.Errorf("%s: %s is %v", d.Name, body, err)
			}
		}
	}
}

// play reads a stream, with a tap beside it.
func play(d *dialect.Dialect, sse string) (events []llm.Event, facts dialect.Facts, err error) {
	frames, dec, tap := d.Streams().NewReader(bytes.NewReader([]byte(sse)), 1<<20), d.Chat.NewDecoder(), d.NewTap(llm.Chat)
	for {
		ev, err := frames.Next()
		if errors.Is(err, io.EOF) {
			list, err := dec.End()
			return append(events, list...), tap.Facts(), err
		}
		if err != nil {
			return events, tap.Facts(), err
		}
		_, tapped := tap.Event(ev)
		list, err := dec.Decode(ev)
		if events = append(events, list...); err != nil {
			return events, tap.Facts(), errors.Join(err, tapped)
		}
	}
}

const begun = `data: {"apiFormat":"X","text":"a","index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"a"}]}}` + "\n\n"

// TestStreams reads the ends that streams come to.
func TestStreams(t *testing.T) {
	for _, d := range both() {
		if _, _, err := play(d, begun); err == nil {
			t.Errorf("%s: a stream that was cut off ended well", d.Name)
		}
		_, _, err := play(d, begun+`data: {"code":"TooManyRequests","message":"Slow down"}`+"\n\n")
		if e := new(llm.Error); !errors.As(err, &e) || e.Status != 429 {
			t.Errorf("%s: %v", d.Name, err)
		}
		if _, _, err := play(d, begun+"data: <html>\n\n"); err == nil {
			t.Errorf("%s: a page was taken for an event", d.Name)
		}
		events, facts, err := play(d, begun+`data: {"apiFormat":"X","finishReason":"MAX_TOKENS","text":"a","usage":{"promptTokens":4,"completionTokens":2}}`+"\n\n")
		if err != nil || events[len(events)-1].Kind != llm.EventEnd || facts.Usage == nil || facts.Usage.Input != 4 || facts.Finish == "" {
			t.Errorf("%s: %v, %+v", d.Name, err, facts)
		}
	}
}

// FuzzDecoder reads anything: nothing panics, and what ends was begun.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte(begun + "data: {\"finishReason\":\"stop\"}\n\n"))
	f.Add([]byte("data: {\"message\":{\"toolCalls\":[{\"id\":1}]}}\ndata: {\"toolCalls\":[{\"name\":\"f\"}]}\n\n"))
	f.Fuzz(func(_ *testing.T, in []byte) {
		for _, d := range both() {
			_, _, _ = play(d, string(in))
			_, _ = d.Inspect(llm.Chat, in)
			_, _ = d.Chat.DecodeReply(in)
		}
	})
}
