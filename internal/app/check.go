package app

import (
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"sluice/internal/config"
	"sluice/internal/egress"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/providers"
)

// check validates a file: a config object, by its keys, or else a server file.
func check(args []string, out, errout io.Writer) int {
	const usage = "usage: sluice check FILE"
	if len(args) != 1 {
		_, _ = fmt.Fprintln(errout, usage)
		return exitConfig
	}
	if args[0] == "--help" || args[0] == "-h" {
		_, _ = fmt.Fprintln(out, usage)
		return exitOK
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return configFailed(err, errout)
	}
	kind := "server file"
	if isConfigObject(text) {
		kind = "config object"
		if err = checkConfig(text); err != nil {
			err = fmt.Errorf("%s: %w", args[0], err)
		}
	} else {
		err = checkServerFile(args[0], text)
	}
	if err != nil {
		return configFailed(err, errout)
	}
	_, _ = fmt.Fprintf(out, "%s: a valid %s\n", args[0], kind)
	return exitOK
}

// isConfigObject tells the two kinds apart by keys only one of them has.
func isConfigObject(text []byte) bool {
	var top map[string]yaml.Node
	if yaml.Unmarshal(text, &top) != nil {
		return len(text) > 0 && text[0] == '{'
	}
	return slices.ContainsFunc([]string{"strategy", "targets", "provider", "api_key", "apiKey", "retry", "override_params", "overrideParams", "request_timeout", "requestTimeout"},
		func(key string) bool { _, ok := top[key]; return ok })
}

func checkConfig(text []byte) error {
	catalogue, err := provider.Load(providers.FS)
	if err != nil {
		return err
	}
	p, err := egress.NewPolicy(egress.DefaultTrusted)
	if err != nil {
		return err
	}
	return (&policy.Compiler{Catalogue: catalogue, Egress: p}).Check(text)
}

func checkServerFile(name string, text []byte) error {
	c := config.Defaults()
	c.File = name
	if err := c.Parse(name, text, environment); err != nil {
		return err
	}
	a, err := New(c, environment, nil, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	a.Close()
	return nil
}
