package abuse_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// mix is one kind of request of the soak, and what must come of it.
type mix struct {
	name, words string
	path        string
	stream      bool
	config      func(mock string) string // nil: the mock and nothing else
	want        func(status int, body string, err error) bool
}

func whole(status int, body string, err error) bool {
	return err == nil && status == http.StatusOK && !strings.Contains(body, `"error"`)
}

// looksCut is R20: an error event, no end mark, and a connection that breaks.
func looksCut(status int, body string, err error) bool {
	return err != nil && status == http.StatusOK && strings.Contains(body, "upstream_stream_interrupted") && !strings.Contains(body, "[DONE]")
}

func fails(codes ...int) func(int, string, error) bool {
	return func(status int, body string, err error) bool {
		ok := err == nil && strings.Contains(body, `"error"`)
		for _, code := range codes {
			if ok && code == status {
				return true
			}
		}
		return false
	}
}

func rescued(first string) func(string) string {
	return func(mock string) string {
		return fmt.Sprintf(`{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","api_key":"k","custom_host":"http://%[1]s/v1","override_params":{"model":"mock-%[2]s"}},{"provider":"openai","api_key":"k","custom_host":"http://%[1]s/v1"}]}`, mock, first)
	}
}

const chatPath = "/v1/chat/completions"

var mixes = []mix{
	{name: "plain", words: "hello", path: chatPath, want: whole},
	{name: "long plain", words: "long 2000", path: chatPath, want: whole},
	{name: "stream", words: "long 20", path: chatPath, stream: true, want: whole},
	{name: "slow stream", words: "long 30 drip 10ms", path: chatPath, stream: true, want: whole},
	{name: "long stream", words: "long 2000", path: chatPath, stream: true, want: whole},
	{name: "translated", words: "hello", path: "/v1/messages", want: whole},
	{name: "translated stream", words: "long 20", path: "/v1/messages", stream: true, want: whole},
	{name: "tools", words: "weather", path: chatPath, want: whole},
	{name: "cut stream", words: "cut", path: chatPath, stream: true, want: looksCut},
	{name: "half stream", words: "half", path: chatPath, stream: true, want: looksCut},
	{name: "half answer", words: "half", path: chatPath, want: fails(502)},
	{name: "cut answer", words: "cut", path: chatPath, want: fails(502)},
	{name: "garbage", words: "garbage", path: chatPath, want: fails(502)},
	{name: "garbage stream", words: "garbage", path: chatPath, stream: true, want: fails(502)},
	{name: "html", words: "html", path: chatPath, want: fails(502)},
	{name: "hang up", words: "hangup", path: chatPath, want: fails(502)},
	{name: "refused", words: "error 429", path: chatPath, want: fails(429)},
	{name: "broken", words: "error 500", path: chatPath, want: fails(500)},
	{name: "fallback", words: "hello", path: chatPath, config: rescued("error-500"), want: whole},
	{name: "fallback from a hang-up", words: "hello", path: chatPath, stream: true, config: rescued("hangup"), want: whole},
	{name: "fallback from garbage", words: "hello", path: chatPath, stream: true, config: rescued("garbage"), want: whole},
	{name: "not JSON", words: `"`, path: chatPath, want: fails(400)},
}

// tally is what came of the requests of a soak.
type tally struct {
	mu     sync.Mutex // guards all below
	count  map[string]int
	bad    []string
	aborts int
	took   []time.Duration // of good plain requests
}

func (c *tally) add(m *mix, took time.Duration, failure string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count[m.name]++
	if m.name == "plain" {
		c.took = append(c.took, took)
	}
	if failure != "" && len(c.bad) < 20 {
		c.bad = append(c.bad, m.name+": "+failure)
	}
}

func (m *mix) once(addr, mock string, c *tally) {
	config := ""
	if m.config != nil {
		config = m.config(mock)
	}
	began := time.Now()
	status, body, err := send(addr, request(m.path, mock, config, chat(m.words, m.stream)))
	failure := ""
	if !m.want(status, body, err) || strings.Contains(body, "internal_error") {
		failure = fmt.Sprintf("%d %v %.300s", status, err, body)
	}
	c.add(m, time.Since(began), failure)
}

// TestSoak mixes good and bad requests, providers that fail in all their ways,
// clients that leave, and reloads (R27), for as long as SOAK says. Every answer
// must be what it has to be, and memory and goroutines stay (R03). It runs a few
// seconds in `make test` and minutes in `make soak`.
func TestSoak(t *testing.T) {
	length := 5 * time.Second
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal("SOAK: ", err)
		}
	}
	const workers = 32
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	if err := os.WriteFile(file, []byte("max_upstream_calls: 16\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mock := start(t, nil, "mock")
	p := start(t, nil, "serve", "--config", file)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &tally{count: map[string]int{}}
	load := func(length time.Duration) {
		var wait sync.WaitGroup
		end := time.Now().Add(length)
		for w := range workers {
			wait.Go(func() {
				dice := rand.New(rand.NewPCG(seed, uint64(w)))
				for time.Now().Before(end) {
					if dice.IntN(8) > 0 {
						mixes[dice.IntN(len(mixes))].once(p.addr, mock.addr, c)
						continue
					}
					a := &aborts[dice.IntN(len(aborts))]
					if err := a.run(p.addr, mock.addr, dice); err != nil {
						c.add(&mix{name: "abort"}, 0, a.name+": "+err.Error())
					}
					c.mu.Lock()
					c.aborts++
					c.mu.Unlock()
				}
			})
		}
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for time.Now().Before(end) {
				_ = p.cmd.Process.Signal(syscall.SIGHUP)
				time.Sleep(length / 20)
			}
		}()
		wait.Wait()
		<-stop
	}
	load(length / 5) // until it has what it keeps
	before := p.vitals(t)
	load(length - length/5)
	after := p.settles(t, "gateway", before)
	p.healthy(t, mock)
	c.report(t, length, after)
}

func (c *tally) report(t *testing.T, length time.Duration, after vitals) {
	t.Helper()
	for _, text := range c.bad {
		t.Error(text)
	}
	sum := 0
	names := make([]string, 0, len(c.count))
	for name, n := range c.count {
		names = append(names, fmt.Sprintf("%s %d", name, n))
		sum += n
	}
	sort.Strings(names)
	sort.Slice(c.took, func(i, j int) bool { return c.took[i] < c.took[j] })
	if len(c.took) > 0 {
		t.Logf("plain requests: median %s, p99 %s", c.took[len(c.took)/2], c.took[len(c.took)*99/100])
	}
	t.Logf("%s: %d requests, %d aborted, %d not as they should; %d goroutines, %d MiB at the end", length, sum, c.aborts, len(c.bad), after.goroutines, after.kib>>10)
	t.Log(strings.Join(names, ", "))
}
