package telemetry_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/llm"
	"sluice/internal/route"
	"sluice/internal/telemetry"
)

// figures reads a page, and fails on what is not the text format 0.0.4: each
// family once, with help and type before its series.
func figures(t *testing.T, m *telemetry.Metrics) map[string]float64 {
	t.Helper()
	out, families, kind := map[string]float64{}, map[string]bool{}, ""
	family := ""
	text := string(m.Append(nil))
	if !strings.HasSuffix(text, "\n") {
		t.Fatal("the last line has no end")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			family, _, _ = strings.Cut(rest, " ")
			if families[family] {
				t.Errorf("%s is there twice", family)
			}
			families[family] = true
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, k, _ := strings.Cut(rest, " ")
			if kind = k; name != family {
				t.Errorf("the type of %s stands under %s", name, family)
			}
			continue
		}
		f := series.FindStringSubmatch(line)
		if f == nil || f[1] != family && (kind != "histogram" || !strings.HasPrefix(f[1], family+"_")) {
			t.Errorf("%q is no series of %s", line, family)
			continue
		}
		v, err := strconv.ParseFloat(f[3], 64)
		if _, twice := out[f[1]+f[2]]; err != nil || twice {
			t.Errorf("%q: %v, twice: %v", line, err, twice)
		}
		out[f[1]+f[2]] = v
	}
	return out
}

var series = regexp.MustCompile(`^([a-z_:]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})? (\S+)$`)

// TestFigures is R12, R16, R18, R45: what happened is what is written.
func TestFigures(t *testing.T) {
	m := telemetry.New("v1", "go1")
	m.Request("chat", "openai", "ok", 30*time.Millisecond, 2*time.Second)
	m.Request("chat", "openai", "ok", 0, 400*time.Second)
	m.Request("none", "", `a "quoted\ outcome`, 0, 0)
	m.Attempted("openai", nil)
	m.Attempted("openai", &llm.Error{Class: llm.ClassStatus, Status: 429})
	m.Attempted("openai", &llm.Error{Class: llm.ClassFirstByte, Status: 408})
	m.Attempted("openai", &llm.Error{Kind: llm.NotSupported})
	m.Retried("openai", true)
	m.Retried("openai", false)
	m.Ejected("openai", route.Credential)
	m.Rescued(true)
	m.Rescued(false)
	m.Rescued(false)
	m.Shed("in_flight")
	m.EjectedNow(func(visit func(string, string)) {
		for i := range 100 {
			visit("openai", fmt.Sprintf("config.targets[%d]", i))
		}
		visit("openai", "config.targets[0]")
	})
	m.Bound(telemetry.Bounded{Name: "queue", Unit: "entries", Read: func() (int64, int64, int64) { return 1, 2, 3 }})
	m.Gauge("sluice_some", "x", func() float64 { return 0.5 })
	m.Counter("sluice_some_total", "x", func() float64 { return 1e9 })
	got := figures(t, m)
	for name, want := range map[string]float64{
		`sluice_build_info{version="v1",go="go1"}`:                                     1,
		`sluice_requests_total{op="chat",provider="openai",outcome="ok"}`:              2,
		`sluice_requests_total{op="none",provider="",outcome="a \"quoted\\ outcome"}`:  1,
		`sluice_request_duration_seconds_bucket{op="chat",le="1"}`:                     0,
		`sluice_request_duration_seconds_bucket{op="chat",le="2.5"}`:                   1,
		`sluice_request_duration_seconds_bucket{op="chat",le="300"}`:                   1,
		`sluice_request_duration_seconds_bucket{op="chat",le="+Inf"}`:                  2,
		`sluice_request_duration_seconds_sum{op="chat"}`:                               402,
		`sluice_request_duration_seconds_count{op="chat"}`:                             2,
		`sluice_request_first_byte_seconds_bucket{op="chat",le="0.05"}`:                1,
		`sluice_request_first_byte_seconds_count{op="chat"}`:                           1,
		`sluice_upstream_attempts_total{provider="openai",class="ok"}`:                 1,
		`sluice_upstream_attempts_total{provider="openai",class="status_429"}`:         1,
		`sluice_upstream_attempts_total{provider="openai",class="first_byte_timeout"}`: 1,
		`sluice_upstream_attempts_total{provider="openai",class="local"}`:              1,
		`sluice_retries_total{provider="openai"}`:                                      1,
		`sluice_retry_budget_exhausted_total{provider="openai"}`:                       1,
		`sluice_ejections_total{provider="openai",reason="credential"}`:                1,
		`sluice_masked_failures_total{by="retry"}`:                                     1,
		`sluice_masked_failures_total{by="other_target"}`:                              2,
		`sluice_shed_requests_total{limit="in_flight"}`:                                1,
		`sluice_target_ejected{provider="openai",target="config.targets[0]"}`:          2,
		`sluice_target_ejected{provider="other",target="other"}`:                       36,
		`sluice_bounded_held{name="queue",unit="entries"}`:                             1,
		`sluice_bounded_limit{name="queue",unit="entries"}`:                            2,
		`sluice_bounded_lost_total{name="queue",unit="entries"}`:                       3,
		`sluice_some`:       0.5,
		`sluice_some_total`: 1e9,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v (%v), want %v", name, v, ok, want)
		}
	}
	for _, name := range []string{"sluice_goroutines", "sluice_heap_bytes", "process_resident_memory_bytes"} {
		if got[name] <= 0 {
			t.Errorf("%s is %v", name, got[name])
		}
	}
	if m.ShedBy("in_flight") != 1 || m.ShedBy("nothing") != 0 {
		t.Error("what was shed is not told")
	}
}

// TestSeriesAreBounded is R32: what comes beyond the bound is counted together.
func TestSeriesAreBounded(t *testing.T) {
	m := telemetry.New("v", "go")
	const many = 10_000
	for i := range many {
		m.Request("chat", fmt.Sprint("p", i), "ok", 0, 0)
		m.Request("op"+fmt.Sprint(i), "p0", "ok", 0, 0)
	}
	n, sum := 0, 0.0
	got := figures(t, m)
	for name, v := range got {
		if strings.HasPrefix(name, "sluice_requests_total") {
			n++
			sum += v
		}
	}
	if n > 4097 || sum != 2*many || got[`sluice_metrics_lost_series_total`] != got[`sluice_requests_total{op="other",provider="other",outcome="other"}`] {
		t.Errorf("%d series, %v requests, %v lost", n, sum, got[`sluice_metrics_lost_series_total`])
	}
	if n := strings.Count(string(m.Append(nil)), "sluice_request_duration_seconds_count"); n > 16 {
		t.Errorf("%d distributions", n)
	}
}

func TestCountingTogether(t *testing.T) {
	m := telemetry.New("v", "go")
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 1000 {
				m.Request("chat", fmt.Sprint("p", (i+g)%50), "ok", time.Millisecond, time.Second)
				if i%100 == 0 {
					m.Append(nil)
				}
			}
		})
	}
	all.Wait()
	sum := 0.0
	for name, v := range figures(t, m) {
		if strings.HasPrefix(name, "sluice_requests_total") {
			sum += v
		}
	}
	if sum != 8000 {
		t.Errorf("%v are counted", sum)
	}
}

// TestCountingIsCheap: what every request pays must not become garbage.
func TestCountingIsCheap(t *testing.T) {
	m := telemetry.New("v", "go")
	one := func() {
		m.Request("chat", "openai", "ok", time.Millisecond, time.Second)
		m.Attempted("openai", nil)
	}
	one()
	if n := testing.AllocsPerRun(100, one); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	m := telemetry.New("v", "go")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Request("chat", "openai", "ok", time.Millisecond, time.Second)
			m.Attempted("openai", nil)
		}
	})
}

// TestDocumented: docs/metrics.md names every family that is ours.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.New("v", "go")
	m.EjectedNow(func(func(string, string)) {})
	for line := range strings.Lines(string(m.Append(nil))) {
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			if name, _, _ := strings.Cut(rest, " "); !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("%s is not in docs/metrics.md", name)
			}
		}
	}
}
