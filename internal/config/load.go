package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// DefaultFile is read when it exists and no other is named.
const DefaultFile = "sluice.yaml"

// Load joins defaults, file, environment and flags; the later wins. args are
// the flags without the command's name. flag.ErrHelp means help was asked for
// and written to usage.
func Load(args []string, getenv func(string) string, usage io.Writer) (*Config, error) {
	given := map[*Setting]string{}
	file := getenv("SLUICE_CONFIG")
	set := flag.NewFlagSet("sluice serve", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&file, "config", file, "")
	for i := range Settings {
		addFlag(set, &Settings[i], given)
	}
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		writeUsage(usage)
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w (see sluice serve --help)", err)
	case set.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q (see sluice serve --help)", set.Arg(0))
	}
	c := Defaults()
	if port := getenv("PORT"); port != "" { // what hosting platforms say, weaker than anything meant for us
		if err := setPort(c, port); err != nil {
			return nil, fmt.Errorf("PORT: %w", err)
		}
	}
	if err := c.readFile(file, getenv); err != nil {
		return nil, err
	}
	if err := c.readEnv(getenv); err != nil {
		return nil, err
	}
	for s, text := range given {
		if err := s.set(c, text); err != nil {
			return nil, fmt.Errorf("--%s: %w", s.Flag, err)
		}
	}
	return c, nil
}

func addFlag(set *flag.FlagSet, s *Setting, given map[*Setting]string) {
	take := func(text string) error { given[s] = text; return nil }
	switch {
	case s.Flag == "":
	case s.Bool:
		set.BoolFunc(s.Flag, s.Help, take)
	default:
		set.Func(s.Flag, s.Help, take)
	}
}

func (c *Config) readFile(name string, getenv func(string) string) error {
	named := name != ""
	if !named {
		name = DefaultFile
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the config file: %w", err)
	}
	c.File = name
	return c.Parse(name, text, getenv)
}

func (c *Config) readEnv(getenv func(string) string) error {
	for i := range Settings {
		s := &Settings[i]
		if text := getenv(s.Env); text != "" {
			if err := s.set(c, text); err != nil {
				return fmt.Errorf("%s: %w", s.Env, err)
			}
		}
	}
	return nil
}

func writeUsage(w io.Writer) {
	_, _ = fmt.Fprintf(w, "usage: sluice [serve] [flags]\n\nflags (each also as a key of the file and a variable):\n")
	_, _ = fmt.Fprintf(w, "  --config FILE\n        server file; without it %s, if there is one (SLUICE_CONFIG)\n", DefaultFile)
	for i := range Settings {
		if s := &Settings[i]; s.Flag != "" {
			value := " VALUE"
			if s.Bool {
				value = ""
			}
			_, _ = fmt.Fprintf(w, "  --%s%s\n        %s (%s", s.Flag, value, s.Help, s.Env)
			if d := s.Default(); d != "" {
				_, _ = fmt.Fprintf(w, ", default %s", d)
			}
			_, _ = fmt.Fprintln(w, ")")
		}
	}
	_, _ = fmt.Fprintln(w, "\nLimits and timeouts are set in the file or by variables: see docs/configuration.md.")
}
