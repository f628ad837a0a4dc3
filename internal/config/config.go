package config

import (
	"time"

	"sluice/internal/secret"
)

// Config is a complete server configuration.
type Config struct {
	File     string // that was read; empty: none
	Host     string // empty: loopback, both IPv4 and IPv6
	Port     int
	Mock     bool
	Headless bool

	TrustedHosts string // comma list, see TrustedSet
	TrustedSet   bool   // it was given; otherwise the default applies
	AllowedHosts []string
	Origins      []string // of pages

	Own    []string // provider ids that may use this machine's own identity; "all"
	OwnSet bool     // it was given; otherwise the default applies

	Ejection   bool // leave failing targets out where another can take their place
	Metrics    bool // show /metrics, see MetricsSet
	MetricsSet bool // it was given; otherwise on loopback only

	Keys    map[string]secret.String // provider id → API key
	Configs map[string][]byte        // name → config object, JSON
	Default []byte                   // config object of requests that name nothing; nil: none

	Limits Limits
}

// Limits are the bounds an operator may move (reliability rules, section 1).
type Limits struct {
	HeaderBytes, BodyBytes, UploadBytes, ResponseBytes, EventBytes, BufferBytes int64

	InFlight, Connections, UpstreamCalls int

	ReadHeader, ReadBody, BodyStall, KeepAlive, WriteStall time.Duration
	Connect, Idle, Drain                                   time.Duration
	FirstByte, FirstByteStream, Total, TotalStream         time.Duration
}

// Defaults are the shipped values.
func Defaults() *Config {
	return &Config{
		Port: 8787, Ejection: true,
		Keys:    map[string]secret.String{},
		Configs: map[string][]byte{},
		Limits: Limits{
			HeaderBytes: 64 << 10, BodyBytes: 64 << 20, UploadBytes: 512 << 20, ResponseBytes: 64 << 20,
			EventBytes: 16 << 20, BufferBytes: 512 << 20,
			InFlight: 4096, Connections: 16384, UpstreamCalls: 16,
			ReadHeader: 10 * time.Second, ReadBody: 300 * time.Second, BodyStall: 30 * time.Second,
			KeepAlive: 120 * time.Second, WriteStall: 60 * time.Second,
			Connect: 5 * time.Second, Idle: 120 * time.Second, Drain: 30 * time.Second,
			FirstByte: 600 * time.Second, FirstByteStream: 300 * time.Second,
			Total: 900 * time.Second, TotalStream: 3600 * time.Second,
		},
	}
}

// Loopback reports whether the listener can be reached from this machine only.
func (c *Config) Loopback() bool {
	switch c.Host {
	case "", "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}
