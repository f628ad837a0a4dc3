package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Setting is one row of the table: a key of the file, an environment variable
// and, for some, a flag.
type Setting struct {
	Key  string // in the file
	Env  string
	Flag string // empty: none
	Bool bool   // the flag takes no value
	Help string

	// Restart says that a running gateway cannot change it: it belongs to the
	// listeners.
	Restart bool

	set  func(c *Config, text string) error
	show func(c *Config) string
}

// Default is the shipped value, as one would write it.
func (s *Setting) Default() string { return s.show(Defaults()) }

// Settings is the one table. The reference in docs/configuration.md is made
// from it.
var Settings = []Setting{
	{
		Key: "host", Env: "SLUICE_HOST", Flag: "host", Restart: true, Help: "address to listen on; without it 127.0.0.1 and [::1]",
		set: func(c *Config, s string) error { c.Host = strings.Trim(s, "[]"); return nil }, show: func(c *Config) string { return c.Host },
	},
	{
		Key: "port", Env: "SLUICE_PORT", Flag: "port", Restart: true, Help: "port to listen on",
		set: setPort, show: func(c *Config) string { return strconv.Itoa(c.Port) },
	},
	{
		Key: "mock", Env: "SLUICE_MOCK", Flag: "mock", Bool: true, Restart: true, Help: "run a fake provider in the same process, as provider mock",
		set: boolean(func(c *Config) *bool { return &c.Mock }), show: func(c *Config) string { return strconv.FormatBool(c.Mock) },
	},
	{
		Key: "headless", Env: "SLUICE_HEADLESS", Flag: "headless", Bool: true, Help: "accepted for compatibility; there is no console to switch off yet",
		set: boolean(func(c *Config) *bool { return &c.Headless }), show: func(*Config) string { return "false" },
	},
	{
		Key: "trusted_hosts", Env: "TRUSTED_CUSTOM_HOSTS", Flag: "trusted-hosts", Help: "private hosts a custom host may name: host, host:port, CIDR or *.suffix, comma separated; the default applies on a loopback listener only",
		set: func(c *Config, s string) error { c.TrustedHosts, c.TrustedSet = s, true; return nil }, show: func(*Config) string { return "localhost,127.0.0.1,::1,host.docker.internal" },
	},
	{
		Key: "allowed_hosts", Env: "SLUICE_ALLOWED_HOSTS", Flag: "allowed-hosts", Help: "public names this gateway is reached by, comma separated",
		set: func(c *Config, s string) error { c.AllowedHosts = commaList(s); return nil }, show: func(*Config) string { return "" },
	},

	{
		Key: "cors_origins", Env: "SLUICE_CORS_ORIGINS", Help: "origins of pages that may open realtime sockets here, such as https://app.example, comma separated; exact, no *",
		set: func(c *Config, s string) error { c.Origins = commaList(s); return nil }, show: func(*Config) string { return "" },
	},
	{
		Key: "own_credentials", Env: "SLUICE_OWN_CREDENTIALS", Help: "providers whose requests without a credential may use this machine's own identity at AWS, Google Cloud or Azure: environment, files, metadata services; comma separated, or all, or none; without it, a loopback listener without a file uses environment and files, and never a metadata service",
		set: func(c *Config, s string) error { c.Own, c.OwnSet = commaList(s), true; return nil }, show: func(*Config) string { return "" },
	},

	{
		Key: "ejection", Env: "SLUICE_EJECTION", Help: "on or off: leave a target that keeps failing out for a while where the same strategy has another; off also for cb_config",
		set: func(c *Config, s string) (err error) { c.Ejection, err = onOff(s); return err }, show: func(*Config) string { return "on" },
	},
	{
		Key: "metrics", Env: "SLUICE_METRICS", Help: "on or off: figures for Prometheus at /metrics; without it on a loopback listener only, since there is no login for it",
		set: func(c *Config, s string) (err error) { c.Metrics, err = onOff(s); c.MetricsSet = true; return err }, show: func(*Config) string { return "" },
	},

	fixed(bytesSetting("max_header_bytes", "all headers of a request", func(c *Config) *int64 { return &c.Limits.HeaderBytes })),
	bytesSetting("max_body_bytes", "a JSON body", func(c *Config) *int64 { return &c.Limits.BodyBytes }),
	bytesSetting("max_upload_bytes", "a multipart or audio body, which is never held in memory", func(c *Config) *int64 { return &c.Limits.UploadBytes }),
	bytesSetting("max_response_bytes", "an answer that is not a stream, after decompression", func(c *Config) *int64 { return &c.Limits.ResponseBytes }),
	bytesSetting("max_event_bytes", "one event of a stream", func(c *Config) *int64 { return &c.Limits.EventBytes }),
	bytesSetting("buffer_budget_bytes", "memory for the JSON bodies of all requests together", func(c *Config) *int64 { return &c.Limits.BufferBytes }),
	countSetting("max_inflight", "requests at the same time", func(c *Config) *int { return &c.Limits.InFlight }),
	fixed(countSetting("max_connections", "client connections at the same time", func(c *Config) *int { return &c.Limits.Connections })),
	countSetting("max_upstream_calls", "calls to providers for one request, all targets and retries together", func(c *Config) *int { return &c.Limits.UpstreamCalls }),
	fixed(timeSetting("read_header_timeout", "reading the head of a request", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.ReadHeader} })),
	timeSetting("read_body_timeout", "reading a whole request body", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.ReadBody} }),
	timeSetting("body_stall_timeout", "waiting for the next piece of a request body", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.BodyStall} }),
	fixed(timeSetting("keep_alive_timeout", "an idle client connection", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.KeepAlive} })),
	timeSetting("write_stall_timeout", "a client that does not read", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.WriteStall} }),
	timeSetting("connect_timeout", "resolving and connecting to a provider; TLS has the same again", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.Connect} }),
	timeSetting("first_byte_timeout", "the first byte of an answer; sets both the shipped 300s for streams and the shipped 600s for others", func(c *Config) []*time.Duration {
		return []*time.Duration{&c.Limits.FirstByte, &c.Limits.FirstByteStream}
	}),
	timeSetting("stream_idle_timeout", "between two pieces of an answer", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.Idle} }),
	timeSetting("total_timeout", "a whole answer; sets both the shipped 900s and, for streams, the shipped 3600s", func(c *Config) []*time.Duration {
		return []*time.Duration{&c.Limits.Total, &c.Limits.TotalStream}
	}),
	timeSetting("drain_timeout", "finishing running requests when stopping", func(c *Config) []*time.Duration { return []*time.Duration{&c.Limits.Drain} }),
}

// fixed marks a setting as one that a running gateway cannot change.
func fixed(s Setting) Setting {
	s.Restart = true
	return s
}

// Keep takes back what a running gateway cannot change, and names it: c is to
// replace running.
func (c *Config) Keep(running *Config) (keys []string) {
	for i := range Settings {
		s := &Settings[i]
		if now := s.show(running); s.Restart && s.show(c) != now {
			keys = append(keys, s.Key)
			_ = s.set(c, now) // what is shown can be read again: a test holds it
		}
	}
	return keys
}

func setPort(c *Config, s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q is not a port: want a number from 1 to 65535, or 0 for any free one", s)
	}
	c.Port = n
	return nil
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("%q is not true or false", s)
		}
		*field(c) = b
		return nil
	}
}

// onOff reads a switch; YAML writes true for a bare on.
func onOff(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "on", "true":
		return true, nil
	case "off", "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is not on or off", s)
}

func commaList(s string) (out []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func envOf(key string) string { return "SLUICE_" + strings.ToUpper(key) }

func bytesSetting(key, help string, field func(*Config) *int64) Setting {
	return Setting{
		Key: key, Env: envOf(key), Help: "largest size: " + help,
		set:  func(c *Config, s string) (err error) { *field(c), err = parseBytes(s); return err },
		show: func(c *Config) string { return formatBytes(*field(c)) },
	}
}

func countSetting(key, help string, field func(*Config) *int) Setting {
	return Setting{
		Key: key, Env: envOf(key), Help: "most " + help,
		set: func(c *Config, s string) error {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 {
				return fmt.Errorf("%q is not a number of 1 or more", s)
			}
			*field(c) = n
			return nil
		},
		show: func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

func timeSetting(key, help string, fields func(*Config) []*time.Duration) Setting {
	return Setting{
		Key: key, Env: envOf(key), Help: "longest time: " + help,
		set: func(c *Config, s string) error {
			d, err := time.ParseDuration(s)
			if err != nil || d <= 0 {
				return fmt.Errorf("%q is not a time: write it like 300ms, 5s or 2m", s)
			}
			for _, f := range fields(c) {
				*f = d
			}
			return nil
		},
		show: func(c *Config) string { return fields(c)[0].String() },
	}
}

// units are those of IEC 80000-13; a bare number is bytes.
var units = []struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

func parseBytes(s string) (int64, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64); err == nil && n > 0 && n <= (1<<40)/u.bytes {
			return n * u.bytes, nil
		}
		break
	}
	return 0, fmt.Errorf("%q is not a size: write it like 1048576, 64KiB or 64MiB", s)
}

func formatBytes(n int64) string {
	for _, u := range units {
		if n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}
