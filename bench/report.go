package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// figure reads one figure of a sample.
type figure func(sample) float64

var (
	cpu     figure = func(s sample) float64 { return s.CPU }
	p50     figure = func(s sample) float64 { return s.P50 }
	p99     figure = func(s sample) float64 { return s.P99 }
	startup figure = func(s sample) float64 { return s.Startup }
	idleRSS figure = func(s sample) float64 { return s.Idle }
	rss     figure = func(s sample) float64 { return s.RSS }
	stream  figure = func(s sample) float64 { return s.Stream }
	binary  figure = func(s sample) float64 { return s.BinaryMB }
	broken  figure = func(s sample) float64 { return float64(s.Failed) }
)

// goal is one line of the project's targets: a figure of ours, alone or over
// the same one of another gateway or scenario.
type goal struct {
	what           string
	scenario       string
	figure         figure
	unit           string
	against        string // a gateway, or a scenario of ours
	limit, stretch float64
}

var goals = []goal{
	{"CPU per chat", "S1", cpu, "µs", "nginx", 2.2, 1.6},
	{"CPU per stream of 50 chunks", "S2", cpu, "µs", "nginx", 1.5, 1.3},
	{"CPU, OpenAI to Anthropic, plain", "S3", cpu, "µs", "S1", 1.5, 1.3},
	{"CPU, OpenAI to Anthropic, 50 chunks", "S4", cpu, "µs", "S2", 1.4, 1.25},
	{"CPU, fallback after a 500", "S5", cpu, "µs", "S1", 1.7, 1.5},
	{"CPU, load balance over 2", "S6", cpu, "µs", "S1", 1.2, 1.05},
	{"CPU, 100 KB body", "S8", cpu, "µs", "nginx", 1.8, 1.4},
	{"RSS per stream of 1,000", "S7", stream, "KiB", "", 45, 30},
	{"broken streams of 1,000", "S7", broken, "", "", 0, 0},
	{"RSS per stream of 5,000", "S7b", stream, "KiB", "", 45, 30},
	{"broken streams of 5,000", "S7b", broken, "", "", 0, 0},
	{"latency p50 at a fixed rate", "rate", p50, "ms", "nginx", 2, 2},
	{"latency p99 at a fixed rate", "rate", p99, "ms", "ReverseProxy", 1, 1},
	{"start to first served request", "S1", startup, "ms", "", 100, 20},
	{"RSS idle", "S1", idleRSS, "MiB", "", 30, 15},
	{"RSS after S1", "S1", rss, "MiB", "", 50, 25},
	{"binary, stripped", "S1", binary, "MB", "", 35, 20},
	{"RSS of 500 long streams", "long", rss, "MiB", "", 512, 512},
	{"RSS of 500 long streams, translated", "long4", rss, "MiB", "", 512, 512},
}

// report is the result in Markdown.
func (r *run) report(began time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s/%s, %d CPUs, %s, took %s. Medians over rounds (lowest–highest).\n\n%s\n",
		began.UTC().Format("2006-01-02 15:04 UTC"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), time.Since(began).Round(time.Second), r.titles())
	b.WriteString("| scenario | gateway | CPU µs/request | requests/s | p50 ms | p99 ms | RSS MiB | KiB/stream | failed |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.scenarios {
		for _, g := range r.gateways {
			r.line(&b, s.name, g.name)
		}
	}
	b.WriteString("\n| target | figure | ratio | at most | stretch | holds |\n|---|---|---|---|---|---|\n")
	for _, g := range goals {
		r.verdict(&b, g)
	}
	for _, s := range r.samples {
		if strings.HasPrefix(s.Scenario, "long") {
			fmt.Fprintf(&b, "\nRSS of %s in MiB, every half second: %v\n", s.Scenario, s.Curve)
		}
	}
	return b.String()
}

func (r *run) of(gateway, scenario string) (of []sample) {
	for _, s := range r.samples {
		if s.Gateway == gateway && s.Scenario == scenario {
			of = append(of, s)
		}
	}
	return of
}

func (r *run) line(b *strings.Builder, scenario, gateway string) {
	of := r.of(gateway, scenario)
	if len(of) == 0 {
		return
	}
	var failed int64
	for _, s := range of {
		failed += s.Failed
		if s.Error != "" {
			fmt.Fprintf(b, "| %s | %s | %s |\n", scenario, gateway, strings.ReplaceAll(strings.TrimSpace(s.Error), "\n", " "))
			return
		}
	}
	all := values(of, cpu)
	fmt.Fprintf(b, "| %s | %s | %.0f (%.0f–%.0f) | %.0f | %s | %s | %.0f | %s | %d |\n", scenario, gateway, median(all), all[0], all[len(all)-1],
		median(values(of, func(s sample) float64 { return s.PerSecond })), known(of, p50), known(of, p99), median(values(of, rss)), known(of, stream), failed)
}

// values of a figure, sorted.
func values(of []sample, f figure) (all []float64) {
	for _, s := range of {
		all = append(all, f(s))
	}
	slices.Sort(all)
	return all
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// known is a figure where it was measured.
func known(of []sample, f figure) string {
	if m := median(values(of, f)); m != 0 {
		return fmt.Sprintf("%.2f", m)
	}
	return ""
}

func (r *run) verdict(b *strings.Builder, g goal) {
	own := r.of(ours, g.scenario)
	if len(own) == 0 {
		return
	}
	if slices.ContainsFunc(own, func(s sample) bool { return s.Error != "" && s.Failed == 0 }) {
		fmt.Fprintf(b, "| %s | not measured | | %v | %v | no |\n", g.what, g.limit, g.stretch)
		return
	}
	judged := median(values(own, g.figure))
	shown, ratio, of := strings.TrimSpace(fmt.Sprintf("%.4g %s", judged, g.unit)), "", ""
	if g.against != "" {
		other := r.of(g.against, g.scenario)
		if strings.HasPrefix(g.against, "S") {
			other = r.of(ours, g.against)
		}
		ratios := ratios(own, other, g.figure)
		if len(ratios) == 0 {
			fmt.Fprintf(b, "| %s | %s | no %s | %v | %v | |\n", g.what, shown, g.against, g.limit, g.stretch)
			return
		}
		judged, of = median(ratios), " × "+g.against
		ratio = fmt.Sprintf("%.2f%s", judged, of)
	}
	holds := "no"
	switch {
	case judged <= g.stretch:
		holds = "yes, stretch too"
	case judged <= g.limit:
		holds = "yes"
	}
	fmt.Fprintf(b, "| %s | %s | %s | %v%s | %v | %s |\n", g.what, shown, ratio, g.limit, of, g.stretch, holds)
}

// ratios of the same rounds, sorted: noise that came over a round cancels out.
func ratios(own, other []sample, f figure) (all []float64) {
	for _, a := range own {
		for _, b := range other {
			if a.Round == b.Round && f(b) > 0 && b.Error == "" {
				all = append(all, f(a)/f(b))
			}
		}
	}
	slices.Sort(all)
	return all
}
