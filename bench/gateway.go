package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// gateway is a thing to measure.
type gateway struct {
	name    string
	command []string // {PORT}, {UPSTREAM} and {DIR} are replaced
	env     string   // one variable, replaced likewise
	reads   bool     // Portkey's headers; else it has one upstream
	routes  []route  // beyond same that it can do
	config  func(port int, to route, targets []string) string
}

const ours = "sluice"

// gateways are ours, the plain proxy, nginx if it is installed, and the peers.
func gateways(binary string, others []string) ([]gateway, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	all := []gateway{
		{name: ours, command: []string{binary, "serve", "--port={PORT}"}, reads: true, routes: []route{across, fallback, balance, slow, idle, long, longAcross}},
		{name: "ReverseProxy", command: []string{self}, env: proxyVariable + "={PORT} {UPSTREAM}", routes: []route{slow, idle}},
	}
	if nginx, err := exec.LookPath("nginx"); err == nil {
		all = append(all, gateway{name: "nginx", command: []string{nginx, "-e", "stderr", "-p", "{DIR}", "-c", "{DIR}/config"}, routes: []route{fallback, balance, slow, idle}, config: nginxConfig})
	}
	for _, peer := range others {
		name, command, ok := strings.Cut(peer, "=")
		if !ok || !strings.Contains(command, "{PORT}") {
			return nil, fmt.Errorf("peer %q is not name=command with {PORT}", peer)
		}
		g := gateway{name: name, command: strings.Fields(command), reads: !strings.Contains(command, "{UPSTREAM}"), routes: []route{slow, idle}}
		if g.reads {
			g.routes = append(g.routes, across, fallback, balance)
		}
		all = append(all, g)
	}
	return all, nil
}

// can says whether a gateway takes part in a scenario.
func (g gateway) can(s scenario) bool {
	if s.ours && g.name != ours {
		return false
	}
	for _, r := range append(g.routes, same) {
		if r == s.route {
			return true
		}
	}
	return false
}

// at is the command on a port, for a route to targets.
func (g gateway) at(ctx context.Context, dir string, port int, s scenario, targets []string) (*exec.Cmd, error) {
	if g.config != nil {
		if err := os.WriteFile(filepath.Join(dir, "config"), []byte(g.config(port, s.route, targets)), 0o600); err != nil {
			return nil, err
		}
	}
	fill := strings.NewReplacer("{PORT}", strconv.Itoa(port), "{UPSTREAM}", "http://"+targets[0], "{DIR}", dir)
	args := make([]string, len(g.command))
	for i, arg := range g.command {
		args[i] = fill.Replace(arg)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // commands are what the caller named
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), s.env...)
	if g.env != "" {
		cmd.Env = append(cmd.Env, fill.Replace(g.env))
	}
	return cmd, nil
}

// nginxConfig makes nginx as good a proxy as it can be: connections kept on both
// sides, nothing buffered, logged or limited.
func nginxConfig(port int, to route, targets []string) string {
	var servers string
	for i, target := range targets {
		servers += "server " + target + " max_fails=0"
		if to == fallback && i > 0 {
			servers += " backup"
		}
		servers += "; "
	}
	return fmt.Sprintf(`daemon off;
worker_processes %d;
worker_rlimit_nofile 20000;
pid nginx.pid;
events { worker_connections 16000; }
http {
	access_log off;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	keepalive_requests 1000000000;
	client_max_body_size 64m;
	client_body_buffer_size 1m;
	upstream providers { %skeepalive 256; keepalive_requests 1000000000; }
	server {
		listen 127.0.0.1:%d backlog=4096;
		location / {
			proxy_pass http://providers;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_buffering off;
			proxy_next_upstream error timeout http_500 non_idempotent;
		}
	}
}
`, runtime.NumCPU(), servers, port)
}

// proxyVariable turns this program into the plain proxy: "PORT URL".
const proxyVariable = "BENCH_PROXY"

func proxy(spec string) error {
	port, upstream, _ := strings.Cut(spec, " ")
	to, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	server := http.Server{
		Addr:              "127.0.0.1:" + port,
		ReadHeaderTimeout: 10 * time.Second,
		Handler: &httputil.ReverseProxy{
			Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
			Transport:     &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
			FlushInterval: -1,
		},
	}
	return server.ListenAndServe()
}
