package app

import (
	"sluice/internal/config"
	"sluice/internal/recent"
	"sluice/internal/server"
	"sluice/internal/telemetry"
)

// showsMetrics applies S54: whoever reaches a loopback listener may read the
// figures; elsewhere the operator has to say so, as long as there is no login.
func showsMetrics(c *config.Config) bool {
	if c.MetricsSet {
		return c.Metrics
	}
	return c.Loopback()
}

// watch adds what is sampled when it is asked for, of whichever gateway is the
// newest then. Everything that is bounded is in this list (R32;
// docs/reliability-bounds.md).
func (l *legacy) watch() {
	m := l.metrics
	m.EjectedNow(func(visit func(provider, path string)) { l.now.Load().Server.Gateway.Walker.Ejected(visit) })
	m.Gauge("sluice_upstream_connections", "connections to providers, in use or idle", func() float64 {
		open, _ := l.now.Load().client.Connections()
		return float64(open)
	})
	m.Counter("sluice_upstream_connections_opened_total", "connections made to providers", func() float64 {
		_, opened := l.now.Load().client.Connections()
		return float64(opened)
	})
	m.Bound([]telemetry.Bounded{
		{Name: "in_flight", Unit: "requests", Read: func() (int64, int64, int64) {
			a := l.now.Load()
			n, _ := a.Server.Load()
			return n, int64(a.Config.Limits.InFlight), m.ShedBy(server.InFlight)
		}},
		{Name: "body_buffers", Unit: "bytes", Read: func() (int64, int64, int64) {
			a := l.now.Load()
			_, n := a.Server.Load()
			return n, a.Config.Limits.BufferBytes, m.ShedBy(server.BufferBudget)
		}},
		{Name: "client_connections", Unit: "connections", Read: func() (int64, int64, int64) {
			return l.conns.Load(), int64(l.now.Load().Config.Limits.Connections), 0 // more wait in the system's queue
		}},
		{Name: "plans", Unit: "bytes", Read: filled(func() recent.Fill { return l.now.Load().Server.Gateway.Compiler.Fill() })},
		{Name: "seals", Unit: "bytes", Read: filled(l.seals.Fill)},
		{Name: "tokens", Unit: "bytes", Read: filled(func() recent.Fill { return l.now.Load().auth.Fill() })},
		{Name: "upstream_idle", Unit: "connections", Read: filled(func() recent.Fill { return l.now.Load().client.Idle() })},
		{Name: "target_health", Unit: "entries", Read: filled(l.health.Fill)},
		{Name: "retry_budgets", Unit: "entries", Read: filled(l.budget.Fill)},
	}...)
}

func filled(read func() recent.Fill) func() (held, limit, lost int64) {
	return func() (int64, int64, int64) {
		f := read()
		return f.Held, f.Limit, f.Lost
	}
}
