package telemetry

import (
	"strconv"
	"time"

	"sluice/internal/llm"
	"sluice/internal/route"
)

// Metrics are all figures of one gateway. They are safe for concurrent use, and
// counting takes no lock once a series exists.
type Metrics struct {
	requests  counter[request]
	attempts  counter[attempt]
	retries   counter[string]
	exhausted counter[string]
	masked    counter[string]
	ejections counter[ejection]
	shed      counter[string]
	duration  histogram
	firstByte histogram

	families []family
	bounded  []Bounded
}

type (
	request  struct{ op, provider, outcome string }
	attempt  struct{ provider, class string }
	ejection struct{ provider, reason string }
)

// other stands for all series beyond the bound.
const other = "other"

// New makes Metrics that say which build they are of.
func New(version, runtime string) *Metrics {
	provider := func(b []byte, p string) []byte { return label(b, "provider", p) }
	m := &Metrics{
		requests: counter[request]{other: request{other, other, other}, write: func(b []byte, r request) []byte {
			return label(label(label(b, "op", r.op), "provider", r.provider), "outcome", r.outcome)
		}},
		attempts: counter[attempt]{other: attempt{other, other}, write: func(b []byte, a attempt) []byte {
			return label(label(b, "provider", a.provider), "class", a.class)
		}},
		retries:   counter[string]{other: other, write: provider},
		exhausted: counter[string]{other: other, write: provider},
		masked:    counter[string]{other: other, write: func(b []byte, by string) []byte { return label(b, "by", by) }},
		ejections: counter[ejection]{other: ejection{other, other}, write: func(b []byte, e ejection) []byte {
			return label(label(b, "provider", e.provider), "reason", e.reason)
		}},
		shed: counter[string]{other: other, write: func(b []byte, what string) []byte { return label(b, "limit", what) }},
	}
	m.add("sluice_build_info", "gauge", "what runs; always 1", func(b *page) {
		b.line(label(label(nil, "version", version), "go", runtime), 1)
	})
	m.add("sluice_requests_total", "counter", "requests by operation, provider and outcome: ok, canceled, interrupted or the code of the error", m.requests.lines)
	m.add("sluice_request_duration_seconds", "histogram", "until the last byte was written", m.duration.lines)
	m.add("sluice_request_first_byte_seconds", "histogram", "until the head of the answer was written", m.firstByte.lines)
	m.add("sluice_upstream_attempts_total", "counter", "attempts at providers by class: ok, status_NNN, or how the network failed", m.attempts.lines)
	m.add("sluice_retries_total", "counter", "retries made", m.retries.lines)
	m.add("sluice_retry_budget_exhausted_total", "counter", "retries not made, since those of the origin were used up", m.exhausted.lines)
	m.add("sluice_masked_failures_total", "counter", "requests that a retry or another target rescued", m.masked.lines)
	m.add("sluice_ejections_total", "counter", "targets left out for a while", m.ejections.lines)
	m.add("sluice_shed_requests_total", "counter", "requests refused by the limit that was reached", m.shed.lines)
	m.add("sluice_metrics_lost_series_total", "counter", "increments booked under other, for want of room", func(b *page) {
		b.line(nil, float64(m.requests.lost.Load()+m.attempts.lost.Load()+m.retries.lost.Load()+m.exhausted.lost.Load()+m.ejections.lost.Load()))
	})
	m.bounds()
	m.process()
	return m
}

// Request counts one that is over. first is 0 when nothing was answered.
func (m *Metrics) Request(op, provider, outcome string, first, total time.Duration) {
	m.requests.inc(request{op, provider, outcome})
	m.duration.observe(op, total)
	if first > 0 {
		m.firstByte.observe(op, first)
	}
}

// Shed counts one that was refused, by the limit that it met.
func (m *Metrics) Shed(limit string) { m.shed.inc(limit) }

// ShedBy is how many a limit has refused.
func (m *Metrics) ShedBy(limit string) int64 { return m.shed.get(limit) }

// Attempted counts an attempt at a provider (R12).
func (m *Metrics) Attempted(provider string, err *llm.Error) {
	m.attempts.inc(attempt{provider, classOf(err)})
}

// classOf is the class of R12: for a provider's own status status_NNN.
func classOf(err *llm.Error) string {
	switch {
	case err == nil:
		return "ok"
	case err.Class == llm.ClassStatus && err.Status >= 100 && err.Status < 600:
		return statuses[err.Status-100]
	case err.Class == "": // it never reached the network
		return "local"
	}
	return string(err.Class)
}

// statuses are made once, so that counting allocates nothing.
var statuses = func() (s [500]string) {
	for i := range s {
		s[i] = "status_" + strconv.Itoa(100+i)
	}
	return s
}()

// Retried counts a retry, or one that the budget forbade (R16).
func (m *Metrics) Retried(provider string, granted bool) {
	if granted {
		m.retries.inc(provider)
		return
	}
	m.exhausted.inc(provider)
}

// Ejected counts a target that is left out from now (R18).
func (m *Metrics) Ejected(provider string, why route.Reason) {
	m.ejections.inc(ejection{provider, string(why)})
}

// Rescued counts a request that would have failed (R45).
func (m *Metrics) Rescued(retried bool) {
	by := "other_target"
	if retried {
		by = "retry"
	}
	m.masked.inc(by)
}
