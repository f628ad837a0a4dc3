package main

import (
	"fmt"
	"strings"

	"sluice/internal/config"
)

const configurationHead = `# Configuration

Nothing has to be configured. What is set is taken from flags before the environment before the server file. The file is the one named by ` + "`--config`" + ` or
` + "`SLUICE_CONFIG`" + `, or ` + "`sluice.yaml`" + ` where the gateway starts, if there is one. It is strict: an unknown key is an error with its line. ` + "`sluice check FILE`" + ` reads it without
starting. Sizes are bytes, or written like ` + "`64KiB`" + ` and ` + "`64MiB`" + `; times like ` + "`300ms`" + `, ` + "`5s`" + `, ` + "`2m`" + `.

| key of the file | variable | flag | default | what |
|---|---|---|---|---|
`

const configurationTail = `
` + "`PORT`" + ` is used when ` + "`SLUICE_PORT`" + ` is not set and neither flag nor file names a port, since platforms set it.

Three more keys of the file have no variable:

- ` + "`providers.<id>.api_key`" + `: the operator's key for a provider, used when neither target nor caller brings one, and only at the vendor's own address. Write
  ` + "`\"${NAME}\"`" + ` to take it from the environment. Without a file, on a loopback listener, each vendor's usual variable (` + "`OPENAI_API_KEY`" + `, …) serves.
- ` + "`configs.<name>`" + `: a [config object](configs.md), used by sending its name in ` + "`x-portkey-config`" + `. Values that are ` + "`\"${NAME}\"`" + ` come from the environment.
- ` + "`default_config`" + `: the name of one, or an object: for requests that name neither a provider nor a config.

## Reload

` + "`kill -HUP`" + ` makes a running gateway read its file again. All of it is built and checked first: if anything is wrong nothing changes, and the log says what
` + "`sluice check`" + ` says. Then new requests go by the new configuration, those under way finish by the old one, and no connection is dropped. What belongs to the
listeners takes a restart, and a warning in the log says so: %s.

## Stop

SIGTERM and SIGINT stop it: no new connection is accepted, ` + "`/readyz`" + ` says 503, running requests finish within ` + "`drain_timeout`" + `, and what is left is cut so that it
looks cut. A second signal ends it at once. Exit codes: 0 after a clean stop, 1 for a faulty configuration, 2 when the address cannot be listened on.
`

// configuration is the reference of all settings, from the one table.
func configuration() string {
	var b strings.Builder
	b.WriteString(configurationHead)
	for i := range config.Settings {
		s := &config.Settings[i]
		flag := ""
		if s.Flag != "" {
			flag = "`--" + s.Flag + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", s.Key, s.Env, flag, cell(s.Default()), cell(s.Help))
	}
	var fixed []string
	for i := range config.Settings {
		if config.Settings[i].Restart {
			fixed = append(fixed, "`"+config.Settings[i].Key+"`")
		}
	}
	fmt.Fprintf(&b, configurationTail, strings.Join(fixed, ", "))
	return b.String()
}
