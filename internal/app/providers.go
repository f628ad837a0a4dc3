package app

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"sluice/internal/dialect/all"
	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/providers"
)

// listProviders prints the catalogue, or one entry of it.
func listProviders(args []string, out, errout io.Writer) int {
	catalogue, err := provider.Load(providers.FS)
	if err != nil {
		return configFailed(err, errout)
	}
	if len(args) > 1 || len(args) == 1 && strings.HasPrefix(args[0], "-") {
		_, _ = fmt.Fprintln(errout, "usage: sluice providers [ID]")
		return exitConfig
	}
	if len(args) == 0 {
		table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		for _, p := range catalogue.All() {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", p.ID, named(p), strings.Join(operations(p), " "))
		}
		_ = table.Flush()
		return exitOK
	}
	p, ok := catalogue.Find(args[0])
	if !ok {
		hint := ""
		if near := catalogue.Suggest(args[0]); near != "" {
			hint = ", did you mean " + near + "?"
		}
		_, _ = fmt.Fprintf(errout, "sluice: unknown provider %q%s\n", args[0], hint)
		return exitConfig
	}
	show(out, p)
	return exitOK
}

// named is the vendor's name, with its state where that matters.
func named(p *provider.Provider) string {
	switch p.Status {
	case provider.Dead:
		return p.Title + " (closed)"
	case provider.Legacy:
		return p.Title + " (legacy)"
	}
	return p.Title
}

// operations are those this build can do with a provider.
func operations(p *provider.Provider) (names []string) {
	for op, e := range p.Ops {
		if speaks, known := all.Find(e.Dialect); e.Dialect == "" || known && all.ForOpenAI(op).Carries(op, speaks) {
			names = append(names, op.String())
		}
	}
	slices.Sort(names)
	return append(names, llm.Relay.String())
}

func show(out io.Writer, p *provider.Provider) {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", name, value)
		}
	}
	line("id", p.ID)
	line("title", p.Title)
	line("also called", strings.Join(p.Aliases, ", "))
	line("status", p.Status)
	line("docs", p.Docs)
	line("address", p.BaseURL)
	if p.CustomHost {
		line("address", "given by x-portkey-custom-host")
	}
	line("key", p.Auth.Env)
	line("operations", strings.Join(operations(p), ", "))
	for _, name := range slices.Sorted(maps.Keys(p.Vars)) {
		line("needs", name+" (header "+p.Vars[name].Header+")")
	}
	line("passes on", strings.Join(p.Headers, ", "))
	line("not sent", strings.Join(p.Quirks.Drop, ", "))
	_ = table.Flush()
}
