// Package server is the public door: it tells operations by their paths, reads
// requests within the limits, and writes answers and failures in the client's
// dialect. All HTTP of the client's side is here, and the x-portkey-* names of
// headers are. Start with Server and the table in routes.go.
package server
