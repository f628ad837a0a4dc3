package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// load asks a gateway for plain and streamed answers, over connections that are
// kept, until it is stopped.
type load struct {
	url    string
	client *http.Client
	quit   chan struct{}
	wait   sync.WaitGroup
	good   atomic.Int64
	mu     sync.Mutex // guards bad
	bad    []string
}

func startLoad(url string, workers int) *load {
	l := &load{url: url, quit: make(chan struct{}), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}}
	for i := range workers {
		l.wait.Go(func() {
			for {
				select {
				case <-l.quit:
					return
				default:
					l.once(i%2 == 0)
				}
			}
		})
	}
	return l
}

func (l *load) once(streamed bool) {
	body := fmt.Sprintf(`{"model":"m","stream":%v,"messages":[{"role":"user","content":"long 5 drip 10ms"}]}`, streamed)
	resp, err := l.client.Post(l.url+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		l.failed(err.Error())
		return
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || streamed != strings.HasSuffix(string(text), "data: [DONE]\n\n") {
		l.failed(fmt.Sprintf("%v %s %s", err, resp.Status, text))
		return
	}
	l.good.Add(1)
}

func (l *load) failed(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bad = append(l.bad, text)
}

// stop ends the load and returns what failed.
func (l *load) stop() []string {
	close(l.quit)
	l.wait.Wait()
	l.client.CloseIdleConnections()
	return l.bad
}

// serverFile writes a file by which requests go to the mock with a model that
// tells which version of the file they went by.
func serverFile(t *testing.T, path, mock string, version int, more string) {
	t.Helper()
	text := fmt.Sprintf("default_config: {provider: openai, api_key: k, custom_host: '%s/v1', override_params: {model: version-%d}}\n%s", mock, version, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reloading starts a mock and a gateway in front of it by a server file.
func reloading(t *testing.T) (p *process, path, mock string) {
	t.Helper()
	m := spawn(t, nil, "mock", "--port", "0")
	m.await(t, "listens on")
	mock = listening.FindStringSubmatch(m.out.String())[1]
	path = file(t, "sluice.yaml", "")
	serverFile(t, path, mock, 0, "")
	return gateway(t, nil, "--config", path), path, mock
}

// answersBy fails unless a request goes by this version of the file.
func answersBy(t *testing.T, p *process, version int) {
	t.Helper()
	text, err := all(post(t, p.url, said("hi")))
	if want := fmt.Sprintf("version-%d\"", version); err != nil || !strings.Contains(text, want) {
		t.Errorf("not by version %d: %v %s", version, err, text)
	}
}

// TestReloadUnderLoad is R27: a hundred reloads, and no request fails.
func TestReloadUnderLoad(t *testing.T) {
	reloads := 100
	if testing.Short() {
		reloads = 10
	}
	p, path, mock := reloading(t)
	l := startLoad(p.url, 8)
	start := time.Now()
	for i := 1; i <= reloads; i++ {
		serverFile(t, path, mock, i, "")
		p.send(t, syscall.SIGHUP)
		p.awaitTimes(t, `"msg":"config reloaded"`, i)
		if i%10 == 0 {
			answersBy(t, p, i)
		}
	}
	took := time.Since(start)
	for _, text := range l.stop() {
		t.Errorf("a request failed: %s", text)
	}
	if n := l.good.Load(); n < int64(reloads) {
		t.Errorf("only %d requests in %s: no load", n, took)
	}
	t.Logf("%d reloads in %s, %d requests", reloads, took, l.good.Load())
	p.signal(t)
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestFaultyReloadChangesNothing is R27: the old configuration stays, and the
// log says what sluice check says.
func TestFaultyReloadChangesNothing(t *testing.T) {
	p, path, mock := reloading(t)
	for i, more := range []string{
		"prot: 1\n",
		"configs:\n  a: {provider: nobody}\n",
		"providers:\n  openia: {api_key: k}\n",
		"trusted_hosts: 'a b'\n",
		"configs:\n  a: {provider: openai, retry: {attempts: 1e9, odd: 1}}\n",
		"port: [\n",
		"configs:\n  a: {strategy: {mode: fallback}, targets: [" + strings.Repeat("{provider: openai},", 10_000) + "]}\n",
		"configs:\n  a: " + strings.Repeat("{strategy: {mode: single}, targets: [", 1000) + "{provider: openai}" + strings.Repeat("]}", 1000) + "\n",
	} {
		serverFile(t, path, mock, 1, more)
		p.send(t, syscall.SIGHUP)
		p.awaitTimes(t, `"msg":"config not reloaded, the old one stays"`, i+1)
		answersBy(t, p, 0)
		check := spawn(t, nil, "check", path)
		if code := check.exit(t); code != 1 {
			t.Errorf("%q: sluice check exits with %d", more, code)
		}
		for line := range strings.Lines(strings.TrimPrefix(check.errout.String(), "sluice: ")) {
			line = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(line), path+": "), `"`, `\"`)
			if !strings.Contains(p.out.String(), line) {
				t.Errorf("the log lacks %s\n%s", line, &p.out)
			}
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	p.send(t, syscall.SIGHUP)
	p.awaitTimes(t, `"msg":"config not reloaded, the old one stays"`, 9)
	answersBy(t, p, 0)
	serverFile(t, path, mock, 2, "")
	p.send(t, syscall.SIGHUP)
	p.await(t, `"msg":"config reloaded"`)
	answersBy(t, p, 2)
}

// TestReloadCannotMoveListeners: what belongs to them is named, and the rest
// of the file applies (R27).
func TestReloadCannotMoveListeners(t *testing.T) {
	p, path, mock := reloading(t)
	serverFile(t, path, mock, 1, "host: 0.0.0.0\nmax_connections: 1\nkeep_alive_timeout: 1s\ndrain_timeout: 50ms\n")
	p.send(t, syscall.SIGHUP)
	p.await(t, `"msg":"config reloaded"`)
	answersBy(t, p, 1)
	out := p.out.String()
	for _, key := range []string{"host", "max_connections", "keep_alive_timeout"} {
		if !strings.Contains(out, `"msg":"a setting takes effect with the next start only","setting":"`+key+`"`) {
			t.Errorf("no warning about %s:\n%s", key, out)
		}
	}
	if n := strings.Count(out, `"level":"WARN"`); n != 3 {
		t.Errorf("%d warnings:\n%s", n, out)
	}
}
