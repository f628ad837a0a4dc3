package app

import (
	"net"
	"net/http"

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

// watch adds what is sampled when it is asked for. Everything that is bounded
// is in this list (R32; docs/reliability-bounds.md).
func (a *App) watch(m *telemetry.Metrics) {
	gateway, limits := a.Server.Gateway, a.Config.Limits
	m.EjectedNow(gateway.Walker.Ejected)
	m.Gauge("sluice_upstream_connections", "connections to providers, in use or idle", func() float64 {
		open, _ := a.client.Connections()
		return float64(open)
	})
	m.Counter("sluice_upstream_connections_opened_total", "connections made to providers", func() float64 {
		_, opened := a.client.Connections()
		return float64(opened)
	})
	m.Bound([]telemetry.Bounded{
		{Name: "in_flight", Unit: "requests", Read: func() (int64, int64, int64) {
			n, _ := a.Server.Load()
			return n, int64(limits.InFlight), m.ShedBy(server.InFlight)
		}},
		{Name: "body_buffers", Unit: "bytes", Read: func() (int64, int64, int64) {
			_, n := a.Server.Load()
			return n, limits.BufferBytes, m.ShedBy(server.BufferBudget)
		}},
		{Name: "client_connections", Unit: "connections", Read: func() (int64, int64, int64) {
			return a.conns.Load(), int64(limits.Connections), 0 // more wait in the system's queue
		}},
		{Name: "plans", Unit: "bytes", Read: filled(gateway.Compiler.Fill)},
		{Name: "seals", Unit: "bytes", Read: filled(a.client.Seals)},
		{Name: "tokens", Unit: "bytes", Read: filled(a.auth.Fill)},
		{Name: "upstream_idle", Unit: "connections", Read: filled(a.client.Idle)},
	}...)
	if h := gateway.Walker.Health; h != nil {
		m.Bound(telemetry.Bounded{Name: "target_health", Unit: "entries", Read: filled(h.Fill)})
	}
	if b := gateway.Walker.Budget; b != nil {
		m.Bound(telemetry.Bounded{Name: "retry_budgets", Unit: "entries", Read: filled(b.Fill)})
	}
}

func filled(read func() recent.Fill) func() (held, limit, lost int64) {
	return func() (int64, int64, int64) {
		f := read()
		return f.Held, f.Limit, f.Lost
	}
}

// count follows the connections of clients.
func (a *App) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		a.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		a.conns.Add(-1)
	case http.StateActive, http.StateIdle:
	}
}
