package mockllm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"sluice/internal/jsonx"
)

// maxBody is the most the mock reads of one request.
const maxBody = 64 << 20

// Options is how the mock behaves when the words of a request say nothing
// else. The zero value answers everything at once.
type Options struct {
	Latency     time.Duration    // before each answer
	ChunkDelay  time.Duration    // between the events of a stream
	ErrorStatus int              // given to everything; 0: none
	CutAfter    int              // break each stream after so many events; 0: never
	Chunks      int              // words of each answer; 0: as many as it needs
	Now         func() time.Time // nil: time.Now

	// Secret seals the reasoning this provider hands out; empty: a fixed one.
	Secret string
	// VerifySignatures refuses, as the vendors do, turns of the word think
	// that come back without their reasoning or with another one.
	VerifySignatures bool
}

// Server is the fake provider.
type Server struct {
	opts Options
	log  log
	back backstage
	life context.Context
	end  context.CancelFunc
}

// New makes a fake provider. Close it when requests may still hang in it.
func New(opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{opts: opts, back: backstage{seals: newSealer(opts.Secret), verify: opts.VerifySignatures}}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Close ends the requests that are still waiting for something.
func (s *Server) Close() { s.end() }

// Requests returns the last 256 requests, oldest first.
func (s *Server) Requests() []Request { return s.log.all() }

// ServeHTTP answers one request. A scripted break of the connection is a panic
// with http.ErrAbortHandler, as net/http wants it; do not recover it above.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == requestsPath {
		s.log.serve(w, r)
		return
	}
	entry := s.log.begin(r, s.opts.Now())
	end := gone
	defer func() {
		s.log.end(entry, end.outcome(), s.opts.Now())
		if end == broken {
			panic(http.ErrAbortHandler)
		}
	}()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.life, cancel)() //nolint:contextcheck // Close ends what the request alone would not
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	same := s.log.read(entry, body)
	v, found := find(r)
	if err != nil {
		end = refuse(w, v, err)
		return
	}
	p := player{w: w, ctx: ctx, voice: v, id: fmt.Sprintf("req_mock_%06d", entry.ID)}
	w.Header().Set("X-Request-Id", p.id)
	w.Header().Set("Request-Id", p.id) // as Anthropic calls it
	if !found {
		end = p.play(s.cue(ask{}, same), turn{}, echo{r: r, body: body})
		return
	}
	end = s.converse(p, r, body, turn{ID: entry.ID, Created: s.opts.Now().Unix(), same: same, back: &s.back})
}

// converse reads the request with the voice of its path and plays the answer.
func (s *Server) converse(p player, r *http.Request, body []byte, t turn) ending {
	if badKey(r) {
		return p.fail(failure{Status: http.StatusUnauthorized, BadKey: true})
	}
	sp, failed := p.voice.read(r, body)
	if c, ok := sp.(checker); ok && failed == nil {
		failed = c.check(t.back)
	}
	if failed != nil {
		return p.fail(*failed)
	}
	a := sp.ask()
	if a.Model == unknownModel {
		return p.fail(failure{Status: http.StatusNotFound, Model: a.Model})
	}
	c := s.cue(a, t.same)
	t.script = write(c, a)
	return p.play(c, t, sp)
}

// unknownModel is the one model this provider does not have.
const unknownModel = "no-such-model"

// keyHeaders are the places where the wire formats carry their key.
var keyHeaders = []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key"}

func badKey(r *http.Request) bool {
	for _, name := range keyHeaders {
		if strings.TrimPrefix(r.Header.Get(name), "Bearer ") == "bad-key" {
			return true
		}
	}
	return r.URL.Query().Get("key") == "bad-key"
}

// refuse answers a body that could not be read.
func refuse(w http.ResponseWriter, v voice, err error) ending {
	var large *http.MaxBytesError
	if !errors.As(err, &large) {
		return gone
	}
	return player{w: w, voice: v}.fail(failure{Status: http.StatusRequestEntityTooLarge})
}

// echo answers a path nobody knows with the request itself, so that relaying
// can be tested.
type echo struct {
	r    *http.Request
	body []byte
}

func (e echo) ask() ask { return ask{} }

func (e echo) answer(turn) (string, []byte) {
	text := struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Query  string `json:"query"`
		Body   any    `json:"body"`
	}{e.r.Method, e.r.URL.Path, e.r.URL.RawQuery, bodyValue(e.body)}
	return typeJSON, encode(text)
}

// bodyValue is a body as JSON shows it best: JSON as it is, text as a string,
// other bytes in base64.
func bodyValue(body []byte) any {
	switch {
	case len(body) == 0:
		return nil
	case jsonx.Check(body) == nil:
		return jsonx.Value(body)
	case utf8.Valid(body):
		return string(body)
	}
	return body
}

// encode writes an answer of our own types, which always can be written.
func encode(v any) []byte {
	b, err := jsonx.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("mockllm: encode an answer: %w", err))
	}
	return b
}
