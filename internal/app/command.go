package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"sluice/internal/llm"
)

const help = `Sluice, an AI gateway: one door to every model.

usage: sluice [command] [flags]

  serve           run the gateway (the default); sluice serve --help shows its flags
  mock            run a fake provider, to try things without a key
  check FILE      validate a server file or a config object
  providers [ID]  list the providers, or show one
  version         print the version
`

// Main runs the command line and returns the exit code. Without a command, or
// with nothing but flags, it serves.
func Main(args []string, out, errout io.Writer) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		_, _ = io.WriteString(out, help+"\n") // and then the flags of serve
	}
	command := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return Serve(args, out, errout)
	case "mock":
		return mock(args, out, errout)
	case "check":
		return check(args, out, errout)
	case "providers":
		return listProviders(args, out, errout)
	case "version":
		_, _ = fmt.Fprintln(out, "sluice", Version)
		return exitOK
	case "help":
		_, _ = io.WriteString(out, help)
		return exitOK
	}
	_, _ = fmt.Fprintf(errout, "sluice: unknown command %q\n\n%s", command, help)
	return exitConfig
}

func isHelp(err error) bool { return errors.Is(err, flag.ErrHelp) }

// describe writes an error with the details it carries, for a terminal.
func describe(err error) string {
	var e *llm.Error
	if !errors.As(err, &e) || len(e.Details) == 0 {
		return err.Error()
	}
	return err.Error() + "\n  " + strings.Join(e.Details, "\n  ")
}
