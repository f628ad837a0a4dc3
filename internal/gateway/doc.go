// Package gateway is the engine: it joins a request with its plan, walks the
// plan and hands back one answer. It knows no listener and no wire format.
// Start with Gateway.Do.
package gateway
