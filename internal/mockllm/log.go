package mockllm

import (
	"hash/maphash"
	"net/http"
	"strings"
	"sync"
	"time"
)

// requestsPath is where the log can be read and cleared.
const requestsPath = "/_mock/requests"

// What the log keeps.
const (
	keptRequests = 256
	keptBody     = 256 << 10 // of each
)

// How a request ended.
const (
	Open     = "open"     // it has not
	Done     = "done"     // the script was played to its end, be it a broken one
	Canceled = "canceled" // the client went away first
)

// Request is one request the mock received. Header holds credentials too: this
// is a provider for tests.
type Request struct {
	ID      int         `json:"id"`
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Query   string      `json:"query"`
	Header  http.Header `json:"headers"`
	Body    string      `json:"body"` // the first 256 KiB
	Size    int         `json:"size"` // of the whole body
	Outcome string      `json:"outcome"`
	Start   time.Time   `json:"start"`
	End     time.Time   `json:"end,omitzero"`
}

// log keeps the last requests. Its zero value is ready.
type log struct {
	mu      sync.Mutex // guards all below, and every entry
	entries []*entry
	count   int
	seed    maphash.Seed
	seeded  bool
}

type entry struct {
	Request
	digest uint64 // of path and body
}

func (l *log) begin(r *http.Request, now time.Time) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	e := &entry{Request: Request{
		ID: l.count, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Header: r.Header.Clone(), Outcome: Open, Start: now,
	}}
	l.entries = append(l.entries, e)
	if over := len(l.entries) - keptRequests; over > 0 {
		l.entries = append([]*entry(nil), l.entries[over:]...)
	}
	return e
}

// read notes the body of e and returns how often the same path and body are in
// the log, this time included.
func (l *log) read(e *entry, body []byte) (same int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.seeded {
		l.seed, l.seeded = maphash.MakeSeed(), true
	}
	var h maphash.Hash
	h.SetSeed(l.seed)
	h.WriteString(e.Path + "\x00")
	h.Write(body)
	e.digest = h.Sum64()
	e.Size = len(body)
	e.Body = strings.ToValidUTF8(string(body[:min(len(body), keptBody)]), "\ufffd")
	same = 0
	for _, other := range l.entries {
		if other.digest == e.digest {
			same++
		}
	}
	return same
}

func (l *log) end(e *entry, outcome string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Outcome, e.End = outcome, now
}

func (l *log) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Request, 0, len(l.entries))
	for _, e := range l.entries {
		out = append(out, e.Request)
	}
	return out
}

func (l *log) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// serve shows the log to tests in other languages.
func (l *log) serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		w.Header().Set("Content-Type", typeJSON)
		_, _ = w.Write(encode(l.all())) // the reader may be gone
	case http.MethodDelete:
		l.clear()
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, DELETE")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}
