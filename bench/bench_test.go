package main

import (
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(proxyVariable); spec != "" {
		fail(proxy(spec))
		return
	}
	os.Exit(m.Run())
}

// TestBench runs every way of loading for a moment through the plain proxy.
func TestBench(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the bench reads /proc")
	}
	r := run{log: io.Discard, dir: t.TempDir(), ports: ports{18870}, rounds: 1, measured: 50 * time.Millisecond, warm: 10 * time.Millisecond, rate: 200, tokens: 40}
	all, err := gateways("no-such-binary", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.gateways = all[1:2]
	if r.scenarios, err = choose(r.all(), "S1,S2,S8,rate"); err != nil {
		t.Fatal(err)
	}
	few := scenario{name: "S7", route: same, kind: streams, size: 300, conns: 20, chunks: chunks}
	r.scenarios = append(r.scenarios, few)
	began := time.Now()
	if err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.samples {
		if s.Error != "" || s.Answered == 0 {
			t.Errorf("%s: %d answered, %s", s.Scenario, s.Answered, s.Error)
		}
	}
	if report := r.report(began); strings.Count(report, "ReverseProxy |") != len(r.scenarios) {
		t.Error(report)
	}
}

// TestCount counts words that are cut by the pieces they come in.
func TestCount(t *testing.T) {
	text := strings.Repeat("a "+word+" mock"+word, 1000)
	c := client{buf: make([]byte, 19)}
	if n, err := c.count(strings.NewReader(text)); n != 2000 || err != nil {
		t.Error(n, err)
	}
}
