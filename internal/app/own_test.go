package app

import (
	"strings"
	"testing"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/provider"
	"sluice/providers"
)

// TestWhoMayUseOurIdentity: nobody but whom the operator named; on a developer's
// machine everybody, without its metadata service.
func TestWhoMayUseOurIdentity(t *testing.T) {
	catalogue, err := provider.Load(providers.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host, file, own string // own "-": not given
		bedrock, vertex auth.Reach
	}{
		{"", "", "-", auth.Local, auth.Local},
		{"0.0.0.0", "", "-", auth.Nothing, auth.Nothing},
		{"", "sluice.yaml", "-", auth.Nothing, auth.Nothing},
		{"0.0.0.0", "sluice.yaml", "bedrock", auth.Machine, auth.Nothing},
		{"", "", "vertex", auth.Nothing, auth.Machine},
		{"0.0.0.0", "", "all", auth.Machine, auth.Machine},
		{"", "", "none", auth.Nothing, auth.Nothing},
		{"", "", "", auth.Nothing, auth.Nothing},
	} {
		cfg := config.Defaults()
		cfg.Host, cfg.File = c.host, c.file
		if c.own != "-" {
			cfg.OwnSet = true
			if c.own != "" {
				cfg.Own = strings.Split(c.own, ",")
			}
		}
		own, err := newOwn(cfg, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		if b, v := own("bedrock"), own("vertex-ai"); b != c.bedrock || v != c.vertex {
			t.Errorf("%+v: bedrock %d, vertex-ai %d", c, b, v)
		}
	}
	if _, err := newOwn(&config.Config{Own: []string{"bedrok"}}, catalogue); err == nil || !strings.Contains(err.Error(), "bedrok") {
		t.Errorf("an unknown provider: %v", err)
	}
}
