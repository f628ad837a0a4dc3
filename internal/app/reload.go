package app

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"sluice/internal/config"
)

// service is a gateway that listens. What answers can be exchanged while
// requests are under way: those keep what they began with (R27).
type service struct {
	listeners []net.Listener
	mock      net.Addr                       // of the fake provider; nil: there is none
	load      func() (*config.Config, error) // reads the configuration once more
	now       atomic.Pointer[generation]
	running   atomic.Int64 // requests under way
}

// generation is a gateway with its users: the service itself as long as it is
// the newest, and every request it answers. The last one out closes it.
type generation struct {
	*App
	users atomic.Int64
}

func newService(a *App, mock net.Addr, listeners []net.Listener) *service {
	s := &service{mock: mock, listeners: listeners}
	s.use(a)
	return s
}

func (s *service) app() *App { return s.now.Load().App }

// ServeHTTP answers with the newest gateway.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.running.Add(1)
	defer s.running.Add(-1)
	g := s.enter()
	defer g.leave()
	g.Server.ServeHTTP(w, r)
}

// enter takes the newest generation. One that was closed between the look and
// the step has a successor by then.
func (s *service) enter() *generation {
	for {
		if g := s.now.Load(); g.enter() {
			return g
		}
	}
}

func (g *generation) enter() bool {
	for {
		n := g.users.Load()
		if n == 0 {
			return false
		}
		if g.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (g *generation) leave() {
	if g.users.Add(-1) == 0 {
		g.Close()
	}
}

// use makes a gateway the one that answers from now on.
func (s *service) use(a *App) {
	for _, l := range s.listeners {
		if at, err := netip.ParseAddrPort(l.Addr().String()); err == nil {
			a.Egress.Own(at)
		}
	}
	g := &generation{App: a}
	g.users.Store(1)
	if old := s.now.Swap(g); old != nil {
		old.leave()
	}
}

func (s *service) close() { s.now.Load().leave() }

// reload reads the configuration anew and, when all of it is good, answers by
// it. A faulty one changes nothing.
func (s *service) reload() {
	old := s.app()
	c, err := s.load()
	var keys []string
	var a *App
	if err == nil {
		keys = c.Keep(old.Config)
		a, err = build(c, environment, old.log, s.mock, old.legacy)
	}
	if err != nil {
		old.log.Error("config not reloaded, the old one stays", "reason", strings.ReplaceAll(describe(err), "\n  ", "; "))
		return
	}
	s.use(a)
	for _, key := range keys {
		a.log.Warn("a setting takes effect with the next start only", "setting", key)
	}
	a.log.Info("config reloaded", "file", c.File)
}
