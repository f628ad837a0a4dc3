package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/config"
	"sluice/internal/secret"
)

// environment is a getenv with just these variables.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sluice.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// load runs Load in an empty folder.
func load(t *testing.T, args []string, env ...string) (*config.Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	return config.Load(args, environment(env...), new(strings.Builder))
}

// TestPrecedence: flag before environment before file before default, and PORT
// last of all.
func TestPrecedence(t *testing.T) {
	file := write(t, "port: 3\nhost: file\nmock: true\n")
	plain := write(t, "host: file\n")
	shipped := write(t, "port: 8787\n")
	for _, c := range []struct {
		name string
		args []string
		env  []string
		port int
		host string
	}{
		{"default", nil, nil, 8787, ""},
		{"file", []string{"--config", file}, nil, 3, "file"},
		{"file, by its variable", nil, []string{"SLUICE_CONFIG", file}, 3, "file"},
		{"two files", []string{"--config", file}, []string{"SLUICE_CONFIG", plain}, 3, "file"},
		{"environment over file", []string{"--config=" + file}, []string{"SLUICE_PORT", "4", "SLUICE_HOST", "env"}, 4, "env"},
		{"flag over all", []string{"--config", file, "--port", "5", "-host=flag"}, []string{"SLUICE_PORT", "4", "SLUICE_HOST", "env"}, 5, "flag"},
		{"the last flag", []string{"--port", "5", "--port", "6"}, nil, 6, ""},
		{"PORT", nil, []string{"PORT", "9"}, 9, ""},
		{"PORT under a file", []string{"--config", file}, []string{"PORT", "9"}, 3, "file"},
		{"PORT under a file that says the default", []string{"--config", shipped}, []string{"PORT", "9"}, 8787, ""},
		{"PORT beside a file that says nothing", []string{"--config", plain}, []string{"PORT", "9"}, 9, "file"},
		{"PORT under the environment", nil, []string{"PORT", "9", "SLUICE_PORT", "4"}, 4, ""},
		{"PORT under a flag", []string{"--port=5"}, []string{"PORT", "9"}, 5, ""},
		{"an IPv6 address in brackets", []string{"--host", "[::1]"}, nil, 8787, "::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := load(t, c.args, c.env...)
			if err != nil {
				t.Fatal(err)
			}
			if got.Port != c.port || got.Host != c.host {
				t.Errorf("port %d, host %q; want %d, %q", got.Port, got.Host, c.port, c.host)
			}
		})
	}
}

// TestDefaultFile is read when it is there, and only then.
func TestDefaultFile(t *testing.T) {
	t.Chdir(filepath.Dir(write(t, "port: 3\n")))
	got, err := config.Load(nil, environment(), new(strings.Builder))
	if err != nil || got.Port != 3 || got.File != "sluice.yaml" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := load(t, nil); err != nil || got.File != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := load(t, []string{"--config", "gone.yaml"}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "gone.yaml") {
		t.Errorf("a file that was named and is not there: %v", err)
	}
}

func TestFlagErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		env  []string
		want string
	}{
		{[]string{"--prot", "1"}, nil, "flag provided but not defined: -prot (see sluice serve --help)"},
		{[]string{"--port"}, nil, "flag needs an argument: -port (see sluice serve --help)"},
		{[]string{"now"}, nil, `unexpected argument "now" (see sluice serve --help)`},
		{[]string{"--port", "x"}, nil, `--port: "x" is not a port: want a number from 1 to 65535, or 0 for any free one`},
		{[]string{"--port", "65536"}, nil, `--port: "65536" is not a port: want a number from 1 to 65535, or 0 for any free one`},
		{[]string{"--mock=maybe"}, nil, `--mock: "maybe" is not true or false`},
		{nil, []string{"SLUICE_PORT", "-1"}, `SLUICE_PORT: "-1" is not a port: want a number from 1 to 65535, or 0 for any free one`},
		{nil, []string{"PORT", "http"}, `PORT: "http" is not a port: want a number from 1 to 65535, or 0 for any free one`},
		{nil, []string{"SLUICE_MAX_BODY_BYTES", "1GB"}, `SLUICE_MAX_BODY_BYTES: "1GB" is not a size: write it like 1048576, 64KiB or 64MiB`},
		{nil, []string{"SLUICE_DRAIN_TIMEOUT", "5"}, `SLUICE_DRAIN_TIMEOUT: "5" is not a time: write it like 300ms, 5s or 2m`},
		{nil, []string{"SLUICE_MAX_INFLIGHT", "0"}, `SLUICE_MAX_INFLIGHT: "0" is not a number of 1 or more`},
	} {
		if _, err := load(t, c.args, c.env...); err == nil || err.Error() != c.want {
			t.Errorf("%v %v: %v\nwant %s", c.args, c.env, err, c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, flagged := range []string{"-h", "--help"} {
		var out strings.Builder
		if _, err := config.Load([]string{flagged}, environment(), &out); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%v", err)
		}
		for i := range config.Settings {
			if s := &config.Settings[i]; s.Flag != "" && (!strings.Contains(out.String(), "--"+s.Flag) || !strings.Contains(out.String(), s.Env)) {
				t.Errorf("--%s or %s is missing in:\n%s", s.Flag, s.Env, out.String())
			}
		}
	}
}

// TestSettings: every row of the table works in the file and in the
// environment, and says what it is.
func TestSettings(t *testing.T) {
	values := func(s *config.Setting) string { // one that is not the default
		switch {
		case strings.HasSuffix(s.Key, "_bytes"):
			return "3MiB"
		case strings.HasSuffix(s.Key, "_timeout"):
			return "90ms"
		case s.Bool:
			return "true"
		case strings.HasSuffix(s.Key, "host") || strings.HasSuffix(s.Key, "hosts"):
			return "a.example"
		case s.Key == "ejection" || s.Key == "metrics":
			return "off"
		}
		return "7"
	}
	keys, envs := map[string]bool{}, map[string]bool{}
	for i := range config.Settings {
		s := &config.Settings[i]
		if s.Help == "" || s.Key == "" || s.Env == "" || keys[s.Key] || envs[s.Env] {
			t.Errorf("row %d: %+v", i, s)
		}
		if s.Env != "SLUICE_"+strings.ToUpper(s.Key) && s.Env != "TRUSTED_CUSTOM_HOSTS" {
			t.Errorf("%s is not the variable of %s", s.Env, s.Key)
		}
		keys[s.Key], envs[s.Env] = true, true
		if d := s.Default(); d == "" && !strings.HasSuffix(s.Key, "host") && s.Key != "allowed_hosts" && s.Key != "cors_origins" && s.Key != "own_credentials" && s.Key != "metrics" {
			t.Errorf("%s shows no default", s.Key)
		} else if d != "" {
			if err := config.Defaults().Parse("f", []byte(s.Key+": "+d), environment()); err != nil {
				t.Errorf("%s does not read its own default: %v", s.Key, err)
			}
		}
		byFile, byEnv := config.Defaults(), (*config.Config)(nil)
		if err := byFile.Parse("f", []byte(s.Key+": "+values(s)), environment()); err != nil {
			t.Errorf("%s in a file: %v", s.Key, err)
		}
		byEnv, err := load(t, nil, s.Env, values(s))
		if err != nil {
			t.Errorf("%s: %v", s.Env, err)
		}
		if diff := cmp.Diff(byEnv, byFile, cmp.AllowUnexported(secret.String{})); diff != "" {
			t.Errorf("%s (-environment +file):\n%s", s.Key, diff)
		}
		if s.Key != "host" && cmp.Equal(config.Defaults(), byFile) {
			t.Errorf("%s changes nothing", s.Key)
		}
	}
}

// TestShippedValues are those of the reliability rules, section 1.
func TestShippedValues(t *testing.T) {
	want := map[string]string{
		"port": "8787", "host": "", "max_header_bytes": "64KiB", "max_body_bytes": "64MiB", "max_upload_bytes": "512MiB", "max_response_bytes": "64MiB",
		"max_event_bytes": "16MiB", "buffer_budget_bytes": "512MiB", "max_inflight": "4096", "max_connections": "16384", "max_upstream_calls": "16",
		"read_header_timeout": "10s", "read_body_timeout": "5m0s", "body_stall_timeout": "30s", "keep_alive_timeout": "2m0s", "write_stall_timeout": "1m0s",
		"connect_timeout": "5s", "first_byte_timeout": "10m0s", "stream_idle_timeout": "2m0s", "total_timeout": "15m0s", "drain_timeout": "30s",
		"trusted_hosts": "localhost,127.0.0.1,::1,host.docker.internal", "allowed_hosts": "", "cors_origins": "", "own_credentials": "", "mock": "false", "headless": "false",
		"ejection": "on", "metrics": "",
	}
	got := map[string]string{}
	for i := range config.Settings {
		got[config.Settings[i].Key] = config.Settings[i].Default()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if l := config.Defaults().Limits; l.FirstByteStream != 300*time.Second || l.TotalStream != 3600*time.Second {
		t.Errorf("streams: first byte %s, total %s", l.FirstByteStream, l.TotalStream)
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{"": true, "localhost": true, "127.0.0.1": true, "::1": true, "0.0.0.0": false, "::": false, "10.0.0.1": false, "box": false} {
		if c := (&config.Config{Host: host}); c.Loopback() != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

// TestKeep is R27: what a reload cannot change stays as it runs, and is named.
func TestKeep(t *testing.T) {
	running, next := config.Defaults(), config.Defaults()
	if err := running.Parse("f", []byte("host: '::1'\nport: 1\nmock: true\nmax_header_bytes: 1KiB\nmax_connections: 7\nread_header_timeout: 1500ms\nkeep_alive_timeout: 3s\nmax_inflight: 7\n"), nil); err != nil {
		t.Fatal(err)
	}
	keys := next.Keep(running)
	if got, want := strings.Join(keys, " "), "host port mock max_header_bytes max_connections read_header_timeout keep_alive_timeout"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if keys := next.Keep(running); keys != nil {
		t.Errorf("once more: %v", keys)
	}
	next.Limits.InFlight = running.Limits.InFlight
	if diff := cmp.Diff(running, next); diff != "" {
		t.Error(diff)
	}
	if keys := running.Keep(config.Defaults()); len(keys) != 7 || running.Port != 8787 || running.Host != "" || running.Mock {
		t.Errorf("back to the defaults: %v %+v", keys, running)
	}
}
