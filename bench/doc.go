// Command bench measures what a gateway adds: CPU time per request, latency,
// memory, start-up. It runs a cheap fake provider and a load generator in its
// own process, and one gateway at a time beside it: Sluice, nginx, a plain
// httputil.ReverseProxy, and whatever -peer names. docs/performance.md has the
// method and figures.
//
//	go run ./bench -only S1,S2
//
// It reads /proc and so wants Linux. It uses loopback only, and knows nothing of
// the gateway but its command line and headers. Start with scenarios.
package main
